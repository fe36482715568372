"""Slips of the setup: a port that has them is recognized."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from parity_bridge.api import compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.setup_slips import setup_slips
from parity_bridge.taps.observation import Observation

pytestmark = pytest.mark.usefixtures("empty_folder")

TRICLINIC = (
    "-cell 70 80 90 75 85 95 -default_F 100 -lambda 1 -N 5 -distance 100 -detpixels 256 "
    "-oversample 1"
)
CUBIC = "-cell 100 100 100 90 90 90 -default_F 100 -lambda 1 -N 5 -distance 100 -detpixels 256"


class OtherSetup(CCore):
    """The C core with a slip of the setup."""

    name: ClassVar[str] = "other"
    implementation: ClassVar[str] = "other"
    folder: ClassVar[str] = "other_taps"
    slip: ClassVar[str]

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        derived = self.scanner(experiment).derived
        given = next(slip(derived) for it, slip in setup_slips(derived) if it.name == self.slip)
        return self.replay(experiment, pixels, derived=given, **how)


class VolumeOfTheAxes(OtherSetup):
    slip = "volume of the axes"


def test_the_volume_that_the_axes_enclose() -> None:
    finding = compare(TRICLINIC, [(128, 128), (64, 32)], "c", VolumeOfTheAxes()).finding
    assert finding is not None
    assert finding.names == (("volume of the axes",),)
    assert finding.sentence.startswith("other regenerates a*, b*, c* with the volume that a, b, c")


def test_a_cell_whose_two_volumes_are_the_same_has_no_such_slip() -> None:
    derived = CCore().scanner(parse_flags(shlex.split(CUBIC)).experiment).derived
    assert "volume of the axes" not in [item.name for item, _ in setup_slips(derived)]
