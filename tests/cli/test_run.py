"""``run``: the report, the terminal and what each engine is given."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_suffix
from parity_bridge.taps.registry import TAPS_BY_NAME
from tests.cli.command_line import (
    PIXELS,
    UseEngine,
    run,
    stored_record,
)


class TestRun:
    @pytest.mark.parametrize(
        ("engine", "further"), [("FakeTorch", []), ("OneUlpOff", ["explanation.json"])]
    )
    def test_the_report_holds_every_artefact(
        self, use: UseEngine, engine: str, further: list[str]
    ) -> None:
        use(engine)
        run()
        one_engine = [
            f"pixel_{pixel}{end}"
            for pixel in ("0_0", "1_2")
            for end in (*map(record_suffix, TAPS_BY_NAME.values()), "_metadata.json", ".log")
        ]
        files = [str(path.relative_to("reports/s")) for path in Path().rglob("*") if path.is_file()]
        assert sorted(files) == sorted(
            [
                *(f"{taps}/{name}" for taps in ("c_taps", "py_taps") for name in one_engine),
                *further,
                "commands.txt",
                "env/trace_env.json",
                "f_cell_comparison.md",
                "f_cell_summary.md",
                "sides.json",
                "summary.json",
            ]
        )

    def test_the_terminal_shows_table_verdict_and_where_the_report_is(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("OneUlpOff")
        run()
        out = capsys.readouterr().out
        assert "total_lookups" in out
        assert "no parity: c and pytorch disagree at 2 of 2 pixels" in out
        assert out.endswith("report: reports/s/f_cell_comparison.md\n")

    def test_a_tag_belongs_to_the_pixel_before_it(self, use: UseEngine) -> None:
        use("FakeTorch")
        run()
        tags = [stored_record(Path("reports/s/py_taps"), pixel).tag for pixel in ((0, 0), (1, 2))]
        assert tags == ["edge", None]

    def test_the_stamp_is_taken_from_the_environment(
        self, use: UseEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use("FakeTorch")
        monkeypatch.setenv("STAMP", "from_environment")
        assert main(["run", *PIXELS]) == 0
        assert Path("reports/from_environment/summary.json").is_file()

    @pytest.mark.parametrize("stamp", ["../elsewhere", "a b", ".", "/", ".a", "-rf", "a" * 201])
    def test_a_stamp_from_the_environment_is_a_name_too(
        self,
        use: UseEngine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        stamp: str,
    ) -> None:
        use("FakeTorch")
        monkeypatch.setenv("STAMP", stamp)
        assert main(["run", *PIXELS]) == 1
        assert "$STAMP" in capsys.readouterr().err
        assert list(Path().iterdir()) == []

    def test_without_a_stamp_the_folder_is_named_by_the_time(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert main(["run", *PIXELS]) == 0
        (folder,) = Path("reports").glob("[0-9]" * 8 + "T" + "[0-9]" * 6 + "Z")
        assert folder.is_dir()

    def test_the_oversampling_option_stands_above_the_flags(self, use: UseEngine) -> None:
        use("FakeTorch")
        run("--oversample", "3", "--", "-cell", "10", "-default_F", "1", "-oversample", "5")
        assert stored_record(Path("reports/s/c_taps"), (0, 0)).oversample == 3

    def test_without_flags_it_is_the_benchmark(self, use: UseEngine) -> None:
        use("FakeTorch")
        run()
        flags = json.loads(Path("reports/s/c_taps/pixel_0_0_metadata.json").read_text())
        assert "-detpixels" in flags["nanobragg_flags"]
        assert flags["experiment"]["structure_factors"]["default_F"] == 100.0

    @pytest.mark.parametrize("flags", ["-nopolar", "-default_F 7 -nopolar", " -nopolar"])
    def test_engine_flags_reach_one_engine_only(self, use: UseEngine, flags: str) -> None:
        use("FakeTorch")
        run("--engine-flags", "tests.engines.fake_engines:FakeTorch", flags)
        polarized = [
            json.loads(Path(f"reports/s/{taps}/pixel_0_0_metadata.json").read_text())
            for taps in ("c_taps", "py_taps")
        ]
        assert [item["experiment"]["beam"]["polarized"] for item in polarized] == [True, False]

    def test_the_dtype_goes_to_the_port_only(self, use: UseEngine) -> None:
        use("FakeTorch")
        run("--dtype", "float32")
        dtypes = [
            json.loads(Path(f"reports/s/{taps}/pixel_0_0_metadata.json").read_text())["dtype"]
            for taps in ("c_taps", "py_taps")
        ]
        assert dtypes == ["float64", "float32"]
        assert json.loads(Path("reports/s/summary.json").read_text())["tolerances"]["case"] == (
            "float32 on cpu"
        )

    def test_notes_are_printed_once_and_stored(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("FakeTorch")
        Path("Fdump.bin").touch()
        run()
        err = capsys.readouterr().err
        assert err.startswith("note: ")
        assert err.count("Fdump.bin lies") <= 1
        assert err.count("note: ") == 1
        stored = json.loads(Path("reports/s/c_taps/pixel_0_0_metadata.json").read_text())
        assert err == f"note: {stored['notes'][0]}\n"

    def test_a_pixel_outside_the_region_is_noted_with_its_own_pixel(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("FakeTorch")
        run("--", "-cell", "10", "-default_F", "1", "-roi", "0", "1", "0", "2")
        note = (
            "--pixel 1 2 lies outside -roi 0 1 0 2, where the original program leaves the image 0; "
            "it is computed all the same"
        )
        assert capsys.readouterr().err == f"note: {note}\n"
        notes = [
            json.loads(Path(f"reports/s/py_taps/pixel_{pixel}_metadata.json").read_text())["notes"]
            for pixel in ("0_0", "1_2")
        ]
        assert notes == [[], [note]]

    def test_a_tap_named_twice_is_recorded_once(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run("--taps", "f_cell,f_cell") == 0

    def test_the_garbage_collector_is_as_it_was(self, use: UseEngine) -> None:
        for engine in ("FakeTorch", "Crashes"):
            use(engine)
            main(["run", *PIXELS, "--stamp", engine])
            assert gc.isenabled()
