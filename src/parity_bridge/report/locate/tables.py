"""The map of a located port: a row for each figure, with the place that computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from parity_bridge.report.locate.wording import file_text, one_line, state_text
from parity_bridge.report.markdown import Row, code_cell

if TYPE_CHECKING:
    from parity_bridge.locate.located import FigureRow, SourceLine

#: Signs of an expression that a terminal's table has room for.
_ROOM = 48


def terminal_rows(rows: Iterable[FigureRow], root: str) -> list[Row]:
    """Return the rows of a table for a terminal; long expressions are cut."""
    return [_figure_row(row, root, _shortened) for row in rows]


def markdown_rows(rows: Iterable[FigureRow], root: str) -> list[Row]:
    """Return the rows of a table of Markdown, expressions as code."""
    return [_figure_row(row, root, code_cell) for row in rows]


def _figure_row(row: FigureRow, root: str, shown: Callable[[str], str]) -> Row:
    place = row.place
    return {
        "figure": row.figure,
        "state": state_text(row),
        "where": "" if place is None else f"{file_text(place, root)}:{place.line}",
        "expression": shown(one_line(row.expression)),
        "scale": row.scale,
        "error": "" if row.error is None else f"{row.error:.2g}",
    }


def interval_rows(lines: Iterable[SourceLine], root: str) -> list[Row]:
    """Return the rows of the lines that may hold the fault, nearest to it first."""
    return [
        {
            "where": f"{file_text(line, root)}:{line.line}",
            "function": line.function,
            "text": code_cell(one_line(line.text)),
        }
        for line in lines
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 3]}..."
