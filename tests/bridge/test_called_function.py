"""A function that returns an image is compared as an engine that records the image alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from parity_bridge.api import compare
from parity_bridge.bridge.called_function import CalledFunction
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags

FLAGS = "-cell 10 -default_F 3 -N 5 -distance 60 -detpixels_x 4 -detpixels_y 3 -pixel 5"
EXPERIMENT = parse_flags(FLAGS.split()).experiment
PIXELS = [(0, 3), (2, 1)]


def single(experiment: Experiment) -> NDArray[np.float32]:
    return CCore().frame(experiment).image


def double(experiment: Experiment) -> NDArray[np.float64]:
    pixels = [(slow, fast) for slow in range(3) for fast in range(4)]
    seen = CCore().observe(experiment, pixels)
    return np.array([one.totals["intensity"] for one in seen]).reshape(3, 4)


def differentiable(experiment: Experiment) -> torch.Tensor:
    return torch.tensor(double(experiment), requires_grad=True)


def doubled(experiment: Experiment) -> NDArray[np.float32]:
    return 2 * single(experiment)


def transposed(experiment: Experiment) -> NDArray[np.float32]:
    return single(experiment).T


def counts(experiment: Experiment) -> NDArray[np.int64]:
    return single(experiment).astype(np.int64)


def named(function: Callable[..., Any]) -> CalledFunction:
    return CalledFunction(f"{__name__}:{function.__name__}")


@pytest.mark.parametrize("function", [single, double, differentiable])
def test_an_image_of_the_reference_agrees(function: Callable[..., Any]) -> None:
    assert compare(EXPERIMENT, PIXELS, "c", named(function))


def test_a_float32_image_says_nothing_of_the_intensity() -> None:
    engine = named(single)
    engine.observe(EXPERIMENT, PIXELS)
    assert engine.unrecorded == ("final_output.intensity",)
    engine = named(double)
    engine.observe(EXPERIMENT, PIXELS)
    assert engine.unrecorded == ()


def test_a_factor_is_a_difference() -> None:
    assert not compare(EXPERIMENT, PIXELS, "c", named(doubled))


@pytest.mark.parametrize("function", [transposed, counts])
def test_anything_but_floats_of_the_detector_is_an_error(function: Callable[..., Any]) -> None:
    with pytest.raises(EngineError, match="it must return an image of floats, 3 slow x 4 fast"):
        named(function).observe(EXPERIMENT, PIXELS)


def test_pixels_outside_and_behaviours_are_refused() -> None:
    with pytest.raises(UsageError, match="outside the detector"):
        named(single).observe(EXPERIMENT, [(3, 0)])
    with pytest.raises(UsageError, match="decides by itself"):
        named(single).observe(EXPERIMENT, PIXELS, behaviours=Behaviours.parse(["omega=last"]))


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("no_colon", UsageError, "write it as package.module:function"),
        ("json:nothing", UsageError, "json has no function nothing"),
        ("no_such_package.module:f", EngineError, "cannot be imported"),
    ],
)
def test_a_function_that_is_not_there_is_one_sentence(
    spec: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CalledFunction(spec)
