"""Maps and peaks of a scan as pictures and summary show them, read back from its store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.experiment.regions import Region
from parity_bridge.scan.maps import Geometry, RegionMaps, ScanMaps
from parity_bridge.scan.peaks import PEAK_COUNT, Peak, PeakMatch, match_peaks, strongest_peaks
from parity_bridge.scan.store import IMAGE, MISMATCH, SIDE_GROUPS, StoreLayout, read_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest number of values along either axis of a map of the whole region.
_SCREEN = 1024
#: Pixels that a map around a worst pixel shows to either side of it.
_AROUND = 24


def scan_maps(
    layout: StoreLayout, worst: Sequence[tuple[int, int]], geometry: Geometry | None
) -> ScanMaps:
    """Return the region reduced to a screen, and the surroundings of the ``worst`` pixels.

    Raises FileError where the store cannot be read.
    """
    return ScanMaps(
        whole=whole_region_maps(layout),
        details=tuple(
            _region_maps(layout, _surroundings(layout.region, pixel), 1) for pixel in worst
        ),
        geometry=geometry,
    )


def whole_region_maps(layout: StoreLayout) -> RegionMaps:
    """Return the whole region, a value per block of pixels; see ``RegionMaps``."""
    region = layout.region
    factor = -(-max(region.shape) // _SCREEN)
    rows = max(factor, layout.tile[0] // factor * factor)
    bands = [
        _region_maps(layout, Region(region.slow[top : top + rows], region.fast), factor)
        for top in range(0, len(region.slow), rows)
    ]

    def joined(name: str) -> Any:
        parts = [getattr(band, name) for band in bands]
        return None if parts[0] is None else np.concatenate(parts)

    names = ("reference", "other", "difference", "mismatch", "f_cell", "out_of_bounds")
    return RegionMaps(region, factor, **{name: joined(name) for name in names})


def match_scan_peaks(layout: StoreLayout, *, equal: bool) -> PeakMatch:
    """Match the strongest peaks of the two images; ``equal`` says that the images are the same.

    Raises FileError where the store cannot be read.
    """
    reference = _peaks(layout, SIDE_GROUPS[0], PEAK_COUNT)
    if equal:
        return match_peaks(reference, reference)
    # A peak that is not quite as strong there is no lost spot.
    return match_peaks(reference, _peaks(layout, SIDE_GROUPS[1], 2 * PEAK_COUNT))


def _peaks(layout: StoreLayout, side: str, count: int) -> tuple[Peak, ...]:
    region = layout.region

    def read(rows: range) -> NDArray[np.floating]:
        part = Region(region.slow[rows.start : rows.stop], region.fast)
        return read_map(layout, f"{side}/{IMAGE}", part)

    return strongest_peaks(read, region.shape, count, band=layout.tile[0])


def _region_maps(layout: StoreLayout, region: Region, factor: int) -> RegionMaps:
    reference, other = (read_map(layout, f"{side}/{IMAGE}", region) for side in SIDE_GROUPS)
    return RegionMaps(
        region,
        factor,
        reference=_block_maxima(_drawable(reference), factor),
        other=_block_maxima(_drawable(other), factor),
        difference=_difference(reference, other, factor),
        mismatch=_mismatch(layout, region, factor),
        f_cell=_per_lookup(layout, region, factor, "sum_f_cell"),
        out_of_bounds=_per_lookup(layout, region, factor, "out_of_bounds_count"),
    )


def _surroundings(region: Region, pixel: tuple[int, int]) -> Region:
    slow, fast = (
        range(max(whole.start, at - _AROUND), min(whole.stop, at + _AROUND + 1))
        for whole, at in zip((region.slow, region.fast), pixel, strict=True)
    )
    return Region(slow, fast)


def _drawable(image: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return an image as pictures show it, in float32; too large a value is infinite."""
    with np.errstate(over="ignore"):
        return image.astype(np.float32, copy=False)


def _difference(
    reference: NDArray[np.floating], other: NDArray[np.floating], factor: int
) -> NDArray[np.float32]:
    """Return the difference of each block that is largest in size, NaN where any is NaN."""
    bits = f"i{reference.dtype.itemsize}"
    if (reference.view(bits) == other.view(bits)).all():
        return _block_maxima(np.zeros(reference.shape, np.float32), factor)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = (other.astype(np.float64) - reference).astype(np.float32)
        # Infinities of one sign are no difference.
        difference[reference == other] = 0.0
    high = _block_maxima(difference, factor)
    low = _block_reduced(np.minimum, difference, factor, "edge")
    return np.where(-low > high, low, high)


def _mismatch(layout: StoreLayout, region: Region, factor: int) -> NDArray[np.int32] | None:
    if MISMATCH not in layout.arrays:
        return None
    return _block_sums((read_map(layout, MISMATCH, region) != 0).astype(np.int32), factor)


def _per_lookup(
    layout: StoreLayout, region: Region, factor: int, name: str
) -> NDArray[np.float32] | None:
    """Return a sum over the lookups of each block by their number, of the first side with Tap 4."""
    with_f_cell = (
        side for side, has_f_cell in zip(SIDE_GROUPS, layout.f_cell, strict=True) if has_f_cell
    )
    side = next(with_f_cell, None)
    if side is None:
        return None
    lookups = _block_sums(read_map(layout, f"{side}/total_lookups", region), factor)
    total = _block_sums(read_map(layout, f"{side}/{name}", region), factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: NDArray[np.float32] = (total / lookups).astype(np.float32)
    return quotient


def _block_maxima(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    return _block_reduced(np.maximum, values, factor, "edge")


def _block_sums(values: NDArray[Any], factor: int) -> NDArray[Any]:
    return _block_reduced(np.add, values, factor, "constant")


def _block_reduced(
    join: Callable[[Any, Any], Any], values: NDArray[Any], factor: int, padding: Any
) -> NDArray[Any]:
    """Return ``values`` (slow, fast) joined over blocks; the last ones are padded to be whole."""
    if factor == 1:
        return values
    missing = [(0, -size % factor) for size in values.shape]
    if any(more for _, more in missing):
        values = np.pad(values, missing, mode=padding)
    rows = reduce(join, (values[first::factor] for first in range(factor)))
    return np.asarray(reduce(join, (rows[:, first::factor] for first in range(factor))))
