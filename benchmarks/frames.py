"""Whole frames of the 4096² benchmark, as ratios to the original program.

Every rendering runs in a process of its own, which imports, renders once to warm up and is then
timed; the ways to render take turns. Where ``NB_C_BIN`` names a nanoBragg executable it takes its
turn too, whole process and image file included, and every ratio is to it. Where it does not, ratios
are to ``ANCHOR``, which is said in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from figure import Figure

from parity_bridge.engines.engine import create_engine, frame_engine
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.experiment.regions import Region

#: Seconds of wall clock that the project's goals count with for the original program (-O3, OpenMP,
#: two threads) on a machine of two cores. Not measured by this script.
ANCHOR = 7.5

THREADS = 2
#: Rows of Tap 4 kept at a time, as a scan would.
_BAND = 64


@dataclass(frozen=True)
class Measured:
    """One rendering: seconds of wall clock and processor, MiB beyond what the import took."""

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True)
class Way:
    """A way to get the frame, and its goals: a ratio, and MiB above the import."""

    what: str
    prepare: Callable[[], Callable[[], object]]
    goal: float
    memory_goal: float | None = None


def _image(name: str, **settings: Any) -> Callable[[], object]:
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    engine = frame_engine(create_engine(name, **settings), name)
    return lambda: engine.frame(experiment, threads=THREADS)


def _f_cell() -> Callable[[], object]:
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    engine = frame_engine(create_engine("c"), "c")

    def bands() -> None:
        planes = None
        for first in range(0, 4096, _BAND):
            region = Region(range(first, first + _BAND), range(4096))
            planes = engine.f_cell_maps(experiment, region, threads=THREADS, out=planes)

    return bands


WAYS = {
    "c-exact": Way("C, exact", lambda: _image("c"), 0.8),
    "c-fast": Way("C, fast", lambda: _image("c", precision="fast"), 0.2),
    "c-f-cell": Way("C, Tap 4 only", _f_cell, 0.08),
    "torch": Way("torch, float64, eager", lambda: _image("torch"), 1.0, 1024.0),
    "torch-compile": Way(
        "torch, float64, --compile, warm", lambda: _image("torch", compile=True), 0.4
    ),
}


def frame_figures(rounds: int) -> tuple[list[Figure], dict[str, object]]:
    """Ratios of every way to the original, memory where it has a goal; and all raw figures."""
    raw: dict[str, list[Measured]] = {name: [] for name in WAYS}
    originals: list[float] = []
    for _ in range(rounds):
        if "NB_C_BIN" in os.environ:
            originals.append(_original(os.environ["NB_C_BIN"]))
        for name in WAYS:
            raw[name].append(_in_a_process(name))
    figures = [figure for name in WAYS for figure in _figures(WAYS[name], raw[name], originals)]
    return figures, {
        "original_wall": originals or None,
        "anchor_wall": ANCHOR,
        "threads": THREADS,
        **{name: [asdict(measured) for measured in runs] for name, runs in raw.items()},
    }


def _figures(way: Way, runs: list[Measured], originals: list[float]) -> list[Figure]:
    bases = originals or [ANCHOR] * len(runs)
    base = "the original" if originals else f"{ANCHOR} s"
    ratio = statistics.median(run.wall / b for run, b in zip(runs, bases, strict=True))
    figures = [Figure(f"4096² frame, {way.what} / {base}", ratio, "x", way.goal)]
    if way.memory_goal is not None:
        memory = max(run.memory for run in runs)
        what = f"memory of that beyond imports, {way.what}"
        figures.append(Figure(what, memory, "MiB", way.memory_goal))
    return figures


def _original(program: str) -> float:
    """Wall time of the original program for the same frame, two threads."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, *BENCHMARK_FLAGS, "-floatfile", "image.bin"]
        start = time.perf_counter()
        subprocess.run(
            command,
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": str(THREADS)},
        )
        return time.perf_counter() - start


def _in_a_process(name: str) -> Measured:
    done = subprocess.run(
        [sys.executable, __file__, name], check=True, capture_output=True, text=True
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _measure(name: str) -> Measured:
    render = WAYS[name].prepare()
    if name.startswith("torch"):
        import torch  # noqa: F401, PLC0415 -- so that memory counts from after the import
    before = _memory("VmRSS")
    render()
    processor, wall = time.process_time(), time.perf_counter()
    render()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Measured(wall, processor, _memory("VmHWM") - before)


def _memory(key: str) -> float:
    """MiB, from the kernel's own account."""
    return int(Path("/proc/self/status").read_text().split(f"{key}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Render one way, warm, and print what it took.")
    parser.add_argument("way", choices=WAYS)
    print(json.dumps(asdict(_measure(parser.parse_args().way))))
