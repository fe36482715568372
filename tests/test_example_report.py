"""The committed example report is what the program makes today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from parity_bridge.engines.engine import create_engine
from parity_bridge.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.report.records import read_records
from parity_bridge.report.rendering import render

EXAMPLE = Path(__file__).parents[1] / "reports" / "example"
RENDERED = ("f_cell_comparison.md", "f_cell_summary.md", "summary.json")
PIXELS = [(0, 0), (2048, 2048)]


def test_its_memo_and_summaries_follow_from_its_records(tmp_path: Path) -> None:
    again = tmp_path / "example"
    shutil.copytree(EXAMPLE, again, ignore=shutil.ignore_patterns(*RENDERED))
    render(again)
    for name in RENDERED:
        assert (again / name).read_text("utf-8") == (EXAMPLE / name).read_text("utf-8"), name


@pytest.mark.parametrize(("engine", "folder"), [("c", "c_taps"), ("torch", "py_taps")])
def test_its_records_hold_what_the_engine_gives(engine: str, folder: str) -> None:
    stored = {record.pixel_coords: record for record in read_records(EXAMPLE / folder)}
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    seen = create_engine(engine).observe(experiment, PIXELS)
    assert {o.pixel: o.f_cell for o in seen} == {p: r.values for p, r in stored.items()}
