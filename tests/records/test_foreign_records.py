"""Records that other programs wrote, as a side of ``compare``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.records.json_records import PLAIN, Compare, absences, ours, plain


class TestPlainRecords:
    def test_they_are_at_parity_where_they_agree_and_what_is_left_is_named(
        self, compared: Compare
    ) -> None:
        status, summary = compared(ours(), plain())
        assert (status, summary["verdict"], summary["other"]) == (0, "parity", "b")
        compared_fields = {field["field"] for field in summary["pixels"][0]["fields"]}
        assert compared_fields == {*PLAIN[:4], *(f"hkl_bounds.{axis}_{end}" for axis in "hkl"
                                      for end in ("min", "max"))}  # fmt: skip
        left = {
            name for what, side, name in absences(summary) if (what, side) == ("field", "other")
        }
        assert {"f_cell_stats.rounding_margin", "f_cell_stats.F_cell"} < left
        recorded = ours()["values"].keys() - set(PLAIN) - {"subpixels", "hkl_fractional_bounds"}
        assert {f"f_cell_stats.{name}" for name in recorded} < left

    def test_on_either_side(self, compared: Compare) -> None:
        status, summary = compared(plain(), ours())
        assert (status, summary["reference"]) == (0, "a")
        assert ("field", "reference", "f_cell_stats.F_cell") in absences(summary)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("total_lookups",), 5),
            (("out_of_bounds_count",), 1),
            (("mean_f_cell",), 100.00000000000001),
            (("mean_f_cell",), None),
            (("mean_f_cell",), "NaN"),
            (("hkl_bounds", "k_max"), 40),
            (("hkl_bounds",), None),
        ],
    )
    def test_a_figure_that_disagrees_is_the_first_divergence(
        self, compared: Compare, path: tuple[str, ...], value: object
    ) -> None:
        other = plain()
        place = other["values"]
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
        status, summary = compared(ours(), other)
        first = summary["pixels"][0]["first_divergence"]
        assert (status, summary["verdict"]) == (3, "values differ")
        field = "hkl_bounds.h_min" if path == ("hkl_bounds",) else ".".join(path)
        assert (first["tap"], first["field"]) == ("f_cell_stats", field)
        if path != ("hkl_bounds",):
            assert first["other"] == value

    def test_the_earliest_of_several_is_named_first(self, compared: Compare) -> None:
        other = plain()
        other["values"] |= {"zero_f_count": 4, "mean_f_cell": 0.0}
        status, summary = compared(ours(), other)
        assert (status, summary["pixels"][0]["first_divergence"]["field"]) == (3, "zero_f_count")

    def test_fields_that_the_schema_has_not_are_reported(self, compared: Compare) -> None:
        other = plain() | {"author": "someone"}
        other["values"] |= {"median_f_cell": 100.0}
        other["values"]["hkl_bounds"] |= {"volume": 8}
        status, summary = compared(ours(), other)
        assert status == 0
        unknown = {name for what, _, name in absences(summary) if what == "unknown field"}
        assert unknown == {
            "f_cell_stats.author",
            "f_cell_stats.median_f_cell",
            "f_cell_stats.hkl_bounds.volume",
        }

    def test_nothing_in_common_is_an_error(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = plain() | {"values": {"median_f_cell": 100.0}}
        for name, record in (("a", ours()), ("b", other)):
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        assert main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 4
        assert "have no figure in common" in capsys.readouterr().err

    def test_another_oversampling_is_another_shape(self, compared: Compare) -> None:
        status, summary = compared(ours(), plain() | {"oversample": 3})
        assert (status, summary["pixels"][0]["oversample"]) == (4, [2, 3])

    def test_a_pixel_with_records_of_both_kinds_needs_to_be_whole(self, compared: Compare) -> None:
        # One record of another program does not excuse what ours leave out.
        lattice = ours("lattice", "torch")
        del lattice["values"]["subpixels"][0]["F_latt_a"]
        status, summary = compared([ours(), ours("lattice")], [plain(), lattice])
        assert status == 4
        assert ("field", "other", "lattice.F_latt_a") in absences(summary)
