"""The sentences about a located port, and the paths in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_bridge.locate.located import FigureRow, Located, SourceLine
    from parity_bridge.locate.record import LocateRecord


def verdict_sentence(record: LocateRecord) -> str:
    """Say in one sentence whether the port agrees and, where it does not, what is known."""
    best = record.best
    if best is None or best.located is None:
        names = ", ".join(one.name for one in record.experiments)
        return f"{record.port} agrees with the C core at every experiment ({names})"
    if record.verdict == "agrees":
        return f"{record.port} differs from the C core, yet every figure is among its values"
    if record.verdict == "nothing observed":
        return (
            f"{record.port} differs from the C core, and what was observed of it does not say where"
        )
    if record.named is not None:
        return f"{record.port} leaves the C core at {place_text(record.named, root_of(record))}"
    lines = len(record.interval)
    if lines == 1:
        place = place_text(record.interval[0], root_of(record))
        return f"{record.port} may leave the C core at {place}, which is not certain"
    return (
        f"{record.port} leaves the C core in one of {lines} lines, and no single one can be named"
    )


def step_sentence(located: Located) -> str:
    """Say which figure was found last and which is the first that is missing; empty for neither."""
    last, first = located.last_agreeing, located.first_missing
    parts = (
        f"{last} is the last figure that agrees" if last else "",
        f"{first} is the first that is missing although all that it is made from was found"
        if first
        else "",
    )
    return "; ".join(part for part in parts if part)


def place_text(line: SourceLine, root: str) -> str:
    """Return file, line, function and text of a place; the file as seen from ``root``."""
    return f"{file_text(line, root)}:{line.line} in {line.function}: {one_line(line.text)}"


def file_text(line: SourceLine, root: str) -> str:
    """Return the path of a file as seen from ``root``."""
    path = Path(line.file)
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def one_line(text: str) -> str:
    """Return text of several lines as one."""
    return " ".join(text.split())


def state_text(row: FigureRow) -> str:
    """Say in a few words what became of a figure."""
    return row.relation if row.state == "relation" else row.state


def root_of(record: LocateRecord) -> str:
    """Return the folder that all files of the record lie in; empty where it has none."""
    folders = {str(Path(line.file).parent) for line in _lines_of(record)}
    return os.path.commonpath(folders) if folders else ""


def _lines_of(record: LocateRecord) -> Iterator[SourceLine]:
    for one in record.experiments:
        if one.located is not None:
            yield from one.located.interval
            yield from (row.place for row in one.located.rows if row.place is not None)
            if one.located.named is not None:
                yield one.located.named
