"""Whether a difference may be float32's own: its rounding, or that its range is smaller."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.comparison.result import Comparison, Difference
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.taps.pixel_taps import PixelTaps

#: The shipped tolerances of a port that computes all in float32, in an order of its own.
_LOOSE = "float32 in an order of its own"
_LARGEST, _SMALLEST = (
    float(number) for number in (np.finfo(np.float32).max, np.finfo(np.float32).tiny)
)
_LATTICE, _LOOKUP = "lattice", "lookup"


def is_of_single_precision(
    comparison: Comparison, references: Sequence[PixelTaps], others: Sequence[PixelTaps]
) -> bool:
    """Return whether float32 alone may be why each pixel differs, where it differs first.

    That is a difference of few digits, an overflow, an underflow, or a lookup that is not made as
    the lattice factor has underflowed to 0.
    """
    by_pixel = {side.pixel: side for side in references}, {side.pixel: side for side in others}
    firsts = [
        (pixel.first_divergence, by_pixel[0][pixel.pixel_coords], by_pixel[1][pixel.pixel_coords])
        for pixel in comparison.pixels
        if pixel.first_divergence is not None
    ]
    return all(_is_own(*first) for first in firsts)


def _is_own(first: Difference, reference: PixelTaps, other: PixelTaps) -> bool:
    if first.field == _LOOKUP:
        ours_there, theirs_there = (
            list(_lattice_factors(first, side)) for side in (reference, other)
        )
        return theirs_there == [0.0] and abs(ours_there[0]) < _SMALLEST
    ours, theirs = first.reference, first.other
    if not isinstance(ours, float) or not isinstance(theirs, float):
        return False
    if abs(ours) > _LARGEST:
        return not math.isfinite(theirs)
    tolerance = tolerances_for(own_case=_LOOSE).of(first.tap, first.field)
    return not exceeds_tolerance(np.array([ours]), np.array([theirs]), tolerance).any()


def _lattice_factors(first: Difference, side: PixelTaps) -> Iterator[float]:
    """Yield the lattice factor of the evaluation of ``first``; none where it is not recorded."""
    if _LATTICE not in side.taps or first.place is None:
        return
    figures = side.taps[_LATTICE]
    column = figures.columns.get("F_latt")
    for row in range(0 if column is None else len(figures.places)):
        if figures.place(row) == first.place:
            yield float(figures.columns["F_latt"][row])
