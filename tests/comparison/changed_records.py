"""Hand-written records with single figures changed, and their comparison."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

from parity_bridge.comparison import compare as comparing
from parity_bridge.comparison.result import Comparison, Difference, PixelComparison
from parity_bridge.comparison.tolerances import Tolerances, tolerances_for
from parity_bridge.taps.f_cell import FCellRecord
from tests.comparison.hand_records import pixel_taps_of

EXACT = tolerances_for()
FLOAT32 = tolerances_for("float32")
floats = st.floats(allow_nan=True, allow_infinity=True)


def compare(reference: FCellRecord, other: FCellRecord, tolerances: Tolerances) -> PixelComparison:
    ours, theirs = pixel_taps_of([reference, other])
    return comparing.compare_pixel(ours, theirs, tolerances)


def compare_runs(
    reference: list[FCellRecord], other: list[FCellRecord], tolerances: Tolerances
) -> Comparison:
    return comparing.compare_runs(pixel_taps_of(reference), pixel_taps_of(other), tolerances)


def differences(comparison: PixelComparison) -> list[Difference]:
    """The first difference of each field that differs."""
    return [item.first for item in comparison.differing if item.first is not None]


def passing_atol(comparison: PixelComparison) -> dict[str, float | None]:
    return {item.field: item.smallest_passing_atol for item in comparison.fields}


def subpixel(item: Difference) -> tuple[int, int] | None:
    return item.place.subpixel if item.place else None


def names(comparison: PixelComparison) -> list[str]:
    return [cause.name for cause in comparison.causes]


def with_values(original: FCellRecord, **changes: Any) -> FCellRecord:
    return original.model_copy(update={"values": original.values.model_copy(update=changes)})


def with_lookup(original: FCellRecord, number: int, **changes: Any) -> FCellRecord:
    rows = list(original.values.subpixels)
    rows[number] = rows[number].model_copy(update=changes)
    return with_values(original, subpixels=tuple(rows))


def without_lookup(original: FCellRecord, number: int) -> FCellRecord:
    rows = original.values.subpixels
    return with_values(original, subpixels=rows[:number] + rows[number + 1 :])


def absolute_tolerance(atol: float) -> Any:
    tolerance = next(iter(EXACT.fields.values())).model_copy(update={"atol": atol})
    return EXACT.model_copy(update={"fields": dict.fromkeys(EXACT.fields, tolerance)})
