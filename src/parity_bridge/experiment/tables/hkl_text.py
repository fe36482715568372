"""Text tables of structure factors: one ``h k l F`` a line (contract §5)."""

from __future__ import annotations

import warnings
from codecs import BOM_UTF8
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parity_bridge.errors import FileError
from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.files.plain_numbers import plain_integer, plain_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sums and differences of larger indices leave the range of a 32-bit integer.
MAX_INDEX = 2**30

_COLUMNS = 4
#: What a file of another kind holds -> what to do.
_REMEDIES = {
    "packed": "unpack it",
    "encoded": "save it as plain ASCII text",
    "reflections": "write h k l F from it as plain text, one reflection a line",
    "cache": "read it with -dump",
    "other": "name a text table, one h k l F a line",
}
_COMMENT = (b"#", b"!", b";", b"%")
_LINE = np.dtype([("hkl", np.int64, 3), ("F", np.float64)])


class Reflections(NamedTuple):
    """Listed reflections in the order of the file, n lines."""

    hkl: NDArray[np.int64]  # (n, 3)
    F: NDArray[np.float64]  # (n,), electrons


def parse_reflections(data: bytes, path: Path) -> Reflections:
    """Return the reflections in ``data``, the content of ``path``; blank lines are skipped.

    Raises FileError saying what the file is where it is of another known kind, else naming the
    first line that is not three whole numbers within ±2³⁰ and a finite number, and for a table
    without reflections.
    """
    try:
        reflections = _parse_at_once(data)
    except (ValueError, Warning):
        _check_kind(data, path)
        reflections = _parse_line_by_line(data, path)
    if reflections.F.size == 0:
        raise FileError(f"table {path} lists no reflections; give one h k l F a line")
    return reflections


def _check_kind(data: bytes, path: Path) -> None:
    """Raise FileError where ``data`` begins like a file of another kind."""
    kind = file_kind(data)
    if kind is not None and kind.holds != "table":
        raise FileError(f"table {path} is {kind.name}; {_REMEDIES[kind.holds]}")


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
        raise ValueError("it begins with a UTF-8 byte-order mark; save the file without one")
    if line.lstrip().startswith(_COMMENT):
        text = " ".join(line.decode("ascii", errors="replace").split())[:60]
        raise ValueError(f"{text!r} is a comment, which a table may not have; remove the line")
    binary = next((byte for byte in line if not 0 < byte < 128), None)
    if binary is not None:
        raise ValueError(
            f"the byte 0x{binary:02x} is not plain text; give one h k l F a line, in ASCII"
        )
    words = line.decode("ascii").split()
    if len(words) != _COLUMNS:
        raise ValueError(_columns_text(line, words))
    *hkl, F = words
    return tuple(map(_parse_index, hkl)), _parse_amplitude(F)


def _columns_text(line: bytes, words: list[str]) -> str:
    """Say that a line has not four columns; of commas only where they are all that is wrong."""
    columns = "1 column" if len(words) == 1 else f"{len(words)} columns"
    text = f"{columns}, {' '.join(words)[:60]!r}, instead of the four h k l F"
    if b"," in line:
        with suppress(ValueError):
            _parse_line(line.replace(b",", b" "))
            return f"{text}; separate them by spaces, not by commas"
    if len(words) > _COLUMNS:
        return f"{text}; write these four alone"
    return f"{text}; complete or remove the line"


def _parse_index(word: str) -> int:
    try:
        index = plain_integer(word)
    except ValueError as error:
        raise ValueError(
            f"the Miller index {word[:40]!r} is not a whole number; correct it"
        ) from error
    if abs(index) > MAX_INDEX:
        raise ValueError(f"the Miller index {word[:40]} is beyond ±{MAX_INDEX}; remove the line")
    return index


def _parse_amplitude(word: str) -> float:
    try:
        return plain_number(word)
    except ValueError as error:
        raise ValueError(
            f"the structure factor {word[:40]!r} is not a finite number; correct it"
        ) from error
