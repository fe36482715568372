"""Statistics of a tile that can be merged with those of any other: what a scan adds up.

Everything is computed in float64. Counts and extremes are exact in any order; sums and moments
depend on it in the last digits, so that tiles are merged in their order, pairwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from parity_bridge.files.schema import Count, Number, Schema
from parity_bridge.scan.summary import FieldCount, UlpBin, WorstPixel

#: Pixels that a scan names.
WORST_COUNT = 10
#: Resolution shells of equal volume in reciprocal space.
SHELL_COUNT = 20
#: Bins of distances by their number of binary digits: 0, 1, 2..3, 4..7, up to 2**32 - 1 for
#: float32. For float64 they end at 2**63 - 1, the largest count of a record, which larger ones get.
ULP_BINS = {"float32": 33, "float64": 64}


class Moments(Schema):
    """Means of two images and their squared deviations about them, over pixels finite in both."""

    count: Count = 0
    mean_c: Number = 0.0
    mean_py: Number = 0.0
    squares_c: Number = 0.0
    squares_py: Number = 0.0
    products: Number = 0.0
    sum_c: Number = 0.0
    sum_py: Number = 0.0
    #: Of the difference itself.
    squared_difference: Number = 0.0

    def merged(self, other: Moments) -> Moments:
        """Return the sums of both sets of pixels together."""
        if not (self.count and other.count):
            return self if self.count else other
        count = self.count + other.count
        weight = self.count * other.count / count
        step_c = other.mean_c - self.mean_c
        step_py = other.mean_py - self.mean_py
        share = other.count / count
        return Moments(
            count=count,
            mean_c=self.mean_c + step_c * share,
            mean_py=self.mean_py + step_py * share,
            squares_c=self.squares_c + other.squares_c + step_c * step_c * weight,
            squares_py=self.squares_py + other.squares_py + step_py * step_py * weight,
            products=self.products + other.products + step_c * step_py * weight,
            sum_c=self.sum_c + other.sum_c,
            sum_py=self.sum_py + other.sum_py,
            squared_difference=self.squared_difference + other.squared_difference,
        )

    @property
    def correlation(self) -> float | None:
        """Pearson's; None where an image does not vary."""
        scale = math.sqrt(self.squares_c) * math.sqrt(self.squares_py)
        if not 0.0 < scale < math.inf:
            return None
        if self.squares_c == self.squares_py == self.products:
            return 1.0  # the product of two roots need not be exact
        return max(-1.0, min(1.0, self.products / scale))


class ShellSums(Schema):
    """The sums over the pixels of a resolution shell."""

    pixels: Count = 0
    differing_f_cell: Count = 0
    differing_intensity: Count = 0
    #: Over pixels finite in both images.
    finite: Count = 0
    sum_c: Number = 0.0
    squared_difference: Number = 0.0
    max_abs_diff: Number = 0.0

    def merged(self, other: ShellSums) -> ShellSums:
        """Return the sums of both sets of pixels together."""
        return ShellSums(
            pixels=self.pixels + other.pixels,
            differing_f_cell=self.differing_f_cell + other.differing_f_cell,
            differing_intensity=self.differing_intensity + other.differing_intensity,
            finite=self.finite + other.finite,
            sum_c=self.sum_c + other.sum_c,
            squared_difference=self.squared_difference + other.squared_difference,
            max_abs_diff=max(self.max_abs_diff, other.max_abs_diff),
        )


class Statistics(Schema):
    """All that is stored of the comparison of some pixels."""

    pixels: Count = 0
    moments: Moments = Moments()
    nonfinite_c: Count = 0
    nonfinite_py: Count = 0
    #: Pixels that are finite on one side only.
    one_sided: Count = 0
    max_abs_diff: Number = 0.0
    max_rel_diff: Number = 0.0
    differing_intensity: Count = 0
    beyond_tolerance_intensity: Count = 0
    #: None where a side has no Tap 4, as are the next four.
    f_cell: tuple[FieldCount, ...] | None = None
    lookups: Count | None = None
    differing_f_cell: Count | None = None
    differing_index: Count | None = None
    rounding_sensitive: Count | None = None
    ulps: tuple[Count, ...] = (0,) * ULP_BINS["float32"]
    shells: tuple[ShellSums, ...] = ()
    worst: tuple[WorstPixel, ...] = ()


def merge_statistics(parts: Sequence[Statistics]) -> Statistics:
    """Return the statistics of all parts together, neighbours first; raise ValueError for none."""
    level = list(parts)
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [_merge_pair(*pair) if len(pair) > 1 else pair[0] for pair in pairs]
    if not level:
        raise ValueError("there are no statistics to put together")
    return level[0]


def _merge_pair(a: Statistics, b: Statistics) -> Statistics:
    return Statistics(
        pixels=a.pixels + b.pixels,
        moments=a.moments.merged(b.moments),
        nonfinite_c=a.nonfinite_c + b.nonfinite_c,
        nonfinite_py=a.nonfinite_py + b.nonfinite_py,
        one_sided=a.one_sided + b.one_sided,
        max_abs_diff=max(a.max_abs_diff, b.max_abs_diff),
        max_rel_diff=max(a.max_rel_diff, b.max_rel_diff),
        differing_intensity=a.differing_intensity + b.differing_intensity,
        beyond_tolerance_intensity=a.beyond_tolerance_intensity + b.beyond_tolerance_intensity,
        f_cell=_merged_field_counts(a.f_cell, b.f_cell),
        lookups=_total(a.lookups, b.lookups),
        differing_f_cell=_total(a.differing_f_cell, b.differing_f_cell),
        differing_index=_total(a.differing_index, b.differing_index),
        rounding_sensitive=_total(a.rounding_sensitive, b.rounding_sensitive),
        ulps=tuple(map(sum, zip(a.ulps, b.ulps, strict=True))),
        shells=tuple(x.merged(y) for x, y in zip(a.shells, b.shells, strict=True)),
        worst=most_differing((*a.worst, *b.worst)),
    )


def most_differing(pixels: Sequence[WorstPixel]) -> tuple[WorstPixel, ...]:
    """Return the pixels that differ most: by intensity, number of Tap 4 fields, then in order."""
    return tuple(sorted(pixels, key=_rank)[:WORST_COUNT])


def _rank(pixel: WorstPixel) -> tuple[float, int, tuple[int, int]]:
    distance = math.inf if math.isnan(pixel.abs_diff) else pixel.abs_diff
    return -distance, -len(pixel.fields), pixel.pixel_coords


def ulp_bins(counts: Sequence[int]) -> tuple[UlpBin, ...]:
    """Return the histogram up to the last bin that is not empty."""
    last = max((place for place, count in enumerate(counts) if count), default=0)
    return tuple(
        UlpBin(low=1 << (place - 1) if place else 0, high=(1 << place) - 1, pixels=counts[place])
        for place in range(last + 1)
    )


def _merged_field_counts(
    a: tuple[FieldCount, ...] | None, b: tuple[FieldCount, ...] | None
) -> tuple[FieldCount, ...] | None:
    if a is None or b is None:
        return None
    return tuple(
        FieldCount(
            field=x.field,
            differing=x.differing + y.differing,
            beyond_tolerance=x.beyond_tolerance + y.beyond_tolerance,
        )
        for x, y in zip(a, b, strict=True)
    )


def _total(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b
