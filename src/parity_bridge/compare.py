"""Two records of one pixel, or two runs over many, into a verdict.

Inputs come before numbers: engines that were given different structure factors cannot be at parity,
whatever they returned. Comparing nothing is an error, never a pass.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Literal

from parity_bridge.causes import Explanation, explain
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.pairing import Pair, Place, Scalar, pairs
from parity_bridge.taps.f_cell import FCellRecord, HklTable, Schema
from parity_bridge.tolerances import Tolerance, Tolerances

Verdict = Literal["parity", "values differ", "inputs differ", "shapes differ"]

#: Exit status of each verdict, mildest verdict first.
EXIT_STATUS: dict[Verdict, int] = {
    "parity": 0,
    "values differ": 3,
    "inputs differ": 3,
    "shapes differ": 4,
}

# Not ``entries``: a text table counts its lines, a cache every entry of its box.
_INPUT_FIELDS = ("source", "sha256", "extents", "default_F")


class Inputs(Schema):
    """The structure factors each engine was given, and the fields in which they differ."""

    differing: tuple[str, ...]
    reference: HklTable
    other: HklTable


class Difference(Schema):
    """One figure on which two records disagree."""

    field: str
    place: Place | None  # None for a figure of the whole pixel
    reference: Scalar
    other: Scalar
    absolute: int | float | None  # None where either figure does not exist or is a flag
    ulps: int | None  # units in the last place of float64
    tolerance: Tolerance | None  # None: must be equal


class PixelComparison(Schema):
    """One pixel: the verdict and all it rests on, differences in schema order."""

    pixel_coords: tuple[int, int]  # slow, fast
    tag: str | None
    verdict: Verdict
    oversample: tuple[int, int]  # reference, other
    inputs: Inputs
    differences: tuple[Difference, ...]
    #: Of every float field and every differing one, the atol that passes with rtol = 0; None where
    #: the field must be equal or no atol passes.
    smallest_passing_atol: dict[str, float | None]
    explanations: tuple[Explanation, ...]


class Comparison(Schema):
    """A whole run: the gravest verdict of its pixels."""

    verdict: Verdict
    exit_status: int
    reference: str
    other: str
    tolerances: Tolerances
    only_in_reference: tuple[tuple[int, int], ...]
    only_in_other: tuple[tuple[int, int], ...]
    pixels: tuple[PixelComparison, ...]


def compare_runs(
    reference: Sequence[FCellRecord], other: Sequence[FCellRecord], tolerances: Tolerances
) -> Comparison:
    """Compare two engines over all pixels, matched by pixel.

    Raises UsageError where either side holds nothing, ShapeError where one side has a pixel twice.
    """
    if not reference or not other:
        raise UsageError(
            "there is nothing to compare: give at least one pixel that both engines see"
        )
    ours, theirs = _by_pixel(reference), _by_pixel(other)
    pixels = tuple(
        compare(ours[pixel], theirs[pixel], tolerances) for pixel in ours if pixel in theirs
    )
    same_pixels = ours.keys() == theirs.keys()
    verdict = _gravest(pixel.verdict for pixel in pixels) if same_pixels else "shapes differ"
    return Comparison(
        verdict=verdict,
        exit_status=EXIT_STATUS[verdict],
        reference=reference[0].implementation,
        other=other[0].implementation,
        tolerances=tolerances,
        only_in_reference=tuple(pixel for pixel in ours if pixel not in theirs),
        only_in_other=tuple(pixel for pixel in theirs if pixel not in ours),
        pixels=pixels,
    )


def compare(reference: FCellRecord, other: FCellRecord, tolerances: Tolerances) -> PixelComparison:
    """Compare two records of one pixel; raises ShapeError where the pixels are not the same."""
    if reference.pixel_coords != other.pixel_coords:
        raise ShapeError(
            f"records of pixel {reference.pixel_coords} and pixel {other.pixel_coords} cannot be "
            "compared; give two records of one pixel"
        )
    same_shape = reference.oversample == other.oversample
    all_pairs = tuple(pairs(reference.values, other.values)) if same_shape else ()
    differing = tuple(pair for pair in all_pairs if not _agree(pair, tolerances))
    named = {pair.field for pair in differing}
    inputs = _inputs(reference, other)
    return PixelComparison(
        pixel_coords=reference.pixel_coords,
        tag=reference.tag,
        verdict=_verdict(same_shape=same_shape, inputs=inputs, differing=differing),
        oversample=(reference.oversample, other.oversample),
        inputs=inputs,
        differences=tuple(_difference(pair, tolerances) for pair in differing),
        smallest_passing_atol=_smallest_passing(
            pair for pair in all_pairs if pair.field in named or tolerances.of(pair.field)
        ),
        explanations=explain(reference, other) if differing else (),
    )


def ulp_distance(first: float, second: float) -> int | None:
    """Count the float64 steps between two values; None where one is not finite."""
    if not (math.isfinite(first) and math.isfinite(second)):
        return None
    return abs(_ordinal(first) - _ordinal(second))


def _by_pixel(records: Sequence[FCellRecord]) -> dict[tuple[int, int], FCellRecord]:
    found = {record.pixel_coords: record for record in records}
    if len(found) != len(records):
        raise ShapeError(
            f"{records[0].implementation} recorded a pixel twice; keep one record a pixel"
        )
    return found


def _gravest(verdicts: Iterable[Verdict]) -> Verdict:
    order = list(EXIT_STATUS)
    return max(verdicts, key=order.index)


def _verdict(*, same_shape: bool, inputs: Inputs, differing: Sequence[Pair]) -> Verdict:
    if not same_shape:
        return "shapes differ"
    if inputs.differing:
        return "inputs differ"
    return "values differ" if differing else "parity"


def _inputs(reference: FCellRecord, other: FCellRecord) -> Inputs:
    ours, theirs = reference.hkl_table, other.hkl_table
    differing = tuple(
        field for field in _INPUT_FIELDS if getattr(ours, field) != getattr(theirs, field)
    )
    return Inputs(differing=differing, reference=ours, other=theirs)


def _agree(pair: Pair, tolerances: Tolerances) -> bool:
    first, second = pair.reference, pair.other
    tolerance = tolerances.of(pair.field)
    if tolerance is None or not (isinstance(first, float) and isinstance(second, float)):
        return first == second
    if not (math.isfinite(first) and math.isfinite(second)):
        return first == second or (math.isnan(first) and math.isnan(second))
    return abs(second - first) <= tolerance.atol + tolerance.rtol * abs(first)


def _difference(pair: Pair, tolerances: Tolerances) -> Difference:
    first, second = pair.reference, pair.other
    return Difference(
        field=pair.field,
        place=pair.place,
        reference=first,
        other=second,
        absolute=_absolute(first, second),
        ulps=_ulps(first, second),
        tolerance=tolerances.of(pair.field),
    )


def _absolute(first: Scalar, second: Scalar) -> int | float | None:
    if first is None or second is None or isinstance(first, bool):
        return None
    return abs(second - first)


def _ulps(first: Scalar, second: Scalar) -> int | None:
    if isinstance(first, float) and isinstance(second, float):
        return ulp_distance(first, second)
    return None


def _smallest_passing(chosen: Iterable[Pair]) -> dict[str, float | None]:
    """Find the largest difference of each field over all lookups: the atol that lets it pass."""
    smallest: dict[str, float | None] = {}
    for pair in chosen:
        needed = _needed_atol(pair.reference, pair.other)
        before = smallest.get(pair.field, 0.0)
        smallest[pair.field] = None if needed is None or before is None else max(before, needed)
    return smallest


def _needed_atol(first: Scalar, second: Scalar) -> float | None:
    if first == second:
        return 0.0
    if not (isinstance(first, float) and isinstance(second, float)):
        return None
    if math.isnan(first) and math.isnan(second):
        return 0.0
    distance = abs(second - first)
    return distance if math.isfinite(distance) else None


def _ordinal(value: float) -> int:
    """Position of a float64 among all, so that neighbours differ by one and -0 equals 0."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits + 2**63)
