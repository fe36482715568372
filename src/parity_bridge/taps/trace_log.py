"""Reading TRACE logs, written by this program or printed by a port.

A line is ``PREFIX: key value ...``, ``PREFIX: key=value ...``, ``PREFIX: key: value ...`` or the
same without a prefix, values with or without brackets and commas. Other lines are
skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.files.reading import read_file

#: For a line whose white space is single blanks.
_LINE = re.compile(
    r"(?:(?P<prefix>[A-Za-z_]\w*) ?: ?)?(?P<key>[A-Za-z_][\w.\[\]-]*)(?: ?[=:] ?| )(?P<values>.+)"
)
#: Characters that may stand between and around numbers.
_BETWEEN = str.maketrans(dict.fromkeys(",;[](){}", " "))


@dataclass(frozen=True)
class TraceLine:
    """One line of a TRACE log."""

    number: int  # of the line in the file, from 1
    key: str
    values: tuple[str, ...]


def read_trace(path: Path) -> tuple[TraceLine, ...]:
    """Read the lines of the log ``path``; raise FileError where it holds none."""
    try:
        text = read_file(path, "TRACE log").decode()
    except UnicodeDecodeError as error:
        raise FileError(f"TRACE log {path} is not text ({error.reason}); name a log") from error
    lines = tuple(
        line
        for number, words in enumerate(text.splitlines(), start=1)
        if (line := parse_line(number, words)) is not None
    )
    if not lines:
        raise FileError(f"{path} holds no line `PREFIX: key value`; name a TRACE log")
    return lines


def parse_line(number: int, text: str) -> TraceLine | None:
    """Parse one line; return None for any other line."""
    found = _LINE.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    values = found["values"].translate(_BETWEEN).split()
    return TraceLine(number, found["key"], tuple(values)) if values else None
