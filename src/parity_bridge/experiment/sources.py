"""Text files of sources, ``X Y Z weight wavelength`` a line (contract §4)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.errors import FileError
from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.experiment.model import MAX_STEPS
from parity_bridge.files.memory import memory_errors
from parity_bridge.files.plain_numbers import plain_number
from parity_bridge.files.reading import FileVersion, file_version, read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Metres; a larger number is probably in Å.
_LONGEST = 1e-6

_COLUMNS = ("X", "Y", "Z", "weight", "wavelength")


def read_sources(path: Path) -> NDArray[np.float64]:
    """Return the sources listed in the file ``path``: (sources, 5), read-only.

    The columns are X, Y, Z (a direction of any length), weight and wavelength, metres; NaN stands
    where a line ends early (contract §4 states the default). Blank lines and text after a # are
    skipped. The sources are cached until the file changes.
    Raises FileError for a file that cannot be read or lists no source or more than a million. It
    also names the first line with too many columns, a value that is not a finite number, a
    direction without a length, or a wavelength that is not above 0 or too long for X-rays.
    """
    return _read_version(path, file_version(path, "source file"))


@lru_cache(maxsize=2)
def _read_version(path: Path, _version: FileVersion) -> NDArray[np.float64]:
    with memory_errors(path, "source file"):
        return _read_table(path)


def _read_table(path: Path) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    data = read_file(path, "source file")
    for number, words in _filled_lines(data):
        if len(rows) == MAX_STEPS:
            raise FileError(f"source file {path} lists more than {MAX_STEPS} sources; shorten it")
        try:
            rows.append(_parse_row(words))
        except ValueError as error:
            _check_kind(data, path)
            raise FileError(f"source file {path}, line {number}: {error}") from error
    if not rows:
        _check_kind(data, path)  # one that begins with # looks like a comment
        raise FileError(
            f"source file {path} lists no source; give X Y Z weight wavelength(m), one a line"
        )
    sources = np.array(rows, dtype=np.float64)
    sources.setflags(write=False)
    return sources


def _check_kind(data: bytes, path: Path) -> None:
    """Raise FileError where ``data`` begins like a file of another kind."""
    kind = file_kind(data)
    if kind is not None and kind.holds != "table":
        remedy = {"packed": "unpack it", "encoded": "save it as plain ASCII text"}.get(
            kind.holds, "name a text file, X Y Z weight wavelength(m) a line"
        )
        raise FileError(f"source file {path} is {kind.name}; {remedy}")


def _filled_lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(data.splitlines(), start=1):
        words = line.partition(b"#")[0].decode("ascii", errors="replace").split()
        if words:
            yield number, words


def _parse_row(words: list[str]) -> list[float]:
    _check_commas(words)
    if len(words) > len(_COLUMNS):
        raise ValueError(
            f"{len(words)} columns, {' '.join(words)[:60]!r}, where {' '.join(_COLUMNS)} are five; "
            "remove the rest"
        )
    row = [_parse_number(name, word) for name, word in zip(_COLUMNS, words, strict=False)]
    row += [math.nan] * (len(_COLUMNS) - len(row))
    length, wavelength = math.hypot(*row[:3]), row[4]
    if length in (0, math.inf):
        raise ValueError("the direction X Y Z must have a length, neither zero nor infinite")
    if wavelength <= 0:
        raise ValueError(f"the wavelength {wavelength!r} must be above 0; give it in metres")
    if wavelength > _LONGEST:
        raise ValueError(
            f"the wavelength {wavelength!r} is longer than {_LONGEST} m; give it in metres"
        )
    return row


def _check_commas(words: list[str]) -> None:
    """Raise ValueError where numbers are separated by commas and nothing else is wrong."""
    line = " ".join(words)
    if "," in line and _is_row(line.replace(",", " ").split()):
        raise ValueError(f"{line[:60]!r} has commas; separate the numbers by spaces")


def _is_row(words: list[str]) -> bool:
    try:
        _parse_row(words)
    except ValueError:
        return False
    return True


def _parse_number(column: str, word: str) -> float:
    try:
        return plain_number(word)
    except ValueError:
        raise ValueError(f"the {column} {word[:40]!r} is not a finite number; correct it") from None
