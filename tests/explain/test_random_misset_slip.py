"""A random orientation drawn in double precision: near that of the contract, and recognized."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from parity_bridge.api import compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.random_misset_slip import double_precision_misset
from parity_bridge.taps.observation import Observation
from tests.explain.explained import CUBE

pytestmark = pytest.mark.usefixtures("empty_folder")

FLAGS = f"{CUBE} -misset random -misset_seed"


class DoublePrecision(CCore):
    name: ClassVar[str] = "double"
    implementation: ClassVar[str] = "double"
    folder: ClassVar[str] = "double_taps"

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        return super().observe(double_precision_misset(experiment), pixels, **how)


@pytest.mark.parametrize("seed", [1, 12345, 54321])
def test_it_turns_the_crystal_by_single_precision(seed: int) -> None:
    given = parse_flags(shlex.split(f"{FLAGS} {seed}")).experiment
    ours, theirs = (
        np.array(CCore().scanner(experiment).derived["a_star"])
        for experiment in (given, double_precision_misset(given))
    )
    angle = np.arcsin(np.linalg.norm(np.cross(ours, theirs)) / np.dot(ours, ours))
    assert 0.0 < angle < 2e-5


def test_a_given_orientation_is_left_alone() -> None:
    given = parse_flags(shlex.split(f"{CUBE} -misset 1 2 3")).experiment
    assert double_precision_misset(given) == given


def test_it_is_named() -> None:
    finding = compare(f"{FLAGS} 12345", [(10, 50), (30, 33)], "c", DoublePrecision()).finding
    assert finding is not None
    assert finding.names == (("random misset in double precision",),)
