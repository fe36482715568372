"""The strongest local maxima of an image, and the distances of those of two images.

A peak is a pixel, or an area of equal pixels that touch, of a number above 0 that is greater than
all pixels around it; it stands at the first of its pixels, slow-major. Pixels touch at edges and
corners; NaN and what lies outside the image are smaller than anything. An area of more than
``MOST_PIXELS`` is flat ground and no peak. That asks for no order of neighbours: a spot saturated
to any shape is one peak, and the shoulder of a higher one is none.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Peaks of an image that are compared.
PEAK_COUNT = 50
#: Pixels of the largest peak.
MOST_PIXELS = 1000
#: Pixels between two peaks that are still the same one.
MATCH_DISTANCE = 10.0

#: Rows searched together: few, so that the first of them soon set a threshold for all others.
_BAND = 64
#: Bands in memory: the one searched, its neighbours, and one that a flat peak reaches into.
_CACHED_BANDS = 4

#: Rows of an image, all its columns: (rows, columns).
ReadRows = Callable[[range], "NDArray[np.floating]"]

_BEFORE = ((-1, -1), (-1, 0), (-1, 1), (0, -1))
_AFTER = ((0, 1), (1, -1), (1, 0), (1, 1))


class Peak(NamedTuple):
    """A local maximum."""

    slow: int
    fast: int
    value: float


class PeakMatch(NamedTuple):
    """The peaks of two images against each other; distances are in pixels."""

    reference: int
    other: int
    matched: int
    #: None where no peak is matched, as is the next.
    mean_distance: float | None
    max_distance: float | None


def strongest_peaks(
    read: ReadRows, shape: tuple[int, int], count: int = PEAK_COUNT, band: int = _BAND
) -> tuple[Peak, ...]:
    """Return the ``count`` strongest peaks of an image of ``shape``, the strongest first.

    Equal ones stand in the order of their pixels. ``read`` gives rows of the image: ``band`` at a
    time, from the first to the last and each once, but for those that a flat peak reaches back to.
    The result does not depend on ``band``; give the height of tiles where rows come from tiles.
    """
    image = _BandedImage(read, shape, band)
    strongest: list[tuple[float, int, int]] = []  # a heap of (value, -slow, -fast)
    for number in range(-(-shape[0] // band)):
        # A later peak must be stronger than the weakest so far, not as strong.
        floor = strongest[0][0] if len(strongest) == count else 0.0
        for peak in _peaks_of_band(image, number, floor, count):
            heapq.heappush(strongest, (peak.value, -peak.slow, -peak.fast))
            if len(strongest) > count:
                heapq.heappop(strongest)
    return tuple(Peak(-slow, -fast, value) for value, slow, fast in sorted(strongest, reverse=True))


def match_peaks(
    reference: tuple[Peak, ...], other: tuple[Peak, ...], within: float = MATCH_DISTANCE
) -> PeakMatch:
    """Match peaks that are each other's nearest and at most ``within`` pixels apart.

    A peak has one partner or none, and a spot that one image lacks takes none from its neighbour.
    Of two that are equally near the stronger counts. The weakest of ``reference`` may be ranked
    lower in the other image: a longer list ``other`` keeps that from looking like a lost spot.
    """
    distances = _mutual_nearest_distances(reference, other) if reference and other else np.empty(0)
    distances = distances[distances <= within]
    counts = len(reference), len(other), distances.size
    if not distances.size:
        return PeakMatch(*counts, None, None)
    return PeakMatch(*counts, float(distances.mean()), float(distances.max()))


def _mutual_nearest_distances(
    reference: tuple[Peak, ...], other: tuple[Peak, ...]
) -> NDArray[np.float64]:
    """Return the distances of peaks that are each other's nearest."""
    slow, fast = (
        np.subtract.outer([peak[axis] for peak in reference], [peak[axis] for peak in other])
        for axis in (0, 1)
    )
    distances = np.hypot(slow, fast)
    nearest, back = distances.argmin(axis=1), distances.argmin(axis=0)
    mutual = back[nearest] == np.arange(len(reference))
    mutual_distances: NDArray[np.float64] = distances.min(axis=1)[mutual]
    return mutual_distances


class _BandedImage:
    """An image by its bands of ``height`` rows, few of them in memory."""

    def __init__(self, read: ReadRows, shape: tuple[int, int], height: int) -> None:
        self.shape = shape
        self.height = height
        self._band = lru_cache(_CACHED_BANDS)(
            lambda number: read(range(number * height, min((number + 1) * height, shape[0])))
        )

    def block(self, number: int) -> tuple[NDArray[np.floating], slice]:
        """Return a band with a row on either side if there is one, and which rows are its own."""
        band = self._band(number)
        before = [self._band(number - 1)[-1:]] if number else []
        after = [self._band(number + 1)[:1]] if (number + 1) * self.height < self.shape[0] else []
        block = np.concatenate([*before, band, *after])
        return block, slice(len(before), len(before) + len(band))

    def value(self, slow: int, fast: int) -> float:
        """Return the value of a pixel; NaN outside the image."""
        if not (0 <= slow < self.shape[0] and 0 <= fast < self.shape[1]):
            return np.nan
        return float(self._band(slow // self.height)[slow % self.height, fast])


def _peaks_of_band(image: _BandedImage, number: int, floor: float, count: int) -> Iterator[Peak]:
    """Yield the ``count`` strongest peaks above ``floor`` that stand in a band."""
    block, inner = image.block(number)
    places = np.flatnonzero(_candidates(block, inner, floor))
    values = block[inner].ravel()[places]
    yielded = 0
    for at in np.argsort(-values, kind="stable"):
        slow, fast = divmod(int(places[at]), image.shape[1])
        slow += number * image.height
        if _is_peak(image, slow, fast):
            yield Peak(slow, fast, float(values[at]))
            yielded += 1
            if yielded == count:
                return


def _candidates(block: NDArray[np.floating], inner: slice, floor: float) -> NDArray[np.bool_]:
    """Return the pixels of ``inner`` rows at which a peak may stand.

    They are above ``floor``, above their neighbours before, and not below those after.
    """
    pixels = block[inner]
    candidates = pixels > floor
    if not candidates.any():
        return candidates
    for neighbours, too_high in ((_BEFORE, np.greater_equal), (_AFTER, np.greater)):
        for down, right in neighbours:
            rows, there_rows = _neighbour_slices(inner, down, len(block))
            columns, there_columns = _neighbour_slices(
                slice(0, block.shape[1]), right, block.shape[1]
            )
            # Compared this way round, NaN is not too high.
            high = too_high(block[there_rows, there_columns], pixels[rows, columns])
            candidates[rows, columns] &= ~high
    return candidates


def _neighbour_slices(inner: slice, step: int, size: int) -> tuple[slice, slice]:
    """Return which of ``inner`` have a neighbour at ``step`` within ``size``, and where it is."""
    first, last = max(inner.start + step, 0), min(inner.stop + step, size)
    return slice(first - step - inner.start, last - step - inner.start), slice(first, last)


def _is_peak(image: _BandedImage, slow: int, fast: int) -> bool:
    """Return whether the area of equal pixels around a candidate is a peak and begins there."""
    value = image.value(slow, fast)
    # From the inside out: a terrace mostly ends a few pixels away.
    area = {(slow, fast)}
    edge = deque(area)
    while edge and len(area) <= MOST_PIXELS:
        here = edge.popleft()
        for down, right in (*_BEFORE, *_AFTER):
            pixel = here[0] + down, here[1] + right
            neighbour = image.value(*pixel)
            if neighbour > value or (neighbour == value and pixel < (slow, fast)):
                return False
            if neighbour == value and pixel not in area:
                area.add(pixel)
                edge.append(pixel)
    return len(area) <= MOST_PIXELS
