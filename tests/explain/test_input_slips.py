"""Slips of an input that are more than a sign or a flag left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.input_slips import apply_slips, input_slips

PLAIN = "-cell 50 60 70 80 95 100 -default_F 10 -N 6 -detpixels 64 -pixel 0.5 -oversample 1"
ADXV = "ADXV not counted from the far edge"
ANGLES = "detector angles in float32"


def experiment(flags: str) -> Experiment:
    return parse_flags([*PLAIN.split(), *flags.split()]).experiment


def corner(given: Experiment) -> list[float]:
    (seen,) = CCore().observe(given, [(0, 0)])
    return list(seen.derived["pix0_vector"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flags", "moved"),
    # By default Ybeam is half a pixel below the middle, 16 mm.
    [("-adxv", -0.0005), ("-adxv -Xbeam 4 -Ybeam 12", -0.008), ("-adxv -Xbeam 4 -Ybeam 16", 0.0)],
)
def test_adxv_counts_its_centre_from_the_far_edge(flags: str, moved: float) -> None:
    given = experiment(flags)
    taken = apply_slips(given, [ADXV])
    assert np.subtract(corner(taken), corner(given)) == pytest.approx([0.0, moved, 0.0], abs=1e-15)


def test_angles_of_the_detector_lose_their_digits() -> None:
    given = experiment("-detector_rotx 5 -twotheta 10")
    detector = apply_slips(given, [ANGLES]).detector
    angles = (*detector.rotations, detector.twotheta)
    for degrees, whole in zip(angles, (5.0, 0.0, 0.0, 10.0), strict=True):
        assert math.radians(degrees) == pytest.approx(float(np.float32(math.radians(whole))), 1e-15)
        assert degrees == pytest.approx(whole, 1e-7)


def test_they_are_tried_where_they_change_something() -> None:
    named = {hypothesis.name for hypothesis, _ in input_slips(experiment("-distance 100"))}
    assert not {ADXV, ANGLES} & named
