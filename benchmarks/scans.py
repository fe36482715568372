"""Whole scans of the benchmark: time as ratios to the original program's frame, memory, scaling.

Every scan is a command in a process of its own, imports, pictures and store included. The cost of a
pixel is that of the tiles alone, computed, compared and stored, in a process that has scanned a
little before: what a scan costs once is no cost of a pixel.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from figure import Figure
from frames import ANCHOR

from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS

#: Pixels along either axis over which the cost of a pixel is to be constant.
SIZES = (1024, 2048, 4096, 16384)
_WHOLE = 4096
#: For the workers of a cluster, which are compared with each other only.
_DASK = 4096


@dataclass(frozen=True)
class Scanned:
    """One command: seconds of wall clock, of these for tiles, and MiB at most."""

    wall: float
    tiles: float
    memory: float


def scan_figures(rounds: int) -> tuple[list[Figure], dict[str, object]]:
    """What is promised of scans, and the raw figures."""
    whole = [_scan(_WHOLE) for _ in range(rounds)]
    sizes = {size: _scan(size, "--warm") for size in SIZES}
    each = {size: scanned.tiles / size**2 for size, scanned in sizes.items()}
    unlike = _scan(_WHOLE, "--behaviour", "torch:omega=last")
    dask = {workers: _on_dask(workers, rounds) for workers in (1, 2)}
    largest = SIZES[-1]
    figures = [
        Figure(
            f"scan of {_WHOLE}², both engines, pictures, store / {ANCHOR} s",
            statistics.median(run.wall for run in whole) / ANCHOR,
            "x",
            2.0,
        ),
        Figure(
            f"the same, every pixel different and explained / {ANCHOR} s",
            unlike.wall / ANCHOR,
            "x",
            4.0,
        ),
        Figure(
            f"memory of that, {_WHOLE}²", max(run.memory for run in (*whole, unlike)), "MiB", 2048.0
        ),
        Figure(f"memory of a scan of {largest}²", sizes[largest].memory, "MiB", 2048.0),
        *(
            Figure(
                f"tiles of a pixel, {size}² / {SIZES[0]}²", each[size] / each[SIZES[0]], "x", 1.1
            )
            for size in SIZES[1:]
        ),
        Figure("tiles of one Dask worker / two", dask[1] / dask[2], "x", 1.6, at_least=True),
    ]
    return figures, {
        "whole": [asdict(run) for run in whole],
        "unlike": asdict(unlike),
        "sizes": {str(size): asdict(run) for size, run in sizes.items()},
        "dask_tiles": {str(workers): seconds for workers, seconds in dask.items()},
    }


def _scan(size: int, *words: str) -> Scanned:
    """One scan in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, __file__, str(size), folder, *words],
            check=True,
            capture_output=True,
            text=True,
        )
        wall = time.perf_counter() - begin
    told = json.loads(done.stdout.splitlines()[-1])
    return Scanned(wall, told["tiles"], told["memory"])


def _on_dask(workers: int, rounds: int) -> float:
    """Seconds for the tiles on a cluster of so many worker processes of one thread, warm."""
    from distributed import LocalCluster  # noqa: PLC0415 - an extra

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        _scan(256, "--dask", address)
        return statistics.median(_scan(_DASK, "--dask", address).tiles for _ in range(rounds))


def _measure(size: str, folder: str, words: list[str]) -> dict[str, float]:
    """Scan here, in this process; seconds of its tiles, and MiB by the kernel's own account."""
    import parity_bridge.bridge.scan as command  # noqa: PLC0415 - counted, as in a command
    from parity_bridge.cli.program import main  # noqa: PLC0415

    if "--warm" in words:
        words.remove("--warm")
        _measure("256", f"{folder}/warm", words)
    from parity_bridge.scan.scan import run  # noqa: PLC0415

    seconds = []

    def timed(*arguments: Any) -> Any:
        found = run(*arguments)
        seconds.append(found.seconds)
        return found

    vars(command)["run"] = timed
    flags = [*BENCHMARK_FLAGS, "-detpixels", size]
    status = main(["scan", "--out-dir", folder, "--stamp", "s", "--quiet", *words, "--", *flags])
    if status != (3 if "--behaviour" in words else 0):
        raise SystemExit(f"the scan ended with {status}")
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    vars(command)["run"] = run
    return {"tiles": seconds[0], "memory": int(peak) / 1024}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], sys.argv[2], sys.argv[3:])))
    sys.stdout.flush()
    os._exit(0)  # as the command itself: freeing everything would be counted
