"""The pixels of a tile that differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.experiment.regions import Region
from parity_bridge.scan.image_pair import ImagePair, ulp_distances
from parity_bridge.scan.statistics import WORST_COUNT, most_differing
from parity_bridge.scan.store import MISMATCH_BITS
from parity_bridge.scan.summary import WorstPixel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ComparedTile:
    """A tile and its comparison, pixel by pixel, (slow, fast)."""

    region: Region
    images: ImagePair
    #: ``MISMATCH_BITS`` where Tap 4 differs; None: a side has no Tap 4.
    bits: NDArray[np.uint16] | None
    inverse_d: NDArray[np.float64] | None  # 1/Å; None: no engine says where pixels lie


def worst_pixels(tile: ComparedTile) -> tuple[WorstPixel, ...]:
    """Return the pixels that differ most, in intensity or in Tap 4."""
    images, bits = tile.images, tile.bits
    differing = (
        np.zeros(tile.region.shape, np.bool_) if images.differing is None else images.differing
    )
    if bits is not None and bits.any():
        differing = differing | (bits != 0)
    places = np.flatnonzero(differing)
    if not places.size:
        return ()
    size = np.zeros(places.size)
    if images.difference is not None:
        # NaN ranks with the infinities, as in most_differing.
        size = np.abs(images.difference.reshape(-1)[places])
        size[np.isnan(size)] = np.inf
        # Two NaN, or the same infinity, differ in Tap 4 only.
        size[~_differing_at(images, places)] = 0.0
    if places.size > WORST_COUNT:
        large = size >= np.partition(size, -WORST_COUNT)[-WORST_COUNT]
        places, size = places[large], size[large]
    fields = np.zeros(places.size, np.uint16) if bits is None else bits.reshape(-1)[places]
    order = np.lexsort((places, -np.bitwise_count(fields).astype(np.int64), -size))[:WORST_COUNT]
    return most_differing([_worst_pixel(tile, int(places[at])) for at in order])


def _differing_at(images: ImagePair, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether the intensities at ``places`` differ."""
    if images.differing is None:
        return np.zeros(places.size, np.bool_)
    return images.differing.reshape(-1)[places]


def _worst_pixel(tile: ComparedTile, place: int) -> WorstPixel:
    region, images = tile.region, tile.images
    at = divmod(place, len(region.fast))
    ours, theirs = float(images.c[at]), float(images.py[at])
    finite = bool(np.isfinite(images.c[at]) and np.isfinite(images.py[at]))
    (ulps,) = ulp_distances(*(np.array([image[at]]) for image in (images.c, images.py))).tolist()
    own_bits = 0 if tile.bits is None else int(tile.bits[at])
    inverse = None if tile.inverse_d is None else float(tile.inverse_d[at])
    differs = images.differing is not None and images.differing[at]
    return WorstPixel(
        pixel_coords=(region.slow.start + at[0], region.fast.start + at[1]),
        reference=ours,
        other=theirs,
        # Two NaN, or the same infinity, are no difference.
        abs_diff=abs(theirs - ours) if differs else 0.0,
        ulps=ulps if finite else None,
        fields=tuple(name for name, bit in MISMATCH_BITS.items() if own_bits & bit),
        resolution=1.0 / inverse if inverse else None,
    )
