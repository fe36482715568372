"""Which figures a value may be: those that have one of its anchors, in some unit and sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.matching.scales import Scale, scales_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.locate.matching.catalogue import Catalogue, Shelf
    from parity_bridge.locate.matching.sought import Sought

    Ints = NDArray[np.int64]

#: Times the bound of the rounding error by which a value may differ.
SAFETY = 4.0
#: Larger numbers are no figures.
_LARGEST = 1e300
#: Width of a window, relative: of the noise of any figure that anchors a search.
_NARROWEST, _WIDEST, _PER_ROUNDOFF = 2e-9, 1e-3, 4e4


@dataclass(frozen=True)
class Group:
    """The values that may be one figure in one unit and sign."""

    figure: int
    scale: Scale
    sign: int
    values: Ints


def candidate_groups(catalogue: Catalogue, sought: Sought) -> Iterator[Group]:
    """Yield every figure, unit and sign that some anchor has, with the values of the anchors."""
    for power, shelf in catalogue.shelves.items():
        for scale in scales_of(power):
            owners, figures, signs = _hits(shelf, scale, sought)
            keys = np.unique(np.stack((figures, signs, owners)), axis=1)
            ends = np.flatnonzero(np.any(np.diff(keys[:2], axis=1) != 0, axis=0)) + 1
            for part in np.split(np.arange(keys.shape[1]), ends):
                if len(part):
                    figure, sign = keys[:2, part[0]].tolist()
                    yield Group(figure, scale, sign, keys[2, part])


def _hits(shelf: Shelf, scale: Scale, sought: Sought) -> tuple[Ints, Ints, Ints]:
    """Return values, figures and signs of all entries within the tolerance of an anchor."""
    values, owners = sought.anchors
    roundoff = sought.roundoffs[owners] if len(owners) else np.zeros(0)
    with np.errstate(over="ignore"):
        sizes = np.minimum(np.abs(values) / scale.factor, _LARGEST)
    window = np.clip(roundoff * _PER_ROUNDOFF, _NARROWEST, _WIDEST) * sizes
    low = np.searchsorted(shelf.sizes, sizes - window, "left")
    counts = np.searchsorted(shelf.sizes, sizes + window, "right") - low
    anchors = np.repeat(np.arange(len(values)), counts)
    first = np.cumsum(counts) - counts
    entries = np.arange(counts.sum()) - first[anchors] + low[anchors]
    distance = np.abs(shelf.sizes[entries] - sizes[anchors])
    limit = SAFETY * roundoff[anchors] * (shelf.noise[entries] + 2.0 * sizes[anchors])
    near = distance <= limit
    anchors, entries = anchors[near], entries[near]
    signs = np.where(shelf.values[entries] * values[anchors] > 0, 1, -1)
    return owners[anchors], shelf.numbers[entries], signs
