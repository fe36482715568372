"""The binary cache of a structure-factor grid, ``Fdump.bin`` (contract §5).

Layout: ``h_min h_max k_min k_max l_min l_max`` as text, a newline, a form feed, then little-endian
doubles, l fastest, with one extra plane of zeros at the end of each axis.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.errors import FileError
from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.experiment.tables.grid_box import IndexBox, MillerIndex
from parity_bridge.experiment.tables.hkl_text import MAX_INDEX

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = re.compile(rb"(-?\d{1,10}(?: -?\d{1,10}){5})\n\f")
_DOUBLE = np.dtype("<f8")


def decode_cache(data: bytes, path: Path) -> tuple[IndexBox, NDArray[np.float64]]:
    """Return box and grid (h, k, l) of ``data``, the content of ``path``, without the extra planes.

    Raises FileError for a wrong header, a size that does not match it, or an entry that is not
    finite.
    """
    # The end of the header is not searched for: the first stored byte may look like white space.
    header = _HEADER.match(data)
    if header is None:
        raise FileError(_other_kind_text(data, path))
    box = _parse_box(header[1], path)
    box.check_size("cache", path, "name one of a smaller box")
    grid = _decode_grid(data, header.end(), box, path)
    if not np.isfinite(grid).all():
        place = np.argwhere(~np.isfinite(grid))[0] + box.minimum
        raise FileError(f"cache {path} holds NaN or infinity at h k l = {place}; write it anew")
    return box, grid


def _other_kind_text(data: bytes, path: Path) -> str:
    """Say what a file is that does not begin like a cache."""
    kind = file_kind(data)
    if kind is None:
        return (
            f"cache {path} does not begin with six bounds, a newline and a form feed; "
            "name a cache that nanoBragg wrote"
        )
    remedy = {
        "packed": "unpack it",
        "table": "read it with -hkl",
        "reflections": "write h k l F from it as plain text and read that with -hkl",
    }.get(kind.holds, "name a cache that nanoBragg wrote")
    return f"cache {path} is {kind.name}; {remedy}"


def encode_cache(box: IndexBox, grid: NDArray[np.float64]) -> bytes:
    """Return the bytes of a cache that holds ``grid`` (h, k, l)."""
    bounds = (bound for pair in zip(*box, strict=True) for bound in pair)
    header = " ".join(map(str, bounds)) + "\n\f"
    return header.encode() + np.pad(grid, (0, 1)).astype(_DOUBLE).tobytes()


def _parse_box(text: bytes, path: Path) -> IndexBox:
    h_min, h_max, k_min, k_max, l_min, l_max = map(int, text.split())
    box = IndexBox((h_min, k_min, l_min), (h_max, k_max, l_max))
    largest = max(abs(bound) for corner in box for bound in corner)
    if largest > MAX_INDEX or min(box.shape) < 1:
        raise FileError(
            f"cache {path} claims the bounds {text.decode()}; each minimum must be at most its "
            f"maximum, all within ±{MAX_INDEX}: write the cache anew"
        )
    return box


def _decode_grid(data: bytes, start: int, box: IndexBox, path: Path) -> NDArray[np.float64]:
    padded: MillerIndex = tuple(size + 1 for size in box.shape)  # type: ignore[assignment]
    expected = start + _DOUBLE.itemsize * math.prod(padded)
    if len(data) != expected:
        trouble = "truncated" if len(data) < expected else "too long"
        raise FileError(
            f"cache {path} is {trouble}: {len(data)} bytes, where its bounds need {expected}; "
            "write it anew"
        )
    entries = np.frombuffer(data, _DOUBLE, offset=start).reshape(padded)[:-1, :-1, :-1]
    return np.ascontiguousarray(entries, dtype=np.float64)
