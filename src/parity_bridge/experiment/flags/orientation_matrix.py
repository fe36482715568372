"""Orientation matrix of ``-mat FILE`` (contract §3)."""

from __future__ import annotations

import re
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.files.memory import memory_errors
from parity_bridge.files.plain_numbers import plain_number
from parity_bridge.files.reading import read_file

_SIZE = 9
#: Two or more numbers without a space, as columns of fixed width give where a minus sign fills one.
_UNSIGNED = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOUCHING = re.compile(rf"[+-]?{_UNSIGNED}(?:-{_UNSIGNED})+")


def read_matrix(path: Path) -> tuple[float, ...]:
    """Return the first nine numbers of ``path``, row by row.

    The rows are x, y, z, the columns a*, b*, c*. The numbers are dimensionless (1/Å times the
    wavelength), as MOSFLM writes them; text after them is ignored.
    Raises FileError for a file that is missing or does not begin with nine finite numbers.
    """
    with memory_errors(path, "orientation matrix"):
        data = read_file(path, "orientation matrix")
    words = data.split(maxsplit=_SIZE)[:_SIZE]
    try:
        values = tuple(_read_number(path, place, word) for place, word in enumerate(words, start=1))
    except FileError:
        _check_kind(data, path)
        raise
    if len(values) < _SIZE:
        raise FileError(
            f"orientation matrix {path} holds {len(values)} numbers; "
            "it must begin with nine, the rows of the matrix (a* b* c*)"
        )
    return values


def _check_kind(data: bytes, path: Path) -> None:
    """Raise FileError where ``data`` begins like a file of another kind."""
    kind = file_kind(data)
    if kind is not None and kind.holds != "table":
        remedy = "unpack it" if kind.holds == "packed" else "name a text file of nine numbers"
        raise FileError(f"orientation matrix {path} is {kind.name}; {remedy}")


def _read_number(path: Path, place: int, word: bytes) -> float:
    text = word.decode("ascii", errors="replace")
    try:
        return plain_number(text)
    except ValueError as error:
        touching = _TOUCHING.fullmatch(text) is not None
        remedy = (
            "these are numbers that touch: separate them by spaces"
            if touching
            else "the file must begin with nine finite numbers"
        )
        raise FileError(
            f"orientation matrix {path}: number {place} of nine reads {text[:40]!r}; {remedy}"
        ) from error
