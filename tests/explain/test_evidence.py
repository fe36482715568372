"""Names that fit equally are all said, with the pixel that decides; a mean goes after an each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from parity_bridge.api import compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.model import Experiment
from parity_bridge.taps.observation import Observation
from tests.explain.explained import CUBE

pytestmark = pytest.mark.usefixtures("empty_folder")


class ZeroOutside(CCore):
    """The C core with 0 outside the box of the table, where default_F belongs."""

    name: ClassVar[str] = "other"
    implementation: ClassVar[str] = "other"
    folder: ClassVar[str] = "other_taps"

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        factors = structure_factors.load(experiment.structure_factors)
        without = factors.provenance.model_copy(update={"default_F": 0.0})
        seen = self.replay(experiment, pixels, factors=replace(factors, provenance=without), **how)
        # It records the default_F that it was given.
        return [replace(item, hkl_table=factors.provenance) for item in seen]


@pytest.fixture
def flags() -> str:
    """A table of every index with k below 0, no entry of which is missing."""
    box = [(h, k, l) for h in range(-9, 10) for k in range(-9, 0) for l in range(-9, 10)]
    Path("half.hkl").write_text("".join(f"{h} {k} {l} {500 + h + k}\n" for h, k, l in box))
    return f"{CUBE} -hkl half.hkl -oversample 2 -nointerpolate"


def test_a_port_with_0_outside_the_box_does_not_take_default_F_for_0(flags: str) -> None:
    """In a box with an entry of every index both give the same; what was read tells them apart."""
    finding = compare(flags, [(10, 50), (50, 12)], "c", ZeroOutside()).finding
    assert finding is not None
    assert finding.names == (("0 outside the box",),)
    assert "default_F belongs" in finding.sentence
