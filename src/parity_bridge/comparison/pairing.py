"""Two taps side by side: every figure with its counterpart, rows matched by their place."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.tolerances import Tolerance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.fields import TapFields


#: Distances beyond it, in ULP, say no more than the difference itself.
MAX_ULPS = 2**20


@dataclass(frozen=True)
class RowMatch:
    """Which rows of two taps belong together."""

    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]
    only_ours: NDArray[np.int64]
    only_theirs: NDArray[np.int64]


def match_rows(reference: TapFields, other: TapFields) -> RowMatch:
    """Match rows of the same place; several rows of one place, as others may write, in order."""
    nothing = np.zeros(0, dtype=np.int64)
    if np.array_equal(reference.places, other.places):
        same = np.arange(len(reference.places))
        return RowMatch(same, same, nothing, nothing)
    ours, theirs = _numbered(reference.places), _numbered(other.places)
    common = [(ours[key], theirs[key]) for key in ours if key in theirs]
    pairs = np.array(common, dtype=np.int64).reshape(-1, 2)
    return RowMatch(
        pairs[:, 0],
        pairs[:, 1],
        np.array([row for key, row in ours.items() if key not in theirs], dtype=np.int64),
        np.array([row for key, row in theirs.items() if key not in ours], dtype=np.int64),
    )


def exceeds_tolerance(
    ours: NDArray[Any], theirs: NDArray[Any], tolerance: Tolerance | None
) -> NDArray[np.bool_]:
    """Return where two columns differ by more than ``tolerance``; None allows no difference."""
    if not (_is_number(ours) and _is_number(theirs)):
        differ: NDArray[np.bool_] = ours != theirs
        return differ
    with np.errstate(invalid="ignore", over="ignore"):
        agree: NDArray[np.bool_] = (ours == theirs) | (
            (ours != ours) & (theirs != theirs)  # noqa: PLR0124 - NaN
        )
        if tolerance is not None:
            near = np.abs(theirs - ours) <= tolerance.atol + tolerance.rtol * np.abs(ours)
            agree |= np.isfinite(ours) & np.isfinite(theirs) & near
    return ~agree


def absolute_differences(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float64]:
    """Return |theirs - ours|; 0 where equal or both NaN, infinite where no distance exists."""
    if not (_is_number(ours) and _is_number(theirs)):
        return np.where(ours == theirs, 0.0, np.inf)
    with np.errstate(invalid="ignore", over="ignore"):
        equal = (ours == theirs) | ((ours != ours) & (theirs != theirs))  # noqa: PLR0124 - NaN
        distance = np.abs(np.asarray(theirs, np.float64) - np.asarray(ours, np.float64))
    return np.where(equal, 0.0, np.where(np.isnan(distance), np.inf, distance))


def ulp_distance(first: float, second: float) -> int | None:
    """Count the float64 steps between two values; None where one is not finite."""
    if not (np.isfinite(first) and np.isfinite(second)):
        return None
    return abs(_ordinal(first) - _ordinal(second))


def column_ulps(ours: NDArray[Any], theirs: NDArray[Any]) -> int:
    """Return the largest distance, in ULP, where both columns are finite; 0 for no floats."""
    if ours.dtype.kind != "f" or theirs.dtype.kind != "f":
        return 0
    finite = np.isfinite(ours) & np.isfinite(theirs) & (ours != theirs)
    pairs = zip(ours[finite].tolist(), theirs[finite].tolist(), strict=True)
    return max((abs(_ordinal(first) - _ordinal(second)) for first, second in pairs), default=0)


def _ordinal(value: float) -> int:
    """Return the position of a float64 among all: neighbours differ by one, -0 equals 0."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits + 2**63)


def _numbered(places: NDArray[np.int64]) -> dict[tuple[int, ...], int]:
    return {(*place, number): row for row, (place, number) in enumerate(_repeats(places))}


def _repeats(places: NDArray[np.int64]) -> Iterator[tuple[tuple[int, ...], int]]:
    counts: Counter[tuple[int, ...]] = Counter()
    for place in map(tuple, places.tolist()):
        yield place, counts[place]
        counts[place] += 1


def _is_number(column: NDArray[Any]) -> bool:
    return column.dtype.kind in "fiu"
