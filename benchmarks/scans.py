"""Whole scans of the benchmark: time as ratios to the original program's frame, memory, scaling.

Every scan is a command in a process of its own, imports, pictures and store included. The cost of a
pixel is that of the tiles alone, computed, compared and stored, in a process that has scanned a
little before: what a scan costs once is no cost of a pixel.

Run as a script, ``scans.py SIZE FOLDER WORD ...``, it scans once and prints what that took.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from figure import Figure, Group, Measured
from frames import ANCHOR
from processes import memory, told_by

from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS

#: Pixels along either axis over which the cost of a pixel is to be constant.
_SMALLEST, *_LARGER = (1024, 2048, 4096, 16384)
_LARGEST = _LARGER[-1]
_WHOLE = 4096
#: For the workers of a cluster, which are compared with each other only.
_DASK = 4096
#: MiB that a scan may take, whatever its size.
_MEMORY = 2048.0


@dataclass(frozen=True)
class Scanned:
    """One command: seconds of wall clock, of these for tiles, and MiB at most."""

    wall: float
    tiles: float
    memory: float


def scan_group(rounds: int) -> Group:
    """Return the figures that are promised of scans."""
    return Group(
        "scans",
        f"whole scans, of which that of {_LARGEST}² takes minutes, rounds: {rounds}",
        (
            *_whole_figures(rounds),
            Figure(
                f"scans.memory-{_LARGEST}",
                f"memory of a scan of {_LARGEST}²",
                "MiB",
                _MEMORY,
                partial(_memory_of_size, _LARGEST),
            ),
            *(_pixel_figure(size) for size in _LARGER),
            Figure(
                "scans.dask",
                "tiles of one Dask worker / two",
                "x",
                1.6,
                partial(_one_worker_over_two, rounds),
                at_least=True,
            ),
        ),
    )


def _whole_figures(rounds: int) -> tuple[Figure, ...]:
    return (
        Figure(
            "scans.whole",
            f"scan of {_WHOLE}², both engines, pictures, store / {ANCHOR} s",
            "x",
            2.0,
            partial(_whole_over_anchor, rounds),
        ),
        Figure(
            "scans.unlike",
            f"scan of {_WHOLE}², every pixel different and explained / {ANCHOR} s",
            "x",
            4.0,
            _unlike_over_anchor,
        ),
        Figure(
            "scans.memory",
            f"memory of scans of {_WHOLE}², alike and different",
            "MiB",
            _MEMORY,
            partial(_most_memory, rounds),
        ),
    )


def _pixel_figure(size: int) -> Figure:
    return Figure(
        f"scans.pixel-{size}",
        f"tiles of a pixel, {size}² / {_SMALLEST}²",
        "x",
        1.1,
        partial(_pixel_over_smallest, size),
    )


def _whole_over_anchor(rounds: int) -> Measured:
    runs = _whole(rounds)
    ratio = statistics.median(run.wall for run in runs) / ANCHOR
    return Measured(ratio, [asdict(run) for run in runs])


def _unlike_over_anchor() -> Measured:
    run = _unlike()
    return Measured(run.wall / ANCHOR, asdict(run))


def _most_memory(rounds: int) -> Measured:
    runs = [run.memory for run in (*_whole(rounds), _unlike())]
    return Measured(max(runs), runs)


def _memory_of_size(size: int) -> Measured:
    run = _of_size(size)
    return Measured(run.memory, asdict(run))


def _pixel_over_smallest(size: int) -> Measured:
    smallest, larger = _of_size(_SMALLEST), _of_size(size)
    ratio = (larger.tiles / size**2) / (smallest.tiles / _SMALLEST**2)
    return Measured(ratio, {str(_SMALLEST): asdict(smallest), str(size): asdict(larger)})


def _one_worker_over_two(rounds: int) -> Measured:
    one, two = (_on_dask(workers, rounds) for workers in (1, 2))
    return Measured(statistics.median(one) / statistics.median(two), {"1": one, "2": two})


# Several figures rest on one scan, which is made once.


@cache
def _whole(rounds: int) -> tuple[Scanned, ...]:
    return tuple(_scan(_WHOLE) for _ in range(rounds))


@cache
def _unlike() -> Scanned:
    """Every pixel differs: the port has a fault."""
    return _scan(_WHOLE, "--behaviour", "torch:omega=last")


@cache
def _of_size(size: int) -> Scanned:
    return _scan(size, "--warm")


def _scan(size: int, *words: str) -> Scanned:
    """One scan in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        told = told_by(__file__, str(size), folder, *words)
        return Scanned(time.perf_counter() - begin, told["tiles"], told["memory"])


def _on_dask(workers: int, rounds: int) -> list[float]:
    """Seconds for the tiles on a cluster of so many worker processes of one thread, warm."""
    from distributed import LocalCluster  # noqa: PLC0415 - an extra

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        _scan(256, "--dask", address)
        return [_scan(_DASK, "--dask", address).tiles for _ in range(rounds)]


def _measure(size: str, folder: str, words: list[str]) -> dict[str, float]:
    """Scan here, in this process; seconds of its tiles, and MiB by the kernel's own account."""
    import parity_bridge.bridge.scan as command  # noqa: PLC0415 - counted, as in a command
    from parity_bridge.cli.program import main  # noqa: PLC0415

    if "--warm" in words:
        words.remove("--warm")
        _measure("256", f"{folder}/warm", words)
    from parity_bridge.scan.scan import run_scan  # noqa: PLC0415

    seconds = []

    def timed(*arguments: Any) -> Any:
        found = run_scan(*arguments)
        seconds.append(found.seconds)
        return found

    vars(command)["run_scan"] = timed
    flags = [*BENCHMARK_FLAGS, "-detpixels", size]
    status = main(["scan", "--out-dir", folder, "--stamp", "s", "--quiet", *words, "--", *flags])
    if status != (3 if "--behaviour" in words else 0):
        raise SystemExit(f"the scan ended with {status}")
    peak = memory("VmHWM")
    vars(command)["run_scan"] = run_scan
    return {"tiles": seconds[0], "memory": peak}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], sys.argv[2], sys.argv[3:])))
    sys.stdout.flush()
    os._exit(0)  # as the command itself: freeing everything would be counted
