"""Runs of both engines whose records the tests use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.run import EngineRun, observe
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, record_of
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.engines.golden_cases import load_case
from tests.experiment.smv_files import smv, write_file

ENGINES = ("c", "torch")
RUN_CONTEXT = RunContext("python -m parity_bridge run", "2026-01-31T12:00:00Z")
#: Golden case -> what its run has that the others do not.
CASES = {
    "bench4096_default_f": "no table at all",
    "shape_tophat_all_skipped": "no lookup at all",
    "shape_tophat": "no factors along the axes, some lookups skipped",
    "shape_round": "no factors along the axes",
    "dmin_cut": "sources that the resolution cut drops",
    "thick_layers": "several layers",
    "mosaic_phi": "several domains and spindle steps",
    "source_file": "listed sources",
    "interpolate_runs_out_of_range": "interpolation that is switched off",
    "roi": "a region of interest",
    "masked": "a mask",
}


@cache
def real_run(case: str, engine: str) -> EngineRun:
    """Run an engine at the pixels of a golden case, or under a mask."""
    folder = Path(mkdtemp(prefix="parity_bridge_"))
    if case == "masked":
        mask_values = np.array([[0, 1, 255], [7, 0, 200]], dtype="<u2")
        mask = write_file(folder / "mask.img", smv(mask_values, {}))
        # The mask says how many pixels there are, so no flag may state it too.
        flags, pixels = (
            ["-mask", str(mask), *"-cell 50 -default_F 2 -N 3".split()],
            [(0, 0), (1, 2)],
        )
    else:
        golden = load_case(case, folder)
        flags, pixels = golden.flags, golden.pixels
    choice = EngineChoice(engine)
    return observe(choice, parse_flags(flags), [Target(pixel) for pixel in pixels])


@cache
def benchmark_run(engine: str) -> EngineRun:
    """Run an engine at two pixels of the benchmark."""
    targets = [Target((0, 0), "edge"), Target((2048, 2048))]
    return observe(EngineChoice(engine), parse_flags(BENCHMARK_FLAGS), targets)


def record_texts(run: EngineRun) -> dict[str, list[str]]:
    """tap_id -> the record of each pixel, as it is stored."""
    return {
        tap_id: [
            as_json(record_of(run, observation, RUN_CONTEXT, tap))
            for observation in run.observations
        ]
        for tap_id, tap in TAPS_BY_ID.items()
    }
