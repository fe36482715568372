"""Records of this program as a side of ``compare``: everything that one side lacks is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.records.json_records import Compare, absences, everything, folder_of, ours, plain


class TestVersionedRecords:
    def test_whole_folders_of_both_engines_are_at_parity(self, compared: Compare) -> None:
        status, summary = compared(everything("c"), everything("torch"))
        assert (status, len(summary["pixels"])) == (0, 2)
        assert [len(pixel["taps"]) for pixel in summary["pixels"]] == [len(TAPS_BY_ID)] * 2

    @pytest.mark.parametrize("tap_id", TAPS_BY_ID)
    @pytest.mark.parametrize("side", ["reference", "other"])
    def test_a_tap_that_one_side_lacks_is_named(
        self, compared: Compare, tap_id: str, side: str
    ) -> None:
        sides = {"reference": everything("c"), "other": everything("torch")}
        sides[side] = [record for record in sides[side] if record["tap_id"] != tap_id]
        status, summary = compared(sides["reference"], sides["other"])
        assert (status, summary["verdict"]) == (4, "shapes differ")
        for pixel in (0, 1):
            assert absences(summary, pixel) == {("tap", side, tap_id)}

    @pytest.mark.parametrize("side", ["reference", "other"])
    def test_a_pixel_that_one_side_lacks_is_named(self, compared: Compare, side: str) -> None:
        sides = {"reference": everything("c"), "other": everything("torch")}
        sides[side] = [record for record in sides[side] if record["pixel_coords"] == [0, 0]]
        status, summary = compared(sides["reference"], sides["other"])
        alone = "only_in_reference" if side == "other" else "only_in_other"
        assert (status, summary[alone]) == (4, [[2048, 2048]])

    @pytest.mark.parametrize("tap_id", [name for name, tap in TAPS_BY_ID.items() if tap.row])
    @pytest.mark.parametrize("side", [0, 1])
    def test_a_row_that_one_side_lacks_is_named_with_its_place(
        self, compared: Compare, tap_id: str, side: int
    ) -> None:
        sides = [ours(tap_id, "c"), ours(tap_id, "torch")]
        # The crystal has one orientation, but two subpixels an edge.
        subpixel = (0, 0) if tap_id == "orientation" else (1, 0)
        del sides[side]["values"]["subpixels"][2 * subpixel[0]]
        status, summary = compared(*sides)
        first = summary["pixels"][0]["first_divergence"]
        assert status == 3
        assert first["field"] == ("lookup" if tap_id == "f_cell_stats" else "row")
        assert first["place"]["subpixel"] == [*subpixel]
        assert (first["reference"], first["other"]) == (side == 1, side == 0)

    def test_all_rows_that_one_side_lacks_are_missed(self, compared: Compare) -> None:
        other = ours("lattice", "torch")
        other["values"]["subpixels"] = []
        status, summary = compared(ours("lattice"), other)
        fields = {field["field"]: field for field in summary["pixels"][0]["fields"]}
        assert (status, fields["row"]["differing"]) == (3, 4)

    @pytest.mark.parametrize("tap_id", TAPS_BY_ID)
    @pytest.mark.parametrize("side", ["reference", "other"])
    def test_every_field_that_one_side_lacks_is_named(
        self, compared: Compare, tap_id: str, side: str
    ) -> None:
        sides = {"reference": ours(tap_id, "c"), "other": ours(tap_id, "torch")}
        values = sides[side]["values"]
        # A tap of rows alone: a field of each row.
        others = {"subpixels", "nanobragg_flags", "structure_factors"}
        field = next((name for name in values if name not in others), "")
        if field:
            del values[field]
        else:
            field = list(values["subpixels"][0])[-1]
            for row in values["subpixels"]:
                del row[field]
        status, summary = compared(sides["reference"], sides["other"])
        assert status == 4
        named = {name for what, missing_in, name in absences(summary) if missing_in == side}
        assert named
        assert all(name.startswith(f"{tap_id}.{field}") for name in named)

    def test_a_field_that_one_row_lacks_is_named(self, compared: Compare) -> None:
        other = ours("lattice", "torch")
        del other["values"]["subpixels"][3]["F_latt"]
        status, summary = compared(ours("lattice"), other)
        assert (status, absences(summary)) == (4, {("field", "other", "lattice.F_latt")})

    def test_a_field_that_the_schema_has_not_is_named(self, compared: Compare) -> None:
        other = ours("lattice", "torch")
        other["values"]["subpixels"][1]["weight"] = 1.0
        other["values"]["mean"] = 0.5
        status, summary = compared(ours("lattice"), other)
        assert status == 4
        assert absences(summary) == {
            ("unknown field", "reference", "lattice.mean"),
            ("unknown field", "reference", "lattice.subpixels.weight"),
        }

    @pytest.mark.parametrize("value", [True, 3, [1], [{"layer": 0}]])
    def test_rows_in_a_tap_without_rows_are_an_unknown_field(
        self, compared: Compare, value: object
    ) -> None:
        other = ours("final_output", "torch")
        other["values"]["subpixels"] = value
        status, summary = compared(ours("final_output"), other)
        assert status == 4
        assert absences(summary) == {("unknown field", "reference", "final_output.subpixels")}

    def test_only_the_taps_asked_for_are_compared(self, compared: Compare) -> None:
        other = [record for record in everything("torch") if record["tap_id"] != "lattice"]
        for record in other:
            if record["tap_id"] == "final_output":
                record["values"]["intensity"] = -1.0
        status, summary = compared(everything("c"), other, "--taps", "omega,f_cell")
        assert (status, summary["pixels"][0]["taps"]) == (0, ["omega_subpixel", "f_cell_stats"])


class TestStructureFactors:
    def test_a_record_that_does_not_tell_them_is_not_whole(self, compared: Compare) -> None:
        other = ours()
        del other["hkl_table"]
        status, summary = compared(ours(), other)
        assert (status, summary["verdict"]) == (4, "shapes differ")
        assert ("field", "other", "f_cell_stats.hkl_table") in absences(summary)

    def test_another_program_need_not_tell_them(self, compared: Compare) -> None:
        status, summary = compared(ours(), plain())
        assert status == 0
        assert ("field", "other", "f_cell_stats.hkl_table") in absences(summary)

    @pytest.mark.parametrize("tap_id", ["config_snapshot", "f_cell_stats"])
    def test_what_either_tap_tells_of_them_is_compared(
        self, tap_id: str, compared: Compare
    ) -> None:
        other = everything("torch")
        for record in other:
            if record["tap_id"] == tap_id:
                table = record.get("hkl_table") or record["values"]["structure_factors"]
                table["default_F"] = 7.0
        status, summary = compared(everything("c"), other)
        assert (status, summary["verdict"]) == (3, "inputs differ")
        assert summary["pixels"][0]["inputs"]["differing"] == ["default_F"]


class TestContradictions:
    def test_two_oversamplings_of_one_pixel_are_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = everything("torch")
        other[-1]["oversample"] = 3
        sides = folder_of(tmp_path / "a", everything("c")), folder_of(tmp_path / "b", other)
        assert main(["compare", *map(str, sides)]) == 5
        assert f"{sides[1]} states two oversamplings of pixel" in capsys.readouterr().err

    def test_an_evaluation_that_is_there_twice_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = everything("torch")
        rows = next(r for r in other if r["tap_id"] == "lattice")["values"]["subpixels"]
        rows.append(rows[0])
        sides = folder_of(tmp_path / "a", everything("c")), folder_of(tmp_path / "b", other)
        assert main(["compare", *map(str, sides)]) == 5
        assert "records an evaluation twice in lattice of pixel" in capsys.readouterr().err

    def test_a_report_is_not_a_side(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "report").mkdir()
        side = folder_of(tmp_path / "report" / "c_taps", everything("c"))
        (tmp_path / "report" / "summary.json").write_text("{}")
        assert main(["compare", str(tmp_path / "report"), str(side)]) == 5
        assert "holds no record; name one engine's folder in it, c_taps" in capsys.readouterr().err
