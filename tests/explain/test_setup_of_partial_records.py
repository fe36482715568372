"""The setup of a side that records how many sources there are, and not which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from parity_bridge.api import compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.taps.observation import Observation
from tests.explain.explained import CUBE

pytestmark = pytest.mark.usefixtures("empty_folder")


class CountsSources(CCore):
    name: ClassVar[str] = "counts"
    implementation: ClassVar[str] = "counts"
    folder: ClassVar[str] = "counts_taps"
    unrecorded: ClassVar[tuple[str, ...]] = ("config_snapshot.derived.source_list",)

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        strict = Behaviours(round_beam="strict")
        return super().observe(experiment, pixels, **{**how, "behaviours": strict})


def test_the_number_of_sources_is_explained() -> None:
    flags = f"{CUBE} -divergence 4 -hdivsteps 3"
    finding = compare(flags, [(10, 50), (30, 33)], "c", CountsSources()).finding
    assert finding is not None
    assert finding.names == (("round_beam=strict",),)
