"""Orientation matrix of ``-mat FILE`` (contract §3)."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.files.plain_numbers import plain_number
from parity_bridge.files.reading import read_file

_SIZE = 9


def read_matrix(path: Path) -> tuple[float, ...]:
    """Return the first nine numbers of ``path``, row by row.

    The rows are x, y, z, the columns a*, b*, c*. The numbers are dimensionless (1/Å times the
    wavelength), as MOSFLM writes them; text after them is ignored.
    Raises FileError for a file that is missing or does not begin with nine finite numbers.
    """
    words = read_file(path, "orientation matrix").split(maxsplit=_SIZE)[:_SIZE]
    values = tuple(_number(path, place, word) for place, word in enumerate(words, start=1))
    if len(values) < _SIZE:
        raise FileError(
            f"orientation matrix {path} holds {len(values)} numbers; "
            "it must begin with nine, the rows of the matrix (a* b* c*)"
        )
    return values


def _number(path: Path, place: int, word: bytes) -> float:
    text = word.decode("ascii", errors="replace")
    try:
        return plain_number(text)
    except ValueError as error:
        raise FileError(
            f"orientation matrix {path}: number {place} of nine reads {text[:40]!r}; "
            "the file must begin with nine finite numbers"
        ) from error
