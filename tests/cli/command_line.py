"""Command lines that the tests of the commands share, and what they leave behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_paths, record_suffix
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.registry import TAPS_BY_NAME

PIXELS = ("--pixel", "0", "0", "--tag", "edge", "--pixel", "1", "2")

TRACE = ("trace", "--engine", "tests.engines.fake_engines:FakeC", "--pixel", "1", "2")

F_CELL = (TAPS_BY_NAME["f_cell"],)

RECORD = record_suffix(*F_CELL)

UseEngine = Callable[[str], None]


def run(*arguments: str) -> int:
    return main(["run", *PIXELS, "--stamp", "s", *arguments])


def everything(folder: Path = Path()) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def in_a_new_process(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "parity_bridge"]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, check=False
    )


def stored_record(folder: Path, pixel: tuple[int, int]) -> FCellRecord:
    return FCellRecord.model_validate_json(record_paths(folder, pixel, F_CELL)[RECORD].read_bytes())
