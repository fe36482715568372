"""Comparing records: what counts as a difference, how it is measured, and what explains it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from parity_bridge.comparison import compare as comparing
from parity_bridge.comparison.pairing import ulp_distance
from parity_bridge.comparison.result import Comparison, Difference, PixelComparison
from parity_bridge.comparison.tolerances import Tolerances, tolerances_for
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.fields import Scalar
from tests.comparison.hand_records import (
    CENTRE,
    EDGE,
    NO_TABLE,
    STALE_CACHE,
    TEXT_TABLE,
    benchmark,
    benchmark_with_stale_cache,
    f_cell_record,
    pixel_taps_of,
)

EXACT = tolerances_for()
FLOAT32 = tolerances_for("float32")


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


def _subpixel(item: Difference) -> tuple[int, int] | None:
    return item.place.subpixel if item.place else None


def with_values(original: FCellRecord, **changes: Any) -> FCellRecord:
    return original.model_copy(update={"values": original.values.model_copy(update=changes)})


def with_lookup(original: FCellRecord, number: int, **changes: Any) -> FCellRecord:
    rows = list(original.values.subpixels)
    rows[number] = rows[number].model_copy(update=changes)
    return with_values(original, subpixels=tuple(rows))


def without_lookup(original: FCellRecord, number: int) -> FCellRecord:
    rows = original.values.subpixels
    return with_values(original, subpixels=rows[:number] + rows[number + 1 :])


def names(comparison: PixelComparison) -> list[str]:
    return [cause.name for cause in comparison.causes]


floats = st.floats(allow_nan=True, allow_infinity=True)


class TestVerdicts:
    def test_the_benchmark_without_a_table_is_at_parity(self) -> None:
        comparison = compare_runs(benchmark("c"), benchmark("pytorch"), EXACT)
        assert (comparison.verdict, comparison.exit_status) == ("parity", 0)
        assert len(comparison.pixels) == 2
        assert not any(pixel.differing for pixel in comparison.pixels)

    def test_a_stale_cache_on_one_side_is_no_parity_and_is_named(self) -> None:
        comparison = compare_runs(benchmark_with_stale_cache(), benchmark("pytorch"), EXACT)
        assert (comparison.verdict, comparison.exit_status) == ("inputs differ", 3)
        edge, centre = comparison.pixels
        means = [item for item in differences(centre) if item.field == "mean_f_cell"]
        assert [(item.reference, item.other) for item in means] == [(0.0, 100.0)]
        assert "mean_f_cell" not in {item.field for item in differences(edge)}
        assert names(edge) == names(centre) == ["stale cache"]
        assert centre.causes[0].sentence.startswith("c read the cache Fdump.bin (sha256 5f5f")

    def test_equal_figures_from_different_tables_are_no_parity(self) -> None:
        other = f_cell_record(EDGE, "pytorch", TEXT_TABLE)
        same = f_cell_record(EDGE, "c", TEXT_TABLE.model_copy(update={"sha256": "b1" * 32}))
        comparison = compare_runs([same], [other], EXACT)
        assert (comparison.verdict, comparison.exit_status) == ("inputs differ", 3)
        assert not comparison.pixels[0].differing

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("source", "text"),
            ("sha256", "00" * 32),
            ("extents", None),
            ("default_F", 0.0),
        ],
    )
    def test_every_field_of_the_table_but_its_path_is_compared(
        self, field: str, value: object
    ) -> None:
        other = STALE_CACHE.model_copy(update={field: value, "file": "elsewhere/Fdump.bin"})
        comparison = compare(
            f_cell_record(EDGE, "c", STALE_CACHE), f_cell_record(EDGE, "c", other), EXACT
        )
        assert comparison.inputs.differing == (field,)

    def test_the_number_of_entries_is_not_compared(self) -> None:
        # A text table counts lines, a cache the entries of its box.
        other = STALE_CACHE.model_copy(update={"entries": 1})
        comparison = compare(
            f_cell_record(EDGE, "c", STALE_CACHE), f_cell_record(EDGE, "c", other), EXACT
        )
        assert (comparison.verdict, comparison.inputs.differing) == ("parity", ())

    def test_different_pixels_are_different_shapes(self) -> None:
        comparison = compare_runs(benchmark("c"), benchmark("pytorch")[:1], EXACT)
        assert (comparison.verdict, comparison.exit_status) == ("shapes differ", 4)
        assert comparison.only_in_reference == (CENTRE,)
        assert comparison.only_in_other == ()

    def test_different_oversampling_is_a_different_shape(self) -> None:
        other = [item.model_copy(update={"oversample": 3}) for item in benchmark("pytorch")]
        comparison = compare_runs(benchmark("c"), other, EXACT)
        assert (comparison.verdict, comparison.exit_status) == ("shapes differ", 4)

    @pytest.mark.parametrize("sides", [([], []), (benchmark("c"), []), ([], benchmark("pytorch"))])
    def test_comparing_nothing_is_an_error(
        self, sides: tuple[list[FCellRecord], list[FCellRecord]]
    ) -> None:
        with pytest.raises(UsageError, match="nothing to compare"):
            compare_runs(*sides, EXACT)

    def test_two_pixels_are_never_compared_with_each_other(self) -> None:
        with pytest.raises(ShapeError, match="cannot be compared"):
            compare_runs([f_cell_record(EDGE)], [f_cell_record(CENTRE)], EXACT)

    def test_a_pixel_recorded_twice_is_an_error(self) -> None:
        with pytest.raises(ShapeError, match="twice"):
            compare_runs([f_cell_record(EDGE)] * 2, [f_cell_record(EDGE)], EXACT)


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
        assert [_subpixel(item) for item in found] == [None, None, (0, 1)]

    def test_a_lookup_only_one_side_made_is_a_difference(self) -> None:
        whole, short = f_cell_record(EDGE), without_lookup(f_cell_record(EDGE), 1)
        for ours, theirs, made in ((whole, short, True), (short, whole, False)):
            (found,) = differences(compare(ours, theirs, EXACT))
            assert (found.field, _subpixel(found), found.reference) == ("lookup", (0, 1), made)

    def test_lookups_are_matched_by_subpixel_not_by_place(self) -> None:
        it = with_lookup(f_cell_record(EDGE), 0, F_cell=3.0)
        backwards = with_values(it, subpixels=it.values.subpixels[::-1])
        assert compare(it, backwards, EXACT).verdict == "parity"

    def test_several_lookups_of_one_subpixel_are_matched_in_turn(self) -> None:
        it = with_lookup(f_cell_record(EDGE), 1, subpixel_index=(0, 0))
        other = with_lookup(it, 1, F_cell=3.0)
        (found,) = differences(compare(it, other, EXACT))
        assert (found.field, _subpixel(found), found.other) == ("F_cell", (0, 0), 3.0)

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


class TestNamedBehaviours:
    def test_default_fill_text_against_cache(self) -> None:
        ours = f_cell_record(CENTRE, "c", STALE_CACHE, (0.0,) * 4, default=False)
        theirs = f_cell_record(CENTRE, "pytorch", TEXT_TABLE)
        assert names(compare(ours, theirs, EXACT)) == ["stale cache", "default fill"]

    def test_stored_zero_replaced_by_default(self) -> None:
        ours = f_cell_record(CENTRE, "c", TEXT_TABLE, (0.0, 5.0, 5.0, 5.0))
        theirs = f_cell_record(CENTRE, "pytorch", TEXT_TABLE, (100.0, 5.0, 5.0, 5.0))
        assert "stored zero" in names(compare(ours, theirs, EXACT))

    @pytest.mark.parametrize(("fraction", "named"), [(0.5, True), (0.5 + 1e-8, True), (0.4, False)])
    def test_half_down_rounding_only_at_a_tie(self, fraction: float, named: bool) -> None:
        changes = {"hkl_fractional": (fraction, 0.0, 0.0)}
        ours = with_lookup(f_cell_record(CENTRE), 0, hkl_rounded=(0, 0, 0), **changes)
        theirs = with_lookup(f_cell_record(CENTRE), 0, hkl_rounded=(1, 0, 0), **changes)
        assert ("half-down rounding" in names(compare(ours, theirs, EXACT))) is named

    @pytest.mark.parametrize(("total", "named"), [(3, True), (4, False)])
    def test_skipped_lookups_only_where_the_evaluations_add_up(
        self, total: int, named: bool
    ) -> None:
        theirs = with_values(f_cell_record(EDGE), total_lookups=total, skipped_lookups=1)
        assert ("skipped lookups" in names(compare(f_cell_record(EDGE), theirs, EXACT))) is named

    @pytest.mark.parametrize(
        ("table", "name"),
        [
            (TEXT_TABLE.model_copy(update={"sha256": "b1" * 32}), "different tables"),
            (NO_TABLE, "different tables"),
            (TEXT_TABLE.model_copy(update={"default_F": 7.0}), "different default_F"),
            (STALE_CACHE, "stale cache"),
        ],
    )
    def test_different_inputs_are_named_with_what_was_read(
        self, table: HklTable, name: str
    ) -> None:
        other = with_values(f_cell_record(EDGE, "py", table), mean_f_cell=99.0)
        comparison = compare(f_cell_record(EDGE, "c", TEXT_TABLE), other, EXACT)
        assert names(comparison) == [name]
        assert "c " in comparison.causes[0].sentence

    def test_different_inputs_without_a_different_figure_are_not_explained(self) -> None:
        comparison = compare(f_cell_record(EDGE, "c", TEXT_TABLE), f_cell_record(EDGE, "py"), EXACT)
        assert comparison.verdict == "inputs differ"
        assert names(comparison) == []

    @pytest.mark.parametrize(
        ("lookups", "words"),
        [(1, "at h = 0.5 the index is within 1e-06 of a half"), (3, "at h = 0.5 (and 2 more) the")],
    )
    def test_ties_are_counted_where_there_are_several(self, lookups: int, words: str) -> None:
        ours, theirs = f_cell_record(CENTRE), f_cell_record(CENTRE)
        for number in range(lookups):
            changes = {"hkl_fractional": (0.5, 0.0, 0.0)}
            ours = with_lookup(ours, number, hkl_rounded=(0, 0, 0), **changes)
            theirs = with_lookup(theirs, number, hkl_rounded=(1, 0, 0), **changes)
        assert words in compare(ours, theirs, EXACT).causes[0].sentence

    def test_parity_needs_no_explanation(self) -> None:
        assert names(compare(f_cell_record(EDGE), f_cell_record(EDGE), EXACT)) == []

    def test_a_plain_wrong_figure_has_no_name(self) -> None:
        assert (
            names(
                compare(
                    f_cell_record(EDGE), with_lookup(f_cell_record(EDGE), 0, F_cell=99.0), EXACT
                )
            )
            == []
        )


@given(mean=floats, atol=st.floats(0, 1))
def test_a_comparison_reads_back_from_json_as_it_was(mean: float, atol: float) -> None:
    other = [with_values(f_cell_record(EDGE), mean_f_cell=mean)]
    comparison = compare_runs([f_cell_record(EDGE)], other, absolute_tolerance(atol))
    text = comparison.model_dump_json()
    assert Comparison.model_validate_json(text).model_dump_json() == text


def absolute_tolerance(atol: float) -> Any:
    tolerance = next(iter(EXACT.fields.values())).model_copy(update={"atol": atol})
    return EXACT.model_copy(update={"fields": dict.fromkeys(EXACT.fields, tolerance)})


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
