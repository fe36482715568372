"""Records that other programs wrote, or other versions of this one, as a side of ``compare``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_suffix
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.records.real_records import benchmark_run, record_texts

#: All that a plain record of another program has.
PLAIN = ("total_lookups", "out_of_bounds_count", "zero_f_count", "mean_f_cell", "hkl_bounds")
Compare = Callable[..., tuple[int, dict[str, Any]]]
Json = dict[str, Any]


def ours(tap_id: str = "f_cell_stats", engine: str = "c", pixel: int = 0) -> Json:
    record: Json = json.loads(record_texts(benchmark_run(engine))[tap_id][pixel])
    return record


def plain() -> Json:
    record = ours()
    return {
        "tap_id": "f_cell_stats",
        "pixel_coords": record["pixel_coords"],
        "oversample": record["oversample"],
        "values": {name: record["values"][name] for name in PLAIN},
        "timestamp_utc": "2025-10-08T12:00:00Z",
    }


def folder_of(path: Path, records: list[Json]) -> Path:
    path.mkdir()
    for record in records:
        slow, fast = record["pixel_coords"]
        end = record_suffix(TAPS_BY_ID[record["tap_id"]])
        (path / f"pixel_{slow}_{fast}{end}").write_text(json.dumps(record))
    return path


def everything(engine: str) -> list[Json]:
    return [ours(tap_id, engine, pixel) for tap_id in TAPS_BY_ID for pixel in (0, 1)]


@pytest.fixture
def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Exit status and ``--json`` of comparing two records, or two lists of them."""

    def compare(reference: Json | list[Json], other: Json | list[Json], *words: str) -> Any:
        sides = []
        for name, side in (("a", reference), ("b", other)):
            if isinstance(side, list):
                sides.append(folder_of(tmp_path / name, side))
            else:
                sides.append(tmp_path / f"{name}.json")
                sides[-1].write_text(json.dumps(side))
        status = main(["compare", *map(str, sides), "--json", *words])
        return status, json.loads(capsys.readouterr().out)

    return compare


def absences(summary: Json, pixel: int = 0) -> set[tuple[str, str, str]]:
    return {
        (item["what"], item["missing_in"], item["name"])
        for item in summary["pixels"][pixel]["absent"]
    }


class TestPlainRecords:
    def test_they_are_at_parity_where_they_agree_and_what_is_left_is_named(
        self, compared: Compare
    ) -> None:
        status, summary = compared(ours(), plain())
        assert (status, summary["verdict"], summary["other"]) == (0, "parity", "b")
        told = {field["field"] for field in summary["pixels"][0]["fields"]}
        assert told == {*PLAIN[:4], *(f"hkl_bounds.{axis}_{end}" for axis in "hkl"
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
        del sides[side]["values"]["subpixels"][2]
        status, summary = compared(*sides)
        first = summary["pixels"][0]["first_divergence"]
        assert status == 3
        assert first["field"] == ("lookup" if tap_id == "f_cell_stats" else "row")
        assert first["place"]["subpixel"] == [1, 0]
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
        assert f"{sides[1]} tells two oversamplings of pixel" in capsys.readouterr().err

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


class TestKeptReports:
    """What ``--out-dir`` keeps is what ``check-report`` makes of it, whatever was compared."""

    @pytest.mark.parametrize("words", [(), ("--taps", "omega"), ("--tolerances", "own.toml")])
    @pytest.mark.parametrize("other", ["ours", "plain"])
    def test_a_kept_report_has_not_drifted(
        self, other: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        Path("own.toml").write_text('"*" = { rtol = 1e-9 }\n')
        if other == "plain" and "omega" in words:
            words = ("--taps", "f_cell")
        folder_of(Path("a"), everything("c"))
        theirs = everything("torch") if other == "ours" else [plain()]
        folder_of(Path("their records"), theirs)
        done = main(["compare", "a", "their records", *words, "--out-dir", "r", "--stamp", "s"])
        # The plain record is of one pixel, ours are of two.
        assert done == (0 if other == "ours" else 4)
        assert main(["check-report", "r/s"]) == 0, capsys.readouterr().out

    @pytest.mark.parametrize("words", [(), ("--tolerances", "own.toml")])
    def test_a_run_has_not_drifted(
        self, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("own.toml").write_text('"omega_subpixel.omega" = { rtol = 1e-9 }\n')
        told = ["--behaviour", "torch:omega=last"]
        assert main(["run", "--pixel", "0", "0", "--stamp", "s", *told, *words]) == 3
        assert main(["check-report", "reports/s"]) == 0

    def test_a_report_with_noise_budgets_is_compared_tap_by_tap(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(["run", "--pixel", "0", "0", "--stamp", "s"]) == 0
        sides = ["reports/s/c_taps", "reports/s/py_taps"]
        assert main(["compare", *sides, "--taps", "omega"]) == 0
        budget = Path("reports/s/c_taps/pixel_0_0_noise_budget.json")
        stored = json.loads(budget.read_text())
        stored["spread"]["omega_subpixel"]["omega"] = [1.0]
        budget.write_text(json.dumps(stored))
        assert main(["compare", *sides]) == 5


class TestTolerances:
    @pytest.fixture
    def other(self) -> Json:
        record = ours("lattice", "torch")
        record["values"]["subpixels"][0]["F_latt"] *= 1 + 1e-9
        return record

    def test_what_is_set_otherwise_is_marked(
        self, tmp_path: Path, compared: Compare, other: Json
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"lattice.F_latt" = { rtol = 1e-8 }\n')
        status, summary = compared(ours("lattice"), other, "--tolerances", str(own))
        assert (status, summary["tolerances"]["overridden"]) == (0, ["lattice.F_latt"])
        assert summary["tolerances"]["file"] == own.name
        assert summary["tolerances"]["fields"]["lattice.F_latt"] == {"atol": 0.0, "rtol": 1e-8}

    def test_the_memo_says_who_set_what(
        self, tmp_path: Path, other: Json, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"lattice.F_latt" = { rtol = 1e-8 }\n')
        for name, record in (("a", ours("lattice")), ("b", other)):
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        sides = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
        assert main(["compare", *sides]) == 3
        assert "own.toml" not in capsys.readouterr().out
        assert main(["compare", *sides, "--tolerances", str(own)]) == 0
        (row,) = [
            line for line in capsys.readouterr().out.splitlines() if "lattice.F_latt |" in line
        ]
        assert "own.toml" in row

    @pytest.mark.parametrize(
        "name",
        ["lattice.F_lat", "latice.F_latt", "f_cell_stats.total_lookups", "F_latt", "f_cell_stats"],
    )
    def test_a_name_that_is_no_float_figure_is_refused(
        self, tmp_path: Path, other: Json, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text(f'"{name}" = {{ atol = 1.0 }}\n')
        path = tmp_path / "a.json"
        path.write_text(json.dumps(other))
        assert main(["compare", str(path), str(path), "--tolerances", str(own)]) == 5
        (line,) = capsys.readouterr().err.splitlines()
        assert str(own) in line
        assert repr(name) in line

    @pytest.mark.parametrize("limit", ["nan", "inf", "-1.0", '"1"', "true"])
    def test_a_limit_that_is_none_is_refused(
        self, tmp_path: Path, other: Json, limit: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text(f'"lattice.F_latt" = {{ atol = {limit} }}\n')
        path = tmp_path / "a.json"
        path.write_text(json.dumps(other))
        assert main(["compare", str(path), str(path), "--tolerances", str(own)]) == 5
        (line,) = capsys.readouterr().err.splitlines()
        assert str(own) in line

    @pytest.mark.parametrize(
        ("first", "second", "agree"),
        [
            ("NaN", "NaN", True),
            ("Infinity", "Infinity", True),
            ("Infinity", "-Infinity", False),
            ("Infinity", 1.7976931348623157e308, False),
            ("NaN", 1.0, False),
            (1.0, "NaN", False),
            ("NaN", "Infinity", False),
            (-0.0, 0.0, True),
            (1.0, 1.5, True),
        ],
    )
    def test_no_tolerance_makes_nan_or_infinity_a_number(
        self, tmp_path: Path, compared: Compare, first: object, second: object, agree: bool
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"*" = { atol = 1e300, rtol = 1e300 }\n')
        sides = [ours("intensity_post_scale", name) for name in ("c", "torch")]
        for side, value in zip(sides, (first, second), strict=True):
            side["values"]["after_omega"] = value
        status, summary = compared(*sides, "--tolerances", str(own))
        assert status == (0 if agree else 3)
        if not agree:
            assert summary["pixels"][0]["first_divergence"]["field"] == "after_omega"
