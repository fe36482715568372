"""Folders of records written by hand, and their memo."""

from __future__ import annotations

import json
from pathlib import Path

from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.run import EngineRun
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.records.metadata import Metadata, RunContext
from parity_bridge.records.pixel_records import (
    METADATA_SUFFIX,
    as_json,
    metadata_of,
    record_paths,
    record_suffix,
)
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.registry import TAPS_BY_NAME
from tests.engines.fake_engines import FakeC
from tests.report.rerender import render

COMMAND = "python -m parity_bridge run --pixel 0 0 --stamp s -- -cell 100 -N 5"

OCCASION = RunContext(COMMAND, "2026-01-31T12:00:00Z", "s")
F_CELL = (TAPS_BY_NAME["f_cell"],)
RECORD = record_suffix(*F_CELL)


def metadata(record: FCellRecord, *flags: str, behaviours: tuple[str, ...] = ()) -> Metadata:
    """Return metadata as ``run`` writes it, for the benchmark and some more flags."""
    name = "c" if record.implementation == "c" else "torch"
    choice = EngineChoice(name, behaviours=behaviours)
    parsed = parse_flags([*BENCHMARK_FLAGS, *flags])
    engine_run = EngineRun(choice, FakeC(), parsed, [Target(record.pixel_coords)], [], {})
    (observation,) = engine_run.engine.observe(parsed.experiment, [record.pixel_coords])
    return metadata_of(engine_run, observation, RunContext(COMMAND, record.timestamp_utc, "s"))


def store(
    folder: Path, records: list[FCellRecord], *flags: str, behaviours: tuple[str, ...] = ()
) -> None:
    """Write ``records`` and their metadata into the new ``folder``."""
    folder.mkdir()
    for item in records:
        files = record_paths(folder, item.pixel_coords, F_CELL)
        files[RECORD].write_text(as_json(item))
        files[METADATA_SUFFIX].write_text(as_json(metadata(item, *flags, behaviours=behaviours)))


def fake_run(engine: FakeC, pixels: list[tuple[int, int]], *flags: str) -> EngineRun:
    """Return the run of a fake engine at ``pixels`` of the benchmark, with some more flags."""
    parsed = parse_flags([*BENCHMARK_FLAGS, *flags])
    observations = engine.observe(parsed.experiment, pixels)
    targets = [Target(pixel) for pixel in pixels]
    return EngineRun(EngineChoice(engine.name), engine, parsed, targets, observations, {})


def memo_of(folder: Path, ours: list[FCellRecord], theirs: list[FCellRecord]) -> str:
    """Write both sides into ``folder`` and return the memo on them."""
    store(folder / "c_taps", ours)
    store(folder / "py_taps", theirs)
    render(folder)
    return (folder / "f_cell_comparison.md").read_text()


def changed_json(text: str, where: tuple[str | int, ...], value: float) -> str:
    """Return the JSON ``text`` with another value at ``where``."""
    tree = json.loads(text)
    branch = tree
    for key in where[:-1]:
        branch = branch[key]
    branch[where[-1]] = value
    return json.dumps(tree)
