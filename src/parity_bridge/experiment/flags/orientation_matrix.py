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
_UNSIGNED = rb"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBERS = re.compile(rb"[+-]?" + _UNSIGNED)
#: Two or more numbers without a space, as columns of fixed width give where a minus sign fills one.
_TOUCHING = re.compile(rb"[+-]?" + _UNSIGNED + rb"(?:-" + _UNSIGNED + rb")+")


def read_matrix(path: Path) -> tuple[float, ...]:
    """Return the first nine numbers of ``path``, row by row.

    The rows are x, y, z, the columns a*, b*, c*. The numbers are dimensionless (1/Å times the
    wavelength), as MOSFLM writes them, in columns of fixed width where a minus sign may touch the
    number before it; text after them is ignored.
    Raises FileError for a file that is missing or does not begin with nine finite numbers.
    """
    with memory_errors(path, "orientation matrix"):
        data = read_file(path, "orientation matrix")
    words = _first_words(data)
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


def _first_words(data: bytes) -> list[bytes]:
    """Return the first nine words, touching numbers taken apart as C's scanf does."""
    words: list[bytes] = []
    for word in data.split(maxsplit=_SIZE)[:_SIZE]:
        words += _NUMBERS.findall(word) if _TOUCHING.fullmatch(word) else [word]
    return words[:_SIZE]


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
        raise FileError(
            f"orientation matrix {path}: number {place} of nine reads {text[:40]!r}; "
            "the file must begin with nine finite numbers"
        ) from error
