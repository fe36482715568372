"""What counts as a difference, how it is measured, and what a tolerance lets pass."""

from __future__ import annotations

import math
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given

from parity_bridge.comparison.pairing import ulp_distance
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.fields import Scalar
from tests.comparison.changed_records import (
    EXACT,
    FLOAT32,
    absolute_tolerance,
    compare,
    differences,
    floats,
    passing_atol,
    subpixel,
    with_lookup,
    with_values,
    without_lookup,
)
from tests.comparison.hand_records import EDGE, f_cell_record


class TestDifferences:
    @given(mean=floats, h=floats, F=floats)
    def test_every_record_agrees_with_itself(self, mean: float, h: float, F: float) -> None:
        it = with_values(f_cell_record(EDGE), mean_f_cell=mean)
        it = with_lookup(it, 2, F_cell=F, hkl_fractional=(h, 0.0, 1.0))
        assert compare(it, it, EXACT).verdict == "parity"

    @given(data=st.data())
    def test_any_single_changed_figure_is_found_and_named(self, data: st.DataObject) -> None:
        it = f_cell_record(EDGE)
        field, change = data.draw(st.sampled_from(sorted(CHANGES.items())))
        comparison = compare(it, change(it, data), EXACT)
        assert comparison.verdict == "values differ"
        assert [item.field for item in differences(comparison)] == [field]
        assert {name for name, atol in passing_atol(comparison).items() if atol != 0} == {field}

    def test_differences_come_in_schema_order(self) -> None:
        other = with_values(
            with_lookup(f_cell_record(EDGE), 1, F_cell=1.0), zero_f_count=9, mean_f_cell=0.0
        )
        found = differences(compare(f_cell_record(EDGE), other, EXACT))
        assert [item.field for item in found] == ["zero_f_count", "mean_f_cell", "F_cell"]
        assert [subpixel(item) for item in found] == [None, None, (0, 1)]

    def test_a_lookup_only_one_side_made_is_a_difference(self) -> None:
        whole, short = f_cell_record(EDGE), without_lookup(f_cell_record(EDGE), 1)
        for ours, theirs, made in ((whole, short, True), (short, whole, False)):
            (found,) = differences(compare(ours, theirs, EXACT))
            assert (found.field, subpixel(found), found.reference) == ("lookup", (0, 1), made)

    def test_lookups_are_matched_by_subpixel_not_by_place(self) -> None:
        it = with_lookup(f_cell_record(EDGE), 0, F_cell=3.0)
        backwards = with_values(it, subpixels=it.values.subpixels[::-1])
        assert compare(it, backwards, EXACT).verdict == "parity"

    def test_several_lookups_of_one_subpixel_are_matched_in_turn(self) -> None:
        it = with_lookup(f_cell_record(EDGE), 1, subpixel_index=(0, 0))
        other = with_lookup(it, 1, F_cell=3.0)
        (found,) = differences(compare(it, other, EXACT))
        assert (found.field, subpixel(found), found.other) == ("F_cell", (0, 0), 3.0)

    def test_a_figure_that_does_not_exist_differs_from_one_that_does(self) -> None:
        other = with_values(f_cell_record(EDGE), mean_f_cell=None, hkl_bounds=None)
        found = differences(compare(f_cell_record(EDGE), other, EXACT))
        assert found[0].field == "mean_f_cell"
        assert len(found) == 7
        assert all(item.other is None and item.absolute is None for item in found)


class TestTolerances:
    def test_the_reference_scales_the_relative_tolerance(self) -> None:
        near = with_values(f_cell_record(EDGE), mean_f_cell=100.0 * (1 + 1.9e-5))
        far = with_values(f_cell_record(EDGE), mean_f_cell=100.0 * (1 + 2.1e-5))
        assert compare(f_cell_record(EDGE), near, FLOAT32).verdict == "parity"
        assert compare(f_cell_record(EDGE), far, FLOAT32).verdict == "values differ"

    def test_integers_are_exact_in_float32_too(self) -> None:
        other = with_lookup(f_cell_record(EDGE), 0, hkl_rounded=(-7, 39, -39))
        comparison = compare(f_cell_record(EDGE), other, FLOAT32)
        assert [item.tolerance for item in differences(comparison)] == [None]
        assert passing_atol(comparison)["hkl_rounded.h"] is None
        assert passing_atol(comparison)["hkl_rounded.k"] == 0

    @pytest.mark.parametrize(
        ("first", "second", "equal"),
        [
            (math.nan, math.nan, True),
            (math.inf, math.inf, True),
            (math.inf, -math.inf, False),
            (math.nan, 1.0, False),
            (1.0, math.inf, False),
            (0.0, -0.0, True),
        ],
    )
    def test_values_that_are_not_finite_agree_with_their_like_only(
        self, first: float, second: float, equal: bool
    ) -> None:
        ours, theirs = (
            with_values(f_cell_record(EDGE), mean_f_cell=mean) for mean in (first, second)
        )
        assert (compare(ours, theirs, FLOAT32).verdict == "parity") is equal

    @given(first=st.floats(-1e6, 1e6), second=st.floats(-1e6, 1e6))
    def test_the_smallest_passing_tolerance_passes_and_anything_less_does_not(
        self, first: float, second: float
    ) -> None:
        ours, theirs = (with_lookup(f_cell_record(EDGE), 3, F_cell=F) for F in (first, second))
        smallest = passing_atol(compare(ours, theirs, EXACT))["F_cell"]
        assert smallest is not None
        assert compare(ours, theirs, absolute_tolerance(smallest)).verdict == "parity"
        if smallest > 0:
            less = absolute_tolerance(math.nextafter(smallest, 0.0))
            assert compare(ours, theirs, less).verdict == "values differ"

    def test_an_infinite_difference_has_no_passing_tolerance(self) -> None:
        other = with_values(f_cell_record(EDGE), mean_f_cell=math.inf)
        assert passing_atol(compare(f_cell_record(EDGE), other, EXACT))["mean_f_cell"] is None

    def test_a_figure_neither_side_has_needs_no_tolerance(self) -> None:
        it = with_values(f_cell_record(EDGE), mean_f_cell=None)
        assert passing_atol(compare(it, it, EXACT))["mean_f_cell"] == 0

    @pytest.mark.parametrize(
        ("first", "second", "distance"),
        [
            (1.0, math.nextafter(1.0, 2.0), 1),
            (-1.0, math.nextafter(-1.0, 0.0), 1),
            (-5e-324, 5e-324, 2),
            (0.0, -0.0, 0),
            (1.0, 2.0, 2**52),
            (math.inf, 1.0, None),
        ],
    )
    def test_ulp_distance(self, first: float, second: float, distance: int | None) -> None:
        assert ulp_distance(first, second) == distance


Change = Callable[[FCellRecord, st.DataObject], FCellRecord]


def _other_than(value: Scalar, data: st.DataObject) -> Scalar:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return data.draw(st.integers(-(2**31), 2**31 - 1).filter(lambda new: new != value))
    return data.draw(floats.filter(lambda new: new != value))


def _value_change(name: str) -> Change:
    return lambda it, data: with_values(it, **{name: _other_than(getattr(it.values, name), data)})


def _bounds_change(name: str, limit: str) -> Change:
    def change(it: FCellRecord, data: st.DataObject) -> FCellRecord:
        bounds = getattr(it.values, name)
        new = bounds.model_copy(update={limit: _other_than(getattr(bounds, limit), data)})
        return with_values(it, **{name: new})

    return change


def _lookup_change(name: str) -> Change:
    def change(it: FCellRecord, data: st.DataObject) -> FCellRecord:
        number = data.draw(st.integers(0, 3))
        value = getattr(it.values.subpixels[number], name)
        return with_lookup(it, number, **{name: _other_than(value, data)})

    return change


def _miller_change(name: str, axis: int) -> Change:
    def change(it: FCellRecord, data: st.DataObject) -> FCellRecord:
        number = data.draw(st.integers(0, 3))
        indices = list(getattr(it.values.subpixels[number], name))
        indices[axis] = _other_than(indices[axis], data)
        return with_lookup(it, number, **{name: tuple(indices)})

    return change


COUNTS = ("total_lookups", "skipped_lookups", "out_of_bounds_count", "default_f_count")


CHANGES: dict[str, Change] = {
    **{name: _value_change(name) for name in (*COUNTS, "zero_f_count")},
    **{name: _value_change(name) for name in ("mean_f_cell", "rounding_margin")},
    **{
        f"{name}.{axis}_{end}": _bounds_change(name, f"{axis}_{end}")
        for name in ("hkl_bounds", "hkl_fractional_bounds")
        for axis in "hkl"
        for end in ("min", "max")
    },
    **{name: _lookup_change(name) for name in ("F_cell", "out_of_bounds")},
    **{
        f"{name}.{axis}": _miller_change(name, number)
        for name in ("hkl_fractional", "hkl_rounded")
        for number, axis in enumerate("hkl")
    },
}
