"""Errors of the command line: one sentence each, an exit status, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.cli.command_line import (
    PIXELS,
    UseEngine,
    everything,
    run,
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
    def test_an_output_folder_that_cannot_be_created(
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
