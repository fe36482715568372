"""Whether the elements of a value lie in a figure as an array of it would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Places fewer than these have no structure.
_FEW = 8
#: Relative difference of looked-up numbers that are the same.
_SAME = 1e-9
#: An array is a block of a figure: elements strewn over a block so many times larger are not it.
_SPARSE = 4.0


def is_scattered(shape: tuple[int, ...], places: NDArray[np.int64]) -> bool:
    """Return whether ``places`` (flat) of a figure form no block of its axes."""
    if len(places) < _FEW:
        return False
    block = 1.0
    for axis, index in enumerate(np.unravel_index(places, shape)):
        if shape[axis] > 1:
            block *= np.count_nonzero(np.bincount(index))
    return block > _SPARSE * len(places)


def aligned_part(figure: Floats, array: Floats) -> float:
    """Return the largest share of ``array`` that equals some block of ``figure`` place by place."""
    flat = np.ravel(array)
    best = 0.0
    for columns in _blocks(figure, flat.size):
        equal = np.abs(columns - flat[:, None]) <= _SAME * np.abs(columns)
        best = max(best, float(equal.mean(axis=0).max(initial=0.0)))
        if best == 1.0:
            break
    return best


def _blocks(figure: Floats, size: int) -> Iterator[Floats]:
    """Yield the blocks of a figure with ``size`` elements, one a column."""
    live = [axis for axis, length in enumerate(figure.shape) if length > 1]
    for count in range(1, len(live) + 1):
        for chosen in combinations(live, count):
            if int(np.prod([figure.shape[axis] for axis in chosen])) == size:
                rest = [axis for axis in range(figure.ndim) if axis not in chosen]
                yield figure.transpose([*chosen, *rest]).reshape(size, -1)
