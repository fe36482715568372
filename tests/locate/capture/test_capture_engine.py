"""The engines of the project, captured: the same bits, and every value with its place."""

from __future__ import annotations

import numpy as np
import pytest

from parity_bridge.errors import MissingEngineError, UsageError
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.locate.capture.capture import capture_engine

NUMPY = "parity_bridge.examples.numpy_engine:NumpyEngine"

PIXELS = [(0, 3), (2, 1), (3, 3)]

PLAIN = (
    "-cell 100 90 80 70 80 95 -N 5 -default_F 100 -lambda 1 -distance 100 -detpixels_f 5 "
    "-detpixels_s 4 -pixel 5 -oversample 2 -nointerpolate"
)


@pytest.mark.parametrize(
    ("engine", "flags"),
    [
        (NUMPY, ""),
        ("torch", "-oversample 1"),
        pytest.param(
            "torch",
            "-phi 5 -osc 1 -phisteps 2 -mosaic 0.5 -mosaic_domains 2",
            marks=pytest.mark.corpus,
        ),
        pytest.param(
            "torch",
            "-detector_thick 100 -detector_thicksteps 2 -oversample_omega -misset 10 20 30",
            marks=pytest.mark.corpus,
        ),
    ],
)
def test_an_engine_is_captured_with_its_own_bits(engine: str, flags: str) -> None:
    capture = capture_engine(engine, read_experiment(f"{PLAIN} {flags}"), PIXELS)
    assert capture.is_identical
    assert capture.notes == ()
    assert capture.image.shape == (3,)
    assert capture.image.all()
    assert capture.image_event is not None
    value = capture.values[capture.events[capture.image_event].value]
    assert np.isin(value, capture.image).all()


@pytest.mark.corpus
def test_float32_is_said() -> None:
    experiment = read_experiment(PLAIN)
    capture = capture_engine("torch", experiment, PIXELS[:1], dtype="float32")
    assert {"float32", "float64", "int", "float"} <= set(capture.dtypes)
    assert capture.is_identical


@pytest.mark.parametrize(
    ("watch", "message"),
    [
        (["no_such_package"], "no module of --watch no_such_package was imported"),
        (["parity_bridge.engines.c_core"], "no module of --watch parity_bridge.engines.c_core"),
    ],
)
def test_nothing_observed_is_an_error(watch: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        capture_engine(NUMPY, read_experiment(PLAIN), PIXELS[:1], watch)


def test_an_engine_that_does_not_exist() -> None:
    with pytest.raises(MissingEngineError, match="no module 'no_such_module'"):
        capture_engine("no_such_module:Engine", read_experiment(PLAIN), PIXELS)
