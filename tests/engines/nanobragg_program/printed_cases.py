"""What the tests of the engine over a program share: stored outputs, flags, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import assume

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import (
    Cell,
    Crystal,
    Detector,
    Experiment,
    Sampling,
    StructureFactorSource,
)
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import choose_taps
from tests.engines.golden_cases import GOLDEN
from tests.experiment.smv_files import smv, write_file

PRINTED = tolerances_for(own_case=NanobraggProgram.tolerances)
#: Files beside the project, which not every machine has.
SHARED = Path(__file__).parents[4] / "shared"
STORED = {
    "bench4096_default_f_0_0": (0, 0),
    "bench4096_default_f_2048_2048": (2048, 2048),
    "gnnqqny_mosflm_10_50": (10, 50),
    "gnnqqny_xds_40_31": (40, 31),
}
FLAGS = "-cell 40 50 60 70 80 100 -N 5 -default_F 7 -distance 70 -pixel 1 -detpixels 24".split()
OVERSAMPLE = 2

WriteProgram = Callable[[str], Path]

#: One subpixel a pixel: the one that heads the second block of the stored output as 101 20.
PIXEL = (20, 101)
SHOWN = 0.08768503368

Prints = Callable[..., NanobraggProgram]


def printout(name: str) -> str:
    return (GOLDEN / "printout" / f"{name}.txt").read_text()


def subpixels(pixel: tuple[int, int]) -> list[tuple[int, int]]:
    slow, fast = (range(OVERSAMPLE * number, OVERSAMPLE * (number + 1)) for number in pixel)
    return [(s, f) for s in slow for f in fast]


def experiment_of(flags: str) -> Experiment:
    return parse_flags([*FLAGS, *flags.split()]).experiment


def private_folders(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "private").iterdir())


def assert_parity(
    ours: list[Observation],
    theirs: list[Observation],
    names: Sequence[str] = NanobraggProgram.taps,
) -> None:
    """By the tolerances that the engine asks for, in the taps that it records."""
    taps = choose_taps(tuple(names))
    sides = [
        [PixelTaps.from_observation(seen, "", taps) for seen in side] for side in (ours, theirs)
    ]
    comparison = compare_runs(sides[0], sides[1], PRINTED)
    assert comparison.verdict == "parity", comparison.pixels[0].first_divergence


def masked(folder: Path, pixel: tuple[int, int]) -> Path:
    """A mask of the detector of ``FLAGS`` with one 0."""
    pixels = np.ones((24, 24), dtype="<u2")
    pixels[pixel] = 0
    return write_file(folder / "mask.img", smv(pixels, {}))


def plain_experiment(detector: Detector, oversample: int) -> Experiment:
    experiment = Experiment(
        crystal=Crystal(cell=Cell(a=50.0)),
        detector=detector,
        sampling=Sampling(oversample=oversample),
        structure_factors=StructureFactorSource(default_F=1.0),
    )
    try:
        derive(experiment)
    except UsageError:
        assume(False)
    return experiment


def pixels_of(experiment: Experiment) -> tuple[int, int]:
    fast, slow = derive(experiment).detector.pixels
    return fast, slow


def components(detector: Any, name: str) -> tuple[float, float, float]:
    vector = getattr(detector, name)
    return vector.x, vector.y, vector.z
