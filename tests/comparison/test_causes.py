"""Named causes: which behaviours the records of a pixel are consistent with."""

from __future__ import annotations

import pytest

from parity_bridge.experiment.hkl_table import HklTable
from tests.comparison.changed_records import EXACT, compare, names, with_lookup, with_values
from tests.comparison.hand_records import (
    CENTRE,
    EDGE,
    NO_TABLE,
    STALE_CACHE,
    TEXT_TABLE,
    f_cell_record,
)


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
