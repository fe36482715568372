"""How much a number tells: chance finds a round one everywhere, one of sixteen digits nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: A number of so many significant digits or fewer is one that people write.
ROUND_DIGITS = 5
#: Bits that a match must have beyond those that the search itself costs: a thousand figures in a
#: dozen units. Among ten thousand values one in ten runs then has a match by chance.
SEARCH_BITS = 14.0
ENOUGH_BITS = 16.0
#: No number of 53 bits tells more.
_MOST_BITS = 44.0


def is_round(values: Floats) -> NDArray[np.bool_]:
    """Return which of the finite ``values`` have few significant digits."""
    size = np.abs(values)
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log10(size))
        scaled = size * 10.0 ** (ROUND_DIGITS - 1 - exponent)
        near = np.abs(scaled - np.round(scaled)) <= 1e-10 * scaled
    rounded: NDArray[np.bool_] = near | (size == 0.0)
    return rounded


def bits_of(values: Floats, tolerance: Floats, rivals: int) -> Floats:
    """Return what it tells of each value that it lies within ``tolerance`` of one of ``rivals``."""
    with np.errstate(all="ignore"):
        chance = 2.0 * tolerance * max(rivals, 1) / np.abs(values)
        bits: Floats = np.nan_to_num(np.clip(-np.log2(chance), 0.0, _MOST_BITS))
    return bits
