"""The lines ``a*I + b`` that stay between two bounds at every pixel, and the simplest of them.

For an offset ``b`` every pixel bounds the slope ``a`` from both sides. How much room is left is a
concave function of ``b``, so that its maximum shows whether there is any line at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Steps of the search for the offset: each leaves two thirds of the interval.
_STEPS = 90


@dataclass(frozen=True)
class Line:
    """A slope and an offset, and the interval of slopes that would do with this offset."""

    slope: float
    offset: float
    slopes: tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """At each pixel ``low <= a*I + b <= high``; all of one length, float64."""

    intensity: NDArray[np.float64]  # not negative
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def slopes(self, offset: float) -> tuple[float, float]:
        """Return the largest lower and the smallest upper bound of the slope."""
        lit = self.intensity > 0
        dark_low, dark_high = self.low[~lit], self.high[~lit]
        if (dark_low > offset).any() or (dark_high < offset).any():
            return np.inf, -np.inf
        at = self.intensity[lit]
        lows, highs = (self.low[lit] - offset) / at, (self.high[lit] - offset) / at
        return float(lows.max(initial=-np.inf)), float(highs.min(initial=np.inf))

    def room(self, offset: float) -> float:
        """Return how much room a slope has with this offset; negative where there is none."""
        low, high = self.slopes(offset)
        return high - low


def fit_line(bounds: Bounds, offsets: Iterable[float], slopes: Iterable[float] = ()) -> Line | None:
    """Return a line within ``bounds``, or None where there is none.

    Of all that there are it has the first of ``offsets`` that will do, else the simplest number,
    and likewise the first of ``slopes``.
    """
    for offset in offsets:
        low, high = bounds.slopes(offset)
        if low <= high:
            return Line(_preferred(slopes, low, high), offset, (low, high))
    best = _roomiest_offset(bounds)
    if best is None:
        return None
    offset = _simplest(_nearest_edge(bounds, best, -1.0), _nearest_edge(bounds, best, 1.0))
    if bounds.room(offset) < 0:
        offset = best
    low, high = bounds.slopes(offset)
    return Line(_preferred(slopes, low, high), offset, (low, high))


def _roomiest_offset(bounds: Bounds) -> float | None:
    """Return the offset with the most room; None where there is no line."""
    low, high = _offset_range(bounds)
    for _ in range(_STEPS):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if bounds.room(first) >= 0:
            return first
        if bounds.room(first) < bounds.room(second):
            low = first
        else:
            high = second
    middle = (low + high) / 2
    return middle if bounds.room(middle) >= 0 else None


def _offset_range(bounds: Bounds) -> tuple[float, float]:
    """Return offsets between which that of any line lies: those of dark pixels, or all values."""
    dark = bounds.intensity <= 0
    if dark.any():
        return float(bounds.low[dark].max()), float(bounds.high[dark].min())
    finite_low = bounds.low[np.isfinite(bounds.low)]
    finite_high = bounds.high[np.isfinite(bounds.high)]
    least, most = finite_low.min(initial=0.0), finite_high.max(initial=0.0)
    return float(least - (most - least)), float(most)


def _nearest_edge(bounds: Bounds, inside: float, direction: float) -> float:
    """Return about the last offset that will do from ``inside`` on, up to 1 away."""
    near, far = inside, inside + direction
    for _ in range(30):
        middle = (near + far) / 2
        if bounds.room(middle) >= 0:
            near = middle
        else:
            far = middle
    return near


def _preferred(numbers: Iterable[float], low: float, high: float) -> float:
    """Return the first of ``numbers`` between two bounds, else the simplest number there."""
    return next((number for number in numbers if low <= number <= high), _simplest(low, high))


def _simplest(low: float, high: float) -> float:
    """Return the number between two bounds with the fewest significant digits."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return low if np.isfinite(low) else high
    middle = (low + high) / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits - 1}e}")
        if low <= rounded <= high:
            return rounded
    return middle
