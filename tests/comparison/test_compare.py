"""Verdicts of comparing records, and a comparison as JSON."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from parity_bridge.comparison.result import Comparison
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.taps.f_cell import FCellRecord
from tests.comparison.changed_records import (
    EXACT,
    absolute_tolerance,
    compare,
    compare_runs,
    differences,
    floats,
    names,
    with_values,
)
from tests.comparison.hand_records import (
    CENTRE,
    EDGE,
    STALE_CACHE,
    TEXT_TABLE,
    benchmark,
    benchmark_with_stale_cache,
    f_cell_record,
)


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


@given(mean=floats, atol=st.floats(0, 1))
def test_a_comparison_reads_back_from_json_as_it_was(mean: float, atol: float) -> None:
    other = [with_values(f_cell_record(EDGE), mean_f_cell=mean)]
    comparison = compare_runs([f_cell_record(EDGE)], other, absolute_tolerance(atol))
    text = comparison.model_dump_json()
    assert Comparison.model_validate_json(text).model_dump_json() == text
