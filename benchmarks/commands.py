"""Commands as a user starts them, whole processes, against ``python -c 'import torch'``.

The two take turns, and the first round, which fills the file caches, does not count.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from figure import Figure, Group, Measured
from processes import wall_time

from parity_bridge.examples import example_flags

_PROGRAM = (sys.executable, "-m", "parity_bridge")
_IMPORT_TORCH = (sys.executable, "-c", "import torch")
_FAULTS = ("omega=last", "polar=mean", "divide_by_steps=false")


def command_group(rounds: int) -> Group:
    """`run` and `explain` on two pixels."""
    return Group(
        "commands",
        f"whole commands in turn with python -c 'import torch', rounds: {rounds}",
        (
            Figure(
                "commands.run",
                "run with two pixels / python -c 'import torch'",
                "x",
                1.3,
                partial(_run_over_import_torch, rounds),
            ),
            Figure(
                "commands.explain",
                "explain of two pixels, three faults, beyond importing torch",
                "s",
                5.0,
                partial(_explain_beyond_import_torch, rounds),
            ),
        ),
    )


def many_pixels_group(rounds: int) -> Group:
    """`run` of many pixels of the benchmark, whole processes, report included."""
    goals = {"256": (256, (), 8.0), "1024": (1024, (), 25.0), "10000": (10_000, ("f_cell",), 60.0)}
    return Group(
        "many-pixels",
        f"run of many pixels with its report, rounds: {rounds}",
        tuple(
            Figure(
                f"many-pixels.run-{name}",
                f"run of {name} pixels, {', '.join(taps) or 'all taps'}",
                "s",
                goal,
                partial(_run_of_pixels, pixels, taps, rounds),
            )
            for name, (pixels, taps, goal) in goals.items()
        ),
    )


def _run_of_pixels(pixels: int, taps: Sequence[str], rounds: int) -> Measured:
    """Median of `run` at the first ``pixels`` of the benchmark, row by row."""
    words = [word for number in range(pixels) for word in _pixel_words(number)]
    words += ["--taps", ",".join(taps)] if taps else []
    with tempfile.TemporaryDirectory() as folder:
        command = [*_PROGRAM, "run", *words, "--out-dir", folder, "--stamp"]
        times = []
        for number in range(rounds):
            times.append(wall_time([*command, f"round-{number}"]))
            shutil.rmtree(Path(folder) / f"round-{number}")
    return Measured(statistics.median(times), times)


def _pixel_words(number: int) -> tuple[str, ...]:
    slow, fast = divmod(number, 64)
    return "--pixel", str(slow), str(fast)


def _run_over_import_torch(rounds: int) -> Measured:
    """Median of `run` on two pixels over the import of torch alone."""
    pixels = ["--pixel", "0", "0", "--pixel", "2048", "2048"]
    with tempfile.TemporaryDirectory() as folder:
        command = [*_PROGRAM, "run", *pixels, "--out-dir", folder, "--stamp"]
        ratios = [
            wall_time([*command, f"round-{number}"]) / wall_time(_IMPORT_TORCH)
            for number in range(rounds + 1)
        ][1:]
    return Measured(statistics.median(ratios), ratios)


def _explain_beyond_import_torch(rounds: int) -> Measured:
    """Most that `explain` of two pixels and a port with three faults takes beyond the import."""
    pixels = ["--pixel", "10", "50", "--pixel", "32", "32"]
    faults = [word for name in _FAULTS for word in ("--behaviour", f"torch:{name}")]
    command = [*_PROGRAM, "explain", *pixels, *faults, "--", *example_flags("gnnqqny")]
    beyond = [wall_time(command, status=3) - wall_time(_IMPORT_TORCH) for _ in range(rounds + 1)][
        1:
    ]
    return Measured(max(beyond), beyond)
