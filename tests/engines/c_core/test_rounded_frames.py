"""Rounded images, by fast sines wherever these leave no doubt, have the bits of exact ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from parity_bridge._core import lib
from parity_bridge.engines.c_core.frame import FrameContext, render
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.errors import BridgeError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import read_experiment
from tests.experiment.strategies import behaviours, experiments


def image_of(experiment: Experiment, chosen: Behaviours, precision: int) -> NDArray[np.float32]:
    factors = structure_factors.load(experiment.structure_factors, chosen)
    context = FrameContext(derive(experiment, chosen), table_struct(factors), precision, None)
    whole = context.region(None)
    image = np.empty(whole.shape, dtype=np.float32)
    render(context, whole, context.start(), 1, image=image)
    return image


def assert_same_bits(experiment: Experiment, chosen: Behaviours = REFERENCE) -> None:
    exact, rounded = (
        image_of(experiment, chosen, precision) for precision in (lib.PB_EXACT, lib.PB_ROUNDED)
    )
    assert rounded.tobytes() == exact.tobytes()


@settings(max_examples=100)
@given(experiment=experiments(), chosen=behaviours())
def test_of_any_experiment(experiment: Experiment, chosen: Behaviours) -> None:
    try:
        image_of(experiment, chosen, lib.PB_EXACT)
    except BridgeError:
        return
    assert_same_bits(experiment, chosen)


@pytest.mark.parametrize(
    "words",
    [
        "-default_F 100 -cell 100 -lambda 0.5 -distance 500 -pixel 0.05 -N 5",
        # Indices so large that the fast sine does not reach them, and small ones around the beam.
        "-default_F 100 -cell 20000 30000 40000 -lambda 0.3 -distance 20 -pixel 0.05 -N 300",
        # Doubt grows with the evaluations.
        "-default_F 1 -cell 50 60 70 80 95 105 -pixel 0.3 -N 7 -mosaic 1 -mosaic_domains 40",
        "-default_F 1e-20 -cell 50 -pixel 0.3 -N 7 -fluence 1e5",
    ],
)
def test_of_many_pixels(words: str) -> None:
    assert_same_bits(read_experiment(f"{words} -detpixels 300 -oversample 2"))
