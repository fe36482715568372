"""The command line: exit statuses, sentences, and nothing left half-written."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parity_bridge.cli import arguments
from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_paths, record_suffix
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.registry import TAPS_BY_NAME

PIXELS = ("--pixel", "0", "0", "--tag", "edge", "--pixel", "1", "2")
TRACE = ("trace", "--engine", "tests.engines.fake_engines:FakeC", "--pixel", "1", "2")

F_CELL = (TAPS_BY_NAME["f_cell"],)
RECORD = record_suffix(*F_CELL)

UseEngine = Callable[[str], None]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAMP", raising=False)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> UseEngine:
    """Let ``run`` compare the fake reference with another fake."""

    def choose(other: str) -> None:
        engines = ("tests.engines.fake_engines:FakeC", f"tests.engines.fake_engines:{other}")
        monkeypatch.setattr(arguments, "DEFAULT_ENGINES", engines)

    return choose


def run(*arguments: str) -> int:
    return main(["run", *PIXELS, "--stamp", "s", *arguments])


def everything(folder: Path = Path()) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def in_a_new_process(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "parity_bridge"]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, check=False
    )


class TestExitStatus:
    @pytest.mark.parametrize(
        ("engine", "status"),
        [
            ("FakeTorch", 0),
            ("OutsideDetector", 1),
            ("FailsAtSecondPixel", 2),
            ("Crashes", 2),
            ("Blind", 2),
            ("DoesNotExist", 1),
            ("OneUlpOff", 3),
            ("MissesAPixel", 4),
            ("NoTable", 5),
            ("Interrupted", 130),
            ("Terminated", 143),
        ],
    )
    def test_run(self, use: UseEngine, engine: str, status: int) -> None:
        use(engine)
        assert run() == status

    def test_oversampling_of_one_engine_alone_is_a_different_shape(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run("--engine-flags", "tests.engines.fake_engines:FakeTorch", "-oversample 3") == 4

    def test_default_F_of_one_engine_alone_is_no_parity(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run("--engine-flags", "tests.engines.fake_engines:FakeTorch", "-default_F 7") == 3

    @pytest.mark.parametrize(
        ("engine", "status"),
        [("FakeC", 0), ("OutsideDetector", 1), ("Crashes", 2), ("NoTable", 5)],
    )
    def test_trace(self, engine: str, status: int) -> None:
        assert (
            main(["trace", "--engine", f"tests.engines.fake_engines:{engine}", "--pixel", "0", "1"])
            == status
        )


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "COMMAND"),
            (["ran"], "ran"),
            (["run"], "--pixel"),
            (["run", "--pixel", "1"], "--pixel"),
            (["run", "--pixel", "1", "two"], "'two' is not a whole number"),
            (["run", "--pixel", "1", "2.5"], "'2.5' is not a whole number"),
            (["run", "--pixel", "1", "nan"], "'nan' is not a whole number"),
            (["run", "--pixel", "1", "2", "--pixel", "1", "2"], "given twice"),
            (["run", "--tag", "edge", "--pixel", "1", "2"], "before any --pixel"),
            (["run", "--pixel", "1", "2", "--tag", "a", "--tag", "b"], "has the tag a"),
            (["run", *PIXELS, "--tag", "edge"], "--tag edge is given to two pixels"),
            (["run", "--pixel", "1", "2", "--tag", "a|b"], "'a|b' is not a name"),
            (["run", "--pixel", "1", "2", "--tag", ".a"], "'.a' is not a name"),
            (["run", "--pixel", "1", "2", "--tag=-a"], "'-a' is not a name"),
            (["run", "--pixel", "1", "2", "--taps", "omgea"], "no tap 'omgea'"),
            (["run", "--pixel", "1", "2", "--taps", ""], "no tap ''"),
            (["run", "--pixel", "1", "2", "--dtype", "float16"], "no dtype 'float16'"),
            (["run", "--pixel", "1", "2", "--stamp", "a/b"], "'a/b' is not a name"),
            (["run", "--pixel", "1", "2", "--stamp", ".."], "'..' is not a name"),
            (["run", "--pixel", "1", "2", "--stamp", ""], "'' is not a name"),
            (["run", "--pixel", "1", "2", "--stamp=-s"], "'-s' is not a name"),
            (["run", "--pixel", "1", "2", "--stam", "a"], "--stam"),
            (["run", "--pixel", "1", "2", "--out-dir", ""], "--out-dir: '' is not a folder"),
            (["trace", "--pixel", "1", "2", "--out-dir", ""], "--out-dir: '' is not a folder"),
            (["run", "--pixel", "1", "2", "--oversample", "0"], "--oversample: 0 is less than 1"),
            (["run", "--pixel", "1", "2", "--oversample", "-3"], "--oversample: -3 is less than"),
            (["run", "--pixel", "1", "2", "--oversample", "65"], "--oversample 65: give 1 to 64"),
            (["run", "--pixel", "1", "2", "--oversample", "many"], "'many'"),
            (["run", "--pixel", "1", "2", "--engine-flags", "d", "-N 3"], "'d' is not run"),
            (["run", "--pixel", "1", "2", "--engine-flags", "c", "'-N"], "cannot be split"),
            (["run", "--pixel", "1", "2", "--engine-flags", "c"], "--engine-flags"),
            (["run", "--pixel", "1", "2", "--", "-lamda", "1"], "-lambda"),
            (["run", "--pixel", "1", "2", "--", "-cell", "10", "-lambda", "-1"], "-lambda"),
            (["run", "--pixel", "1", "2", "--", "-lambda", "1"], "-cell"),
            (["trace", "--pixel", "1", "2", "--pixel", "3", "4"], "give --pixel once"),
            (["trace", "--pixel", "1", "2", "--engine", "d"], "no engine named 'd'"),
            (["trace", "--pixel", "1", "2", "--engine", ":B"], "no engine named ':B'"),
            (["trace", "--pixel", "1", "2", "--engine", "a..b:C"], "no engine named 'a..b:C'"),
            (
                ["trace", "--pixel", "1", "2", "--engine", "tests.engines.fake_engines:"],
                "no engine named",
            ),
            (["trace", "--pixel", "1", "2", "--engine", "no.such:E"], "there is no module 'no'"),
            (
                ["trace", "--pixel", "1", "2", "--engine", "tests.engines.fake_engines.no:E"],
                "there is no module 'tests.engines.fake_engines.no'; choose c, nanobrag_torch",
            ),
            (
                ["trace", "--pixel", "1", "2", "--engine", "tests.engines.fake_engines:No"],
                "fake_engines has no class No with observe; choose c, nanobrag_torch",
            ),
            (
                ["trace", "--pixel", "1", "2", "--engine", "tests.engines.fake_engines:DERIVED"],
                "no class DERIVED",
            ),
            (["trace", "--pixel", "1", "2", "--engine", "pathlib:Path"], "no class Path"),
            (["trace", "--pixel", "1", "2", "--stamp", "s"], "--stamp"),
        ],
    )
    def test_a_usage_error_is_one_sentence_exit_1_and_writes_nothing(
        self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("parity_bridge: ")
        assert err.count("\n") == 1
        assert words in err
        assert everything() == []

    def test_an_engine_whose_own_import_fails_is_an_engine_failure(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "needs_more.py").write_text("import not_installed_anywhere\n")
        monkeypatch.syspath_prepend(tmp_path)
        assert main(["trace", "--engine", "needs_more:Engine", "--pixel", "0", "0"]) == 2
        assert "could not be loaded: No module named 'not_installed" in capsys.readouterr().err

    def test_a_crash_of_an_engine_is_one_line(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("Crashes")
        run()
        assert capsys.readouterr().err == (
            "parity_bridge: engine 'tests.engines.fake_engines:Crashes' failed: "
            "ZeroDivisionError: one over nothing\n"
        )

    @pytest.mark.parametrize("command", ["run", "trace"])
    def test_an_output_folder_that_cannot_be_made(
        self, use: UseEngine, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("FakeTorch")
        Path("file").touch()
        arguments = (command, "--pixel", "0", "0", "--out-dir", "file/reports")
        assert main([*arguments]) == 5
        assert "file/reports" in capsys.readouterr().err
        assert everything() == ["file"]

    def test_an_output_folder_that_is_a_file(self, use: UseEngine) -> None:
        use("FakeTorch")
        Path("file").write_text("kept")
        assert run("--out-dir", "file") == 5
        assert Path("file").read_text() == "kept"


class TestNothingHalfWritten:
    @pytest.mark.parametrize("engine", ["FailsAtSecondPixel", "Crashes", "Blind"])
    def test_a_blocked_run_leaves_the_reason_and_the_command_only(
        self, use: UseEngine, engine: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use(engine)
        run()
        reason = capsys.readouterr().err.removeprefix("parity_bridge: ").strip()
        assert everything(Path("reports")) == ["s", "s/attempt_fail.log", "s/commands.txt"]
        log = Path("reports/s/attempt_fail.log").read_text()
        assert reason in log
        assert "how to go on: " in log
        assert "what: python -m parity_bridge run --pixel 0 0" in log

    @pytest.mark.parametrize("engine", ["OutsideDetector", "NoTable", "Interrupted"])
    def test_any_other_failure_leaves_nothing_at_all(self, use: UseEngine, engine: str) -> None:
        use(engine)
        run("--out-dir", "deep/er")
        assert everything() == []

    def test_a_second_sigterm_does_not_break_off_the_cleaning_up(self, use: UseEngine) -> None:
        use("Terminated")
        assert run() == 143
        assert everything() == ["put_in_order"]

    def test_the_handler_of_sigterm_is_as_it_was(self, use: UseEngine) -> None:
        before = signal.getsignal(signal.SIGTERM)
        for engine in ("FakeTorch", "Terminated"):
            use(engine)
            main(["run", *PIXELS, "--stamp", engine])
            assert signal.getsignal(signal.SIGTERM) is before

    def test_a_run_outside_the_main_thread_sets_no_handler(self, use: UseEngine) -> None:
        use("FakeTorch")
        with ThreadPoolExecutor() as pool:
            assert pool.submit(run).result() == 0

    def test_a_folder_that_was_there_before_stays(self, use: UseEngine) -> None:
        use("OutsideDetector")
        Path("reports").mkdir()
        run()
        assert everything() == ["reports"]

    def test_an_existing_stamp_is_left_as_it_is(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("FakeTorch")
        Path("reports/s").mkdir(parents=True)
        assert run() == 5
        assert "reports/s exists already" in capsys.readouterr().err
        assert everything() == ["reports", "reports/s"]


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
        tags = [_record(Path("reports/s/py_taps"), pixel).tag for pixel in ((0, 0), (1, 2))]
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
        run("--oversample", "3", "--", "-cell", "10", "-oversample", "5")
        assert _record(Path("reports/s/c_taps"), (0, 0)).oversample == 3

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

    def test_notes_are_printed_once_and_kept(
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
        run("--", "-cell", "10", "-roi", "0", "1", "0", "2")
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


class TestTrace:
    def test_trace_lines_come_first_and_the_tap_after_them(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([*TRACE]) == 0
        words = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
        assert list(dict.fromkeys(words)) == ["TRACE_C", "TAP_C"]
        assert words == sorted(words, reverse=True)

    def test_the_tap_is_printed_key_by_key(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--tag", "here"])
        lines = capsys.readouterr().out.splitlines()
        assert "TAP_C: pixel_coords 1 2" in lines
        assert "TAP_C: tag here" in lines
        assert "TAP_C: values.total_lookups 4" in lines
        assert "TAP_C: values.subpixels.3.subpixel_index 1 1" in lines
        assert "TAP_C: hkl_table.sha256 null" in lines

    def test_json_is_the_stored_record(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--json", "--out-dir", "out"])
        out = capsys.readouterr().out
        printed = out[out.index("{") :]
        assert printed == record_paths(Path("out"), (1, 2), F_CELL)[RECORD].read_text()

    def test_the_log_is_what_was_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--out-dir", "out"])
        log = Path("out/pixel_1_2.log").read_text()
        assert capsys.readouterr().out.startswith(log)
        assert "TAP" not in log

    def test_commands_are_appended(self) -> None:
        for slow in ("1", "2"):
            main(
                [
                    "trace",
                    "--engine",
                    "tests.engines.fake_engines:FakeC",
                    "--pixel",
                    slow,
                    "2",
                    "--out-dir",
                    "out",
                ]
            )
        assert Path("out/commands.txt").read_text().splitlines() == [
            "python -m parity_bridge trace --engine tests.engines.fake_engines:FakeC "
            f"--pixel {slow} 2 --out-dir out"
            for slow in ("1", "2")
        ]

    def test_a_record_is_never_overwritten(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--out-dir", "out"])
        before = {path: path.read_bytes() for path in Path("out").iterdir()}
        assert main([*TRACE, "--out-dir", "out"]) == 5
        assert "never overwritten" in capsys.readouterr().err
        assert before == {path: path.read_bytes() for path in Path("out").iterdir()}

    def test_flags_are_read_before_the_folder_is_looked_at(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([*TRACE, "--out-dir", "out"])
        before = everything()
        assert main([*TRACE, "--out-dir", "out", "--", "-cell", "10", "-lambda", "-1"]) == 1
        assert "-lambda -1" in capsys.readouterr().err
        assert everything() == before

    def test_a_pixel_outside_the_region_is_noted(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--out-dir", "out", "--", "-cell", "10", "-roi", "2", "2", "2", "9"])
        err = capsys.readouterr().err
        stored = json.loads(Path("out/pixel_1_2_metadata.json").read_text())
        assert err == f"note: {stored['notes'][0]}\n"
        assert err.startswith("note: --pixel 1 2 lies outside -roi 2 2 2 9, where")

    @pytest.mark.parametrize("engine", ["OutsideDetector", "Crashes", "NoTable"])
    def test_a_failure_leaves_its_reason(
        self, engine: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["trace", "--engine", f"tests.engines.fake_engines:{engine}", "--pixel", "1", "2"]
        main([*command, "--out-dir", "out"])
        reason = capsys.readouterr().err.removeprefix("parity_bridge: ").strip()
        assert everything(Path("out")) == ["attempt_fail.log", "commands.txt"]
        assert f"why: {reason} (exit status " in Path("out/attempt_fail.log").read_text()


class TestProcess:
    def test_help_names_the_exit_statuses_and_imports_nothing_heavy(self) -> None:
        code = (
            "import sys; from parity_bridge.cli.program import main\n"
            "try: main(['run', '--help'])\n"
            "except SystemExit: pass\n"
            "print({'torch', 'numpy', 'pydantic', 'tabulate'} & set(sys.modules))"
        )
        done = in_a_new_process(code=code)
        assert "3 the engines disagree" in " ".join(done.stdout.split())
        assert done.stdout.endswith("set()\n")

    def test_tracing_the_c_core_never_imports_torch(self) -> None:
        code = (
            "import sys; from parity_bridge.cli.program import main\n"
            "status = main(['trace', '--engine', 'c', '--pixel', '0', '0'])\n"
            "print(status, 'torch' in sys.modules)"
        )
        assert in_a_new_process(code=code).stdout.endswith("\n0 False\n")

    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "parity_bridge", "trace", "--engine", "c"]
        done = subprocess.run(
            [*command, "--pixel", "0", "0"], stdout=writing, stderr=subprocess.PIPE, check=False
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_output_that_cannot_be_written_is_exit_5(self) -> None:
        command = [sys.executable, "-m", "parity_bridge", "trace", "--engine", "c"]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*command, "--pixel", "0", "0"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 5
        assert done.stderr.startswith(b"parity_bridge: standard output cannot be written")

    def test_the_module_ends_with_the_status_of_the_command(self) -> None:
        done = in_a_new_process("run", "--pixel", "1")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("parity_bridge: ")


def _record(folder: Path, pixel: tuple[int, int]) -> FCellRecord:
    return FCellRecord.model_validate_json(record_paths(folder, pixel, F_CELL)[RECORD].read_bytes())
