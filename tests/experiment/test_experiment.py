"""What an Experiment is by default and what it refuses to be."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from parity_bridge.experiment.model import (
    Beam,
    Cell,
    Crystal,
    Detector,
    DetectorVectors,
    Experiment,
    Sampling,
    StructureFactorSource,
)

MATRIX = (0.01, 0, 0, 0, 0.01, 0, 0, 0, 0.01)


def test_the_defaults_are_those_of_the_contract() -> None:
    experiment = Experiment(crystal=Crystal(cell=Cell(a=100)))
    assert experiment.beam.wavelength == 1.0
    assert experiment.beam.fluence == 125932015286227086360700780544.0
    assert experiment.beam.beam_size == 0.1
    assert experiment.beam.exposure == 1.0
    assert experiment.beam.polarization == 0.0
    assert experiment.detector.convention == "mosflm"
    assert experiment.detector.distance == 100.0
    assert experiment.detector.pixel_size == 0.1
    assert (experiment.detector.detsize_fast, experiment.detector.detsize_slow) == (102.4, 102.4)
    assert experiment.crystal.cells == (1, 1, 1)
    assert experiment.structure_factors.default_F == 0.0


def test_an_experiment_cannot_be_changed() -> None:
    beam = Beam()
    with pytest.raises(ValidationError, match="frozen"):
        beam.wavelength = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Cell, {"a": 0}),
        (Cell, {"a": -1}),
        (Cell, {"a": "nan"}),
        (Cell, {"a": 10, "c": float("inf")}),
        (Cell, {"a": 10, "c": 30}),
        (Cell, {"a": 10, "gamma": 90}),
        (Cell, {"a": 10, "b": 10, "c": 10, "alpha": 180}),
        (Cell, {"a": 10, "b": 10, "c": 10, "alpha": 40, "beta": 50, "gamma": 100}),
        (Cell, {"a": 10, "b": 10, "c": 10, "alpha": 120, "beta": 120, "gamma": 120}),
        (Crystal, {}),
        (Crystal, {"cell": Cell(a=1), "matrix": MATRIX}),
        (Crystal, {"matrix": MATRIX[:8]}),
        (Crystal, {"matrix": (0,) * 9}),
        (Crystal, {"cell": Cell(a=1), "cells": (2**31, 1, 1)}),
        (Crystal, {"cell": Cell(a=1), "cells": (1.5, 1, 1)}),
        (Crystal, {"cell": Cell(a=1), "fudge": 0}),
        (Crystal, {"cell": Cell(a=1), "water": -1}),
        (Crystal, {"cell": Cell(a=1), "shape": "cube"}),
        (Beam, {"wavelength": 0}),
        (Beam, {"wavelength": float("nan")}),
        (Beam, {"polarization": 1.5}),
        (Beam, {"beam_size": 0}),
        (Detector, {"distance": -1}),
        (Detector, {"close_distance": 0}),
        (Detector, {"pixel_size": 0}),
        (Detector, {"pixels_fast": 0}),
        (Detector, {"rotations": (0, 0, float("inf"))}),
        (Detector, {"thickness": -1}),
        (Detector, {"thickness_steps": 0}),
        (Detector, {"sensor": 1}),
        (DetectorVectors, {"fast": (0, 0, 0)}),
        (Sampling, {"oversample": 0}),
        (Sampling, {"oversample": 257}),
        (Sampling, {"dmin": -1}),
        (Sampling, {"roi": (5, 4, 0, 0)}),
        (Sampling, {"roi": (0, 0, 5, 4)}),
        (StructureFactorSource, {"default_F": float("nan")}),
    ],
)
def test_an_impossible_value_is_refused(model: Any, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model(**values)


def test_one_pixel_is_a_region() -> None:
    assert Sampling(roi=(3, 3, 4, 4)).roi == (3, 3, 4, 4)


def test_an_experiment_survives_json() -> None:
    experiment = Experiment(crystal=Crystal(matrix=MATRIX), beam=Beam(wavelength=1 / 3))
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment
