"""Whole frames of the 4096² benchmark, as ratios to the original program.

Every rendering runs in a process of its own, which imports, renders once to warm up and is then
timed. Where ``NB_C_BIN`` names a nanoBragg executable it takes turns with each way to render, whole
process and image file included, and every ratio is to it. Where it does not, ratios are to
``ANCHOR``, which each figure says.

Run as a script, ``frames.py WAY``, it renders one way and prints what that took.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from figure import Figure, Group, Measured
from processes import memory, told_by, wall_time

from parity_bridge.engines.capabilities import frame_engine
from parity_bridge.engines.registry import create_engine
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.experiment.regions import Region

#: Seconds of wall clock that the project's goals count with for the original program (-O3, OpenMP,
#: two threads) on a machine of two cores. Not measured by this script.
ANCHOR = 7.5

THREADS = 2
#: Rows of Tap 4 kept at a time, as a scan would.
_BAND = 64


@dataclass(frozen=True)
class Rendered:
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


def frame_group(rounds: int) -> Group:
    """Every way against the original, and its memory where that has a goal."""
    return Group(
        "frames",
        f"whole frames of 4096², {THREADS} threads, each against {_base()}, rounds: {rounds}",
        tuple(figure for name in WAYS for figure in _figures(name, rounds)),
    )


def _base() -> str:
    """Time what the ratios are to."""
    return "the original" if "NB_C_BIN" in os.environ else f"{ANCHOR} s"


def _figures(name: str, rounds: int) -> Iterator[Figure]:
    way = WAYS[name]
    what = f"4096² frame, {way.what} / {_base()}"
    yield Figure(f"frames.{name}", what, "x", way.goal, partial(_ratio, name, rounds))
    if way.memory_goal is not None:
        what = f"memory of a 4096² frame beyond imports, {way.what}"
        take = partial(_most_memory, name, rounds)
        yield Figure(f"frames.{name}-memory", what, "MiB", way.memory_goal, take)


def _ratio(name: str, rounds: int) -> Measured:
    """Median of one way over the original of the same round."""
    runs = _rendered(name, rounds)
    ratio = statistics.median(run.wall / original for run, original in runs)
    return Measured(
        ratio, [{**asdict(run), "original_or_anchor": original} for run, original in runs]
    )


def _most_memory(name: str, rounds: int) -> Measured:
    """MiB of the rendering that took most."""
    runs = [run.memory for run, _ in _rendered(name, rounds)]
    return Measured(max(runs), runs)


@cache
def _rendered(name: str, rounds: int) -> tuple[tuple[Rendered, float], ...]:
    """One way in turn with the original: what each rendering took, and the original's seconds."""
    return tuple((Rendered(**told_by(__file__, name)), _original()) for _ in range(rounds))


def _original() -> float:
    """Wall time of the original program for the same frame, two threads; or the anchor."""
    if "NB_C_BIN" not in os.environ:
        return ANCHOR
    with tempfile.TemporaryDirectory() as folder:
        command = [os.environ["NB_C_BIN"], *BENCHMARK_FLAGS, "-floatfile", "image.bin"]
        environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
        return wall_time(command, cwd=folder, env=environment)


def _render(name: str) -> Rendered:
    """Render here, in this process, once to warm up and once timed."""
    render = WAYS[name].prepare()
    if name.startswith("torch"):
        import torch  # noqa: F401, PLC0415 -- so that memory counts from after the import
    before = memory("VmRSS")
    render()
    processor, wall = time.process_time(), time.perf_counter()
    render()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Rendered(wall, processor, memory("VmHWM") - before)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Render one way, warm, and print what it took.")
    parser.add_argument("way", choices=WAYS)
    print(json.dumps(asdict(_render(parser.parse_args().way))))
