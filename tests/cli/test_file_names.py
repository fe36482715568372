"""Arguments that are not UTF-8 are refused before anything is computed; messages stay one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parity_bridge.cli.printing import print_note
from parity_bridge.cli.program import main
from tests.cli.command_line import UseEngine, everything, in_a_new_process, run

#: A file name in Latin-1, as Python gives it.
TABLE = os.fsdecode(b"t\xe9.hkl")
_SMALL = "-cell 50 60 70 -default_F 10 -N 5 -detpixels 8 -pixel 1 -distance 100".split()


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--pixel", "0", "0", "--", *_SMALL, "-hkl", TABLE],
        ["run", "--pixel", "0", "0", "--hkl", TABLE],
        ["run", "--pixel", "0", "0", "--tolerances", TABLE],
        ["run", "--pixel", "0", "0", "--out-dir", TABLE],
        ["run", "--pixel", "0", "0", "--device", TABLE],
        ["run", "--pixel", "0", "0", "--engine-flags", "c", f"-hkl {TABLE}"],
        ["trace", "--pixel", "0", "0", "--out-dir", TABLE],
        ["frame", "--engine", "c", "--output", f"{TABLE}.bin", "--", *_SMALL],
        ["scan", "--", *_SMALL, "-hkl", TABLE],
        ["scan", "--image", TABLE],
        ["scan", "--experiments", TABLE],
        ["compare", TABLE, TABLE],
        ["check-report", TABLE],
        ["explain", TABLE, "torch"],
        [TABLE],
    ],
)
def test_it_is_refused_in_one_sentence_and_nothing_is_written(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(TABLE).write_text("0 0 0 10\n1 2 3 5\n", encoding="utf-8")
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("parity_bridge: the argument '")
    assert r"t\xe9.hkl" in err
    assert err.endswith("rename the file or folder\n")
    assert everything() == [TABLE]


def test_where_the_locale_is_not_utf8_another_one_is_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        monkeypatch.setenv(name, value)
    done = in_a_new_process("run", "--pixel", "0", "0", "--hkl", "é.hkl")
    assert done.returncode == 1
    assert "cannot be read in the encoding ascii; set a UTF-8 locale, LC_ALL=C.UTF-8" in done.stderr


class TestWorkingFolder:
    """Records of a scan state absolute paths, those of other commands the paths as given."""

    @pytest.fixture(autouse=True)
    def _in_a_folder_of_that_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / os.fsdecode(b"d\xe9")
        folder.mkdir()
        monkeypatch.chdir(folder)

    def test_a_scan_is_refused_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["scan", "--stamp", "s", "--", *_SMALL]) == 1
        err = capsys.readouterr().err
        assert "the working directory '" in err
        assert r"d\xe9' is not UTF-8" in err
        assert everything() == []

    def test_a_run_writes_its_report_there(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run() == 0
        assert Path("reports/s/f_cell_comparison.md").exists()

    def test_a_frame_is_rendered_there(self) -> None:
        assert main(["frame", "--engine", "c", "--output", "o.bin", "--", *_SMALL]) == 0
        assert everything() == ["o.bin", "o.bin.json"]


class TestLineFeeds:
    @pytest.mark.parametrize(
        "words",
        [
            ["trace", "--engine", "c", "--pixel", "0", "0", "--hkl", "a\nb"],
            ["trace", "--engine", "a\nb", "--pixel", "0", "0"],
            ["compare", "a\nb", "a\nb"],
            ["check-report", "a\nb"],
            ["run", "--pixel", "0", "0", "--", "a\nb"],
            ["frame", "--engine", "c", "--output", "a\nb/c.bin"],
            ["a\nb"],
        ],
    )
    def test_a_message_stays_one_line(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(words) > 0
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert r"a\nb" in err

    def test_a_note_stays_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_note("a\nb")
        assert capsys.readouterr().err == "note: a\\nb\n"

    def test_the_reason_in_the_log_of_failures_stays_one_line(self, use: UseEngine) -> None:
        use("Crashes")
        run("--out-dir", "a\nb")
        log = Path("a\nb/s/attempt_fail.log").read_text(encoding="utf-8")
        assert len([line for line in log.splitlines() if line.startswith("why: ")]) == 1
