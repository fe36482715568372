"""What the project promises about speed, measured in one session and given as ratios.

``make bench`` prints the table and writes ``benchmarks/bench.json``. Absolute times are kept in the
JSON for orientation only: the machines this runs on are noisy, ratios of interleaved runs are not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from figure import Figure
from frames import frame_figures
from scans import scan_figures
from tabulate import tabulate

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.engine import create_engine
from parity_bridge.examples import example_flags
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.files.atomic_write import write_text
from parity_bridge.records.environment import environment

OUTPUT = Path(__file__).with_name("bench.json")
SIZES = (64, 16384)
#: Peak memory of a process must not grow by more than this with the detector, MiB.
PAGE_NOISE = 4.0


def main() -> int:
    """Measure everything, print the table, write the JSON; 1 where a goal was missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7, help="interleaved rounds of each")
    arguments.add_argument("--frame-rounds", type=int, default=3, help="of whole frames")
    given = arguments.parse_args()
    rounds = given.rounds
    frames, raw = frame_figures(given.frame_rounds)
    scans, raw_scans = scan_figures(given.frame_rounds)
    figures = [
        run_over_import_torch(rounds),
        explain_beyond_import_torch(rounds),
        c_tap_of_one_pixel(),
        *(time_over_detector_size(name, rounds) for name in ("c", "torch")),
        *(memory_over_detector_size(name) for name in ("c", "torch")),
        *frames,
        *scans,
    ]
    table = [
        [f.what, f"{f.measured:.3g} {f.unit}", f.bound, "yes" if f.reached else "NO"]
        for f in figures
    ]
    print(tabulate(table, headers=["what", "measured", "goal", "reached"], tablefmt="github"))
    result = {
        "environment": environment(),
        "commit": _commit(),
        "core": create_engine("c").build()["build"],
        "figures": [asdict(f) for f in figures],
        "frames": raw,
        "scans": raw_scans,
    }
    write_text(OUTPUT, json.dumps(result, indent=2) + "\n")
    print(f"\nwritten to {OUTPUT.name}")
    return 0 if all(f.reached for f in figures) else 1


def run_over_import_torch(rounds: int) -> Figure:
    """`run` on two pixels against the import of torch alone, whole processes."""
    pixels = ["--pixel", "0", "0", "--pixel", "2048", "2048"]
    with tempfile.TemporaryDirectory() as folder:
        run = ["-m", "parity_bridge", "run", *pixels, "--out-dir", folder, "--stamp"]
        ratios = []
        for number in range(rounds + 1):
            bridge = _wall_time([sys.executable, *run, f"round-{number}"])
            ratios.append(bridge / _wall_time([sys.executable, "-c", "import torch"]))
    # The first round fills the file caches.
    return Figure(
        "run with two pixels / python -c 'import torch'", statistics.median(ratios[1:]), "x", 1.3
    )


def explain_beyond_import_torch(rounds: int) -> Figure:
    """`explain` of two pixels and a port with three faults, beyond the import of torch alone."""
    pixels = ["--pixel", "10", "50", "--pixel", "32", "32"]
    faults = ("omega=last", "polar=mean", "divide_by_steps=false")
    told = [word for name in faults for word in ("--behaviour", f"torch:{name}")]
    explain = [sys.executable, "-m", "parity_bridge", "explain", *pixels, *told, "--"]
    beyond = []
    for _ in range(rounds + 1):
        taken = _wall_time([*explain, *example_flags("gnnqqny")], status=3)
        beyond.append(taken - _wall_time([sys.executable, "-c", "import torch"]))
    return Figure("explain of two pixels beyond importing torch", max(beyond[1:]), "s", 5.0)


def c_tap_of_one_pixel() -> Figure:
    """Tapping one pixel at oversample 2, beyond what the call itself costs."""
    setup = derive(parse_flags(BENCHMARK_FLAGS).experiment)
    table, state = ffi.new("pb_table *", {"default_F": 100.0}), ffi.new("pb_run_state *")
    lib.pb_start(setup, table, state)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    rows = ffi.new("pb_evaluation[4]")
    arguments = (setup, table, 2048, 2048, state, totals, f_cell, rows, 4, ffi.NULL)
    tap = _seconds_per_call(lambda: lib.pb_pixel(*arguments))
    call = _seconds_per_call(lambda: lib.pb_status_text(0))
    return Figure("C tap of one pixel, oversample 2, beyond the call", (tap - call) * 1e6, "us", 50)


def time_over_detector_size(name: str, rounds: int) -> Figure:
    """One pixel of a 16384² detector against one pixel of a 64² detector."""
    engine = create_engine(name)
    small, large = (_square(size) for size in SIZES)
    ratios = []
    for _ in range(rounds):
        times = [
            _seconds_per_call(partial(engine.observe, e, [(1, 1)]), 0.1) for e in (small, large)
        ]
        ratios.append(times[1] / times[0])
    return Figure(f"time of one pixel, {name}: 16384² / 64²", statistics.median(ratios), "x", 1.1)


def memory_over_detector_size(name: str) -> Figure:
    """Growth of the peak memory of a process that observes one pixel."""
    peaks = [_peak_memory(name, size) for size in SIZES]
    return Figure(
        f"memory of one pixel, {name}: 16384² - 64²", peaks[1] - peaks[0], "MiB", PAGE_NOISE
    )


def _commit() -> str:
    """The commit that is checked out, and whether anything was changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 -- whichever git there is
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def _square(size: int) -> Experiment:
    return parse_flags([*BENCHMARK_FLAGS, "-detpixels", str(size)]).experiment


def _peak_memory(name: str, size: int) -> float:
    """MiB, from the kernel's own account: getrusage would count what the parent had before exec."""
    code = (
        "from pathlib import Path; from parity_bridge.engines.engine import create_engine; "
        "from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags; "
        f"e = parse_flags([*BENCHMARK_FLAGS, '-detpixels', '{size}']).experiment; "
        f"create_engine('{name}').observe(e, [(1, 1)]); "
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout) / 1024


def _wall_time(command: Sequence[str], status: int = 0) -> float:
    """Seconds that a command takes; it must end with ``status``."""
    start = time.perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != status:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}, not {status}")
    return time.perf_counter() - start


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
    sys.exit(main())
