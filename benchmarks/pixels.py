"""One pixel of one engine: what its tap costs, and that the detector's size does not matter.

Run as a script, ``pixels.py ENGINE SIZE``, it observes one pixel and prints its peak memory.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from figure import Figure, Group, Measured
from processes import memory, told_by

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.observations import UsedOrientations
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.registry import create_engine
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags

_ENGINES = ("c", "torch")
_SMALL, _LARGE = 64, 16384
#: Peak memory of a process must not grow by more than this with the detector, MiB.
_PAGE_NOISE = 4.0


def pixel_group(rounds: int) -> Group:
    """Tapping one pixel, and observing it on a small and on a large detector."""
    return Group(
        "pixel",
        f"one pixel, on detectors of {_SMALL}² and {_LARGE}² in turn, rounds: {rounds}",
        (
            Figure(
                "pixel.c-tap",
                "C tap of one pixel, oversample 2, beyond the call",
                "us",
                50.0,
                _c_tap_of_one_pixel,
            ),
            *(_time_figure(engine, rounds) for engine in _ENGINES),
            *(_memory_figure(engine) for engine in _ENGINES),
        ),
    )


def _time_figure(engine: str, rounds: int) -> Figure:
    return Figure(
        f"pixel.time-{engine}",
        f"time of one pixel, {engine}: {_LARGE}² / {_SMALL}²",
        "x",
        1.1,
        partial(_time_over_detector_size, engine, rounds),
    )


def _memory_figure(engine: str) -> Figure:
    return Figure(
        f"pixel.memory-{engine}",
        f"memory of one pixel, {engine}: {_LARGE}² - {_SMALL}²",
        "MiB",
        _PAGE_NOISE,
        partial(_memory_over_detector_size, engine),
    )


def _c_tap_of_one_pixel() -> Measured:
    """Microseconds for tapping one pixel, less those of a call that does nothing."""
    setup = derive(parse_flags(BENCHMARK_FLAGS).experiment)
    table, state = ffi.new("pb_table *", {"default_F": 100.0}), ffi.new("pb_run_state *")
    lib.pb_start(setup, table, state)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    rows = ffi.new("pb_evaluation[4]")
    used = UsedOrientations(setup).struct
    arguments = (
        setup, table, 2048, 2048, state, totals, f_cell, rows, 4, used, ffi.NULL, ffi.NULL
    )  # fmt: skip
    tap = _seconds_per_call(lambda: lib.pb_pixel(*arguments))
    call = _seconds_per_call(lambda: lib.pb_status_text(0))
    return Measured((tap - call) * 1e6, {"tap": tap, "call": call})


def _time_over_detector_size(name: str, rounds: int) -> Measured:
    """Median of one pixel of the large detector over one of the small."""
    engine = create_engine(name)
    small, large = (
        partial(_seconds_per_call, partial(engine.observe, _square(size), [(1, 1)]), 0.1)
        for size in (_SMALL, _LARGE)
    )
    runs = [{"small": small(), "large": large()} for _ in range(rounds)]
    return Measured(statistics.median(run["large"] / run["small"] for run in runs), runs)


def _memory_over_detector_size(name: str) -> Measured:
    """MiB by which the peak memory of a process grows with the detector."""
    small, large = (float(told_by(__file__, name, str(size))) for size in (_SMALL, _LARGE))
    return Measured(large - small, {"small": small, "large": large})


def _peak_memory(name: str, size: int) -> float:
    """MiB that this process has had at most, after it observed one pixel."""
    create_engine(name).observe(_square(size), [(1, 1)])
    return memory("VmHWM")


def _square(size: int) -> Experiment:
    return parse_flags([*BENCHMARK_FLAGS, "-detpixels", str(size)]).experiment


def _seconds_per_call(call: Callable[[], object], at_least: float = 0.2) -> float:
    """Best mean of five batches, each long enough to be timed."""
    number, elapsed = 1, 0.0
    while elapsed < at_least / 5:
        number *= 2
        elapsed = _batch(call, number)
    return min(_batch(call, number) for _ in range(5)) / number


def _batch(call: Callable[[], object], number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        call()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(_peak_memory(sys.argv[1], int(sys.argv[2]))))
