"""Places in a source text at which values are watched, and the exact text of each."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from parity_bridge.locate.capture.events import EventKind, Site

#: Names bound by one assignment; a tuple within stands for a target that is unpacked.
Names = tuple["str | Names", ...]

#: Longest text of a function in ``Event.operation``.
_LONGEST_NAME = 60


@dataclass(frozen=True, eq=False, slots=True)
class WatchedSite:
    """One place at which the running program reports a value; compared by identity."""

    site: Site
    kind: EventKind
    operation: str
    names: Names = ()
    #: The place that computed what this one binds or stores: an iterable, a right-hand side.
    source: WatchedSite | None = None
    #: The parameters of a function.
    parts: tuple[WatchedSite, ...] = ()


class SourceText:
    """A source text cut into lines of UTF-8, in whose bytes ``ast`` counts columns."""

    def __init__(self, file: str, source: str) -> None:
        """Hold ``source``, read from ``file`` (absolute path)."""
        self._file = file
        # Only these end a line for the parser; ``str.splitlines`` knows more.
        plain = source.replace("\r\n", "\n").replace("\r", "\n")
        self._lines = [f"{line}\n".encode() for line in plain.split("\n")]

    def site(self, node: ast.AST, function: str) -> Site:
        """Return the place of ``node``, which lies in ``function``."""
        line, end_line, column, end_column = (
            getattr(node, name) for name in ("lineno", "end_lineno", "col_offset", "end_col_offset")
        )
        text = self._text(line, end_line, column, end_column)
        return Site(self._file, line, end_line, column, end_column, function, text)

    def _text(self, line: int, end_line: int, column: int, end_column: int) -> str:
        lines = self._lines[line - 1 : end_line]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return b"".join(lines).decode()


def operation_of(node: ast.expr) -> str:
    """Return the name of what ``node`` computes: ``Mult``, ``call torch.sin``, ``load``."""
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.BoolOp):
        return type(node.op).__name__
    if isinstance(node, ast.Compare):
        return " ".join(type(op).__name__ for op in node.ops)
    if isinstance(node, ast.Call):
        return f"call {_function_name(node.func)}"
    if isinstance(node, ast.Name | ast.Attribute):
        return "load"
    return type(node).__name__


def _function_name(function: ast.expr) -> str:
    text = ast.unparse(function)
    if len(text) > _LONGEST_NAME and isinstance(function, ast.Attribute):
        return f".{function.attr}"
    return text[:_LONGEST_NAME]


def names_of(target: ast.expr) -> Names:
    """Return the names and attributes that ``target`` binds, unpacked ones as a tuple."""
    if isinstance(target, ast.Name | ast.Attribute):
        return (ast.unparse(target),)
    if isinstance(target, ast.Tuple | ast.List):
        return (tuple(_name_of(item) for item in target.elts),)
    return ()


def _name_of(target: ast.expr) -> str | Names:
    names = names_of(target)
    return names[0] if names else ""


def lookup_key(name: str) -> str:
    """Return under what a bound name is looked up: an attribute by its own name, as ``.N``."""
    _, dot, attribute = name.rpartition(".")
    return f"{dot}{attribute}"
