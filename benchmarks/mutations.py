"""Single mutations of Python source, made by rule from its syntax tree.

A mutation replaces one piece of text and keeps the number of lines, so that a line of the mutated
source is the same line of the source. Docstrings, annotations, messages and imports stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

#: Which half a mutation belongs to is drawn with this; nobody looks at the held-out half.
_HALVES_SEED = 20261128

_BINARY = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "//", "**": "*",
           "&": "|", "|": "&"}  # fmt: skip
_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_NEXT_COMPONENT = {"x": "y", "y": "z", "z": "x", "a": "b", "b": "c", "c": "a",
                   "slow": "fast", "fast": "slow",
                   "sub_slow": "sub_fast", "sub_fast": "sub_slow"}  # fmt: skip
_FUNCTIONS = {"sin": "cos", "cos": "sin", "minimum": "maximum", "maximum": "minimum",
              "min": "max", "max": "min", "acos": "asin", "asin": "acos"}  # fmt: skip
_ROUNDINGS = {"ceil": "floor", "floor": "round", "round": "floor", "trunc": "floor",
              "rint": "floor"}  # fmt: skip
_DTYPES = {"float64": "float32", "int64": "int32"}
_AXIS_WORDS = ("dim", "axis")


@dataclass(frozen=True)
class Mutation:
    """One changed piece of one file."""

    file: str
    #: From 1; where the changed piece begins.
    line: int
    #: Where it ends.
    end_line: int
    kind: str
    function: str
    start: int
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """The mutation in words that stay the same as long as the source does."""
        return f"{Path(self.file).stem}:{self.line}:{self.start}:{self.kind}:{self.new}"

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the half that is only counted."""
        draw = Random(f"{_HALVES_SEED} {self.name}")  # noqa: S311 - repeatable, nothing secret
        return draw.random() < 0.5

    def applied(self, source: bytes) -> bytes:
        """Return the mutated source."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def compiles(self) -> bool:
        """Return whether the mutated source is Python at all."""
        try:
            compile(self.applied(Path(self.file).read_bytes()), "mutant", "exec")
        except SyntaxError:
            return False
        return True


def mutations_of(path: Path) -> list[Mutation]:
    """Return every mutation of a file, in the order of its lines; few do not compile."""
    source = path.read_bytes()
    found = {
        (item.start, item.end, item.new): item
        for item in _Mutator(path, source).mutations()
        if item.old != item.new
    }
    return sorted(found.values(), key=lambda item: (item.start, item.end, item.kind, item.new))


class _Mutator:
    """Walks a syntax tree and yields the mutations of each node."""

    def __init__(self, path: Path, source: bytes) -> None:
        self._path, self._source = path, source
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))

    def mutations(self) -> Iterator[Mutation]:
        """Yield all of the file."""
        yield from self._walk(ast.parse(self._source), "<module>")

    def _walk(self, node: ast.AST, function: str) -> Iterator[Mutation]:
        yield from self._of_node(node, function)
        inside = function
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inside = node.name if function == "<module>" else f"{function}.{node.name}"
        for child in _executed_children(node):
            yield from self._walk(child, inside)

    def _of_node(self, node: ast.AST, function: str) -> Iterator[Mutation]:
        rules = {
            ast.BinOp: self._of_operation, ast.UnaryOp: self._of_sign,
            ast.Compare: self._of_comparison, ast.BoolOp: self._of_boolean,
            ast.Constant: self._of_constant, ast.Subscript: self._of_index,
            ast.Attribute: self._of_attribute, ast.Call: self._of_call,
            ast.Return: self._of_return, ast.AugAssign: self._of_augmented,
            ast.IfExp: self._of_choice,
        }  # fmt: skip
        rule = rules.get(type(node))
        if rule is not None:
            for kind, start, end, new in rule(node):  # type: ignore[operator]
                yield self._mutation(kind, function, (start, end), new)

    def _mutation(self, kind: str, function: str, span: tuple[int, int], new: str) -> Mutation:
        old = self._source[slice(*span)].decode()
        # Lines must stay: those that a dropped piece had follow in parentheses.
        missing = old.count("\n") - new.count("\n")
        if missing:
            new = f"({new}{chr(10) * missing})"
        first, last = (
            1 + self._source.count(b"\n", 0, place)
            for place in (span[0], max(span[0], span[1] - 1))
        )
        return Mutation(str(self._path), first, last, kind, function, *span, old, new)

    def _span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self._line_starts[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            self._line_starts[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def _operand(self, node: ast.AST) -> str:
        """Return the text of a node as an operand: its span leaves its parentheses out."""
        is_whole = isinstance(
            node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant
        )
        return self._text(node) if is_whole else f"({self._text(node)})"

    def _of_operation(self, node: ast.BinOp) -> Iterator[tuple[str, int, int, str]]:
        between = self._span(node.left)[1], self._span(node.right)[0]
        text = self._source[slice(*between)].decode()
        sign = re.search(r"\*\*|//|[-+*/%&|]", text)
        if sign is None:
            return
        at = between[0] + len(text[: sign.start()].encode())
        if sign[0] in _BINARY:
            yield "operator", at, at + len(sign[0]), _BINARY[sign[0]]
        whole = self._span(node)
        yield "missing term", *whole, self._operand(node.left)
        if sign[0] in "+*&|":
            yield "missing term", *whole, self._operand(node.right)
        if sign[0] == "-":
            yield "sign", *whole, f"-({self._text(node)})"
        if sign[0] in ("*", "/"):
            yield "sign", *self._span(node.left), f"-{self._operand(node.left)}"

    def _of_sign(self, node: ast.UnaryOp) -> Iterator[tuple[str, int, int, str]]:
        if isinstance(node.op, ast.USub):
            yield "sign", *self._span(node), self._operand(node.operand)
        if isinstance(node.op, ast.Invert | ast.Not):
            yield "operator", *self._span(node), self._operand(node.operand)

    def _of_comparison(self, node: ast.Compare) -> Iterator[tuple[str, int, int, str]]:
        between = self._span(node.left)[1], self._span(node.comparators[0])[0]
        text = self._source[slice(*between)].decode()
        sign = re.search(r"[<>=!]=?", text)
        if sign is not None and sign[0] in _COMPARISONS:
            at = between[0] + len(text[: sign.start()].encode())
            yield "operator", at, at + len(sign[0]), _COMPARISONS[sign[0]]

    def _of_boolean(self, node: ast.BoolOp) -> Iterator[tuple[str, int, int, str]]:
        yield "missing term", *self._span(node), self._operand(node.values[0])

    def _of_constant(self, node: ast.Constant) -> Iterator[tuple[str, int, int, str]]:
        value, span = node.value, self._span(node)
        if isinstance(value, bool):
            yield "constant", *span, str(not value)
        elif isinstance(value, int):
            yield "constant", *span, str(value + 1)
        elif isinstance(value, float):
            yield "constant", *span, repr(value * 1.25 if value else 1.0)
            if value and not 0.01 < abs(value) < 100:
                yield "unit", *span, repr(value * 10.0)
                yield "unit", *span, "1.0"

    def _of_index(self, node: ast.Subscript) -> Iterator[tuple[str, int, int, str]]:
        for part in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):
                yield "index", *self._span(part), "0"

    def _of_attribute(self, node: ast.Attribute) -> Iterator[tuple[str, int, int, str]]:
        start, end = self._span(node)
        at = end - len(node.attr)
        for kind, table in (
            ("index", _NEXT_COMPONENT), ("function", _FUNCTIONS), ("rounding", _ROUNDINGS),
            ("dtype", _DTYPES),
        ):  # fmt: skip
            if node.attr in table and isinstance(node.ctx, ast.Load) and at > start:
                yield kind, at, end, table[node.attr]

    def _of_call(self, node: ast.Call) -> Iterator[tuple[str, int, int, str]]:
        for first, second in zip(node.args, node.args[1:], strict=False):
            (start, middle), (later, end) = self._span(first), self._span(second)
            between = self._source[middle:later].decode()
            swapped = f"{self._text(second)}{between}{self._text(first)}"
            yield "argument order", start, end, swapped
        for word in node.keywords:
            if word.arg in _AXIS_WORDS:
                yield (
                    "axis",
                    *self._span(word.value),
                    "0" if self._text(word.value) != "0" else "-1",
                )
        if isinstance(node.func, ast.Name):
            for kind, table in (("function", _FUNCTIONS), ("rounding", _ROUNDINGS)):
                if node.func.id in table:
                    yield kind, *self._span(node.func), table[node.func.id]
        if len(node.args) == 1 and not node.keywords and _is_method(node, "sqrt", "abs", "square"):
            yield "missing term", *self._span(node), self._operand(node.args[0])

    def _of_return(self, node: ast.Return) -> Iterator[tuple[str, int, int, str]]:
        if isinstance(node.value, ast.BinOp | ast.Call):
            yield "sign", *self._span(node.value), f"-({self._text(node.value)})"

    def _of_augmented(self, node: ast.AugAssign) -> Iterator[tuple[str, int, int, str]]:
        between = self._span(node.target)[1], self._span(node.value)[0]
        text = self._source[slice(*between)].decode()
        sign = re.search(r"(\*\*|//|[-+*/%&|])=", text)
        if sign is not None and sign[1] in _BINARY:
            at = between[0] + sign.start()
            yield "operator", at, at + len(sign[1]), _BINARY[sign[1]]

    def _of_choice(self, node: ast.IfExp) -> Iterator[tuple[str, int, int, str]]:
        yield "missing term", *self._span(node), self._operand(node.body)
        yield "missing term", *self._span(node), self._operand(node.orelse)


def _is_method(node: ast.Call, *names: str) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in names


def _executed_children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children that compute something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "exc", "msg", "keys"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _computes_nothing(child):
                yield child


def _computes_nothing(node: ast.AST) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_typing = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    nothing = ast.Import | ast.ImportFrom | ast.Raise | ast.Assert | ast.JoinedStr
    return is_docstring or is_typing or isinstance(node, nothing)
