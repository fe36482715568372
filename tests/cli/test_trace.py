"""``trace``: lines, taps and stored records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_paths
from tests.cli.command_line import (
    F_CELL,
    RECORD,
    TRACE,
    everything,
)


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

    def test_flags_are_read_before_the_folder_is_checked(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([*TRACE, "--out-dir", "out"])
        before = everything()
        assert main([*TRACE, "--out-dir", "out", "--", "-cell", "10", "-lambda", "-1"]) == 1
        assert "-lambda -1" in capsys.readouterr().err
        assert everything() == before

    def test_a_pixel_outside_the_region_is_noted(self, capsys: pytest.CaptureFixture[str]) -> None:
        main([*TRACE, "--out-dir", "out", "--", *"-cell 10 -default_F 1 -roi 2 2 2 9".split()])
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
