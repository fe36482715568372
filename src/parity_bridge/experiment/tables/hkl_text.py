"""Text tables of structure factors: one ``h k l F`` a line (contract §5)."""

from __future__ import annotations

import warnings
from codecs import BOM_UTF8
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parity_bridge.errors import FileError
from parity_bridge.files.plain_numbers import plain_integer, plain_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sums and differences of larger indices leave the range of a 32-bit integer.
MAX_INDEX = 2**30

_COLUMNS = 4
_LINE = np.dtype([("hkl", np.int64, 3), ("F", np.float64)])


class Reflections(NamedTuple):
    """Listed reflections in the order of the file, n lines."""

    hkl: NDArray[np.int64]  # (n, 3)
    F: NDArray[np.float64]  # (n,), electrons


def parse_reflections(data: bytes, path: Path) -> Reflections:
    """Return the reflections in ``data``, the content of ``path``; blank lines are skipped.

    Raises FileError naming the first line that is not three whole numbers within ±2³⁰ and a finite
    number, and for a table without reflections.
    """
    try:
        reflections = _parse_at_once(data)
    except (ValueError, Warning):
        reflections = _parse_line_by_line(data, path)
    if reflections.F.size == 0:
        raise FileError(f"table {path} lists no reflections; give one h k l F a line")
    return reflections


def _parse_at_once(data: bytes) -> Reflections:
    """Parse fast; raise a ValueError or a Warning, without the line, where anything is wrong."""
    if not data.isascii():
        raise ValueError("not plain text")
    with warnings.catch_warnings():
        # Older versions of numpy only warn where they read 1.0 as a whole number.
        warnings.simplefilter("error")
        table = np.loadtxt(BytesIO(data), dtype=_LINE, comments=None, ndmin=1)
    reflections = Reflections(table["hkl"], table["F"])
    low, high = reflections.hkl.min(), reflections.hkl.max()
    if low < -MAX_INDEX or high > MAX_INDEX or not np.isfinite(reflections.F).all():
        raise ValueError("an index or an amplitude is out of range")
    return reflections


def _parse_line_by_line(data: bytes, path: Path) -> Reflections:
    rows = []
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(_parse_line(line))
            except ValueError as error:
                raise FileError(f"table {path}, line {number}: {error}") from error
    table = np.array(rows, dtype=_LINE)
    return Reflections(table["hkl"], table["F"])


def _parse_line(line: bytes) -> tuple[tuple[int, ...], float]:
    if line.startswith(BOM_UTF8):
        raise ValueError("the file begins with a UTF-8 byte-order mark; save it without one")
    if b"\0" in line or not line.isascii():
        raise ValueError(
            "the file is not plain text; give one h k l F a line, or read a cache with -dump"
        )
    words = line.decode("ascii").split()
    if len(words) != _COLUMNS:
        columns = "1 column" if len(words) == 1 else f"{len(words)} columns"
        remedy = "separate them by spaces" if b"," in line else "complete or remove the line"
        raise ValueError(
            f"{columns}, {' '.join(words)[:60]!r}, instead of the four h k l F; {remedy}"
        )
    *hkl, F = words
    return tuple(map(_index, hkl)), _amplitude(F)


def _index(word: str) -> int:
    try:
        index = plain_integer(word)
    except ValueError as error:
        raise ValueError(
            f"the Miller index {word[:40]!r} is not a whole number; correct it"
        ) from error
    if abs(index) > MAX_INDEX:
        raise ValueError(f"the Miller index {word[:40]} is beyond ±{MAX_INDEX}; remove the line")
    return index


def _amplitude(word: str) -> float:
    try:
        return plain_number(word)
    except ValueError as error:
        raise ValueError(
            f"the structure factor {word[:40]!r} is not a finite number; correct it"
        ) from error
