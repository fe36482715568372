"""Markdown that shows any words as they are: they come from records, engines and command lines.

Words that are Markdown already are of class ``Markdown``; ``table`` escapes all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from parity_bridge.files.names import printable

Row = dict[str, str]

#: Cells of many a table: numbers and names, which mean nothing in Markdown.
_PLAIN_WORDS = re.compile(r"[\w.,:;=+/()-](?:[\w .,:;=+/()-]*[\w.,:;=+/()-])?")
#: Code of plain words, as our own sentences have it: it is left as it is.
_PLAIN_CODE = re.compile(r"(`[\w .,:;=+/()-]+`)")
_ENTITIES = str.maketrans({sign: f"&#{ord(sign)};" for sign in "|`"} | {
    "&": "&amp;", "<": "&lt;", ">": "&gt;",
})  # fmt: skip
#: A backslash that would take the next sign's meaning, or that of a sign put behind it.
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")
#: What makes a list, a heading, a rule or a fence of the line that it begins.
_LEADING_MARK = re.compile(
    r"(?:#{1,6}(?=\s|$)|[-+*](?=\s|$)|(?<![\d])\d{1,9}[.)](?=\s|$)|~{3,}|=+$|[-*_](?:\s*[-*_]){2,}\s*$)"
)


class Markdown(str):
    """Text that is Markdown already, of one line."""

    __slots__ = ()


def escaped(words: str) -> Markdown:
    """Return ``words`` as Markdown of one line that shows them, in running text or a table.

    Emphasis is left alone, and so is code of plain words.
    """
    if isinstance(words, Markdown):
        return words
    shown = _escaped_within(words)
    mark = _LEADING_MARK.match(shown)
    if mark is None:
        return Markdown(shown)
    at = mark.end() - 1 if shown[0].isdigit() else 0
    return Markdown(f"{shown[:at]}&#{ord(shown[at])};{shown[at + 1 :]}")


def code(words: str) -> Markdown:
    """Return ``words`` as code in running text."""
    text = printable(words)
    if "`" not in text:
        return Markdown(f"`{text}`" if text.strip() else "")
    fence = "`" * (_longest_run(text) + 1)
    return Markdown(f"{fence} {text} {fence}")


def code_cell(words: str) -> Markdown:
    """Return ``words`` as code in a cell of a table, where a backslash stands before a pipe."""
    return Markdown(code(words).replace("|", r"\|"))


def code_block(text: str, language: str) -> str:
    """Return lines of ``text`` as they are, in a fence that none of them closes."""
    fence = "`" * max(3, _longest_run(text) + 1)
    lines = "\n".join(map(printable, text.split("\n")))
    return f"{fence}{language}\n{lines}\n{fence}"


def row_of(cells: Iterable[tuple[str, str]]) -> Row:
    """Return cells under their headings; spaces tell apart headings that are the same."""
    row: Row = {}
    for heading, cell in cells:
        row[_new_key(row, heading)] = cell
    return row


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table of Markdown, headed by their keys; no number is rounded."""
    shown = [
        row_of((_cell_text(heading), _cell_text(cell)) for heading, cell in row.items())
        for row in rows
    ]
    return _format_table(shown, "github")


def plain_table(rows: Sequence[Row]) -> str:
    """Return rows as a table for a terminal, each cell on one line."""
    shown = [
        row_of((printable(heading), printable(cell)) for heading, cell in row.items())
        for row in rows
    ]
    return _format_table(shown, "simple")


def _format_table(rows: Sequence[Row], style: str) -> str:
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True)


def _cell_text(words: str) -> str:
    # Spaces at the end tell columns apart, and nobody sees them.
    shown = words if isinstance(words, Markdown) else _escaped_within(words)
    return f"{shown}{' ' * (len(words) - len(words.rstrip(' ')))}"


def _new_key(row: Row, key: str) -> str:
    while key in row:
        key += " "
    return key


def _escaped_within(words: str) -> str:
    """Return ``words`` escaped, but for a mark that matters at the beginning of a line only."""
    if _PLAIN_WORDS.fullmatch(words):
        return words
    parts = _PLAIN_CODE.split(printable(words).strip())
    return "".join(part if number % 2 else _escaped_part(part) for number, part in enumerate(parts))


def _escaped_part(part: str) -> str:
    shown = _BACKSLASH.sub("&#92;", part.translate(_ENTITIES))
    return shown.replace("](", "]&#40;")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
