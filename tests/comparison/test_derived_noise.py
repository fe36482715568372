"""Roundings inside the derivation of the setup are noise; a wrong derivation is signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.perturbations import DERIVED_ULPS, derived_steps
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.engines.torch_port import crystal, libm, vec3
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.explain.faults import CUBE, PEPTIDE, PIXELS, Fault, FaultInjection
from tests.explain.test_faults import examined

TRICLINIC = (
    "-cell 31 42 53 71 82 97 -default_F 3 -lambda 1.3 -N 5 -distance 90 -detpixels 64 -pixel 1 "
    "-misset 11 -23 37 -twotheta 12"
)
Change = Callable[[Any], Any]

pytestmark = pytest.mark.usefixtures("fault_inputs")


def next_up(value: Any) -> Any:
    return torch.nextafter(value, torch.full_like(value, torch.inf))


def next_down(value: Any) -> Any:
    return torch.nextafter(value, torch.full_like(value, -torch.inf))


def of_reciprocal_volume(change: Change) -> FaultInjection:
    """Change V* = 1/V wherever the port computes it; the volume of a cell is above 1 Å³."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        exact = libm.quotient

        def changed(numerator: Any, denominator: Any) -> Any:
            value = exact(numerator, denominator)
            return change(value) if float(denominator) > 1.0 else value

        patch.setattr(crystal, "quotient", changed)

    return inject


def of_rotations(change: Change) -> FaultInjection:
    """Change every component that a rotation of the crystal returns."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        exact = vec3.rotate

        def changed(*arguments: Any) -> Any:
            rotated = exact(*arguments)
            return type(rotated)(*map(change, rotated))

        patch.setattr(crystal, "rotate", changed)

    return inject


@pytest.mark.parametrize("flags", [PEPTIDE, TRICLINIC], ids=["monoclinic", "triclinic"])
@pytest.mark.parametrize(
    "inject",
    [
        of_reciprocal_volume(next_up),
        of_reciprocal_volume(next_down),
        of_rotations(next_up),
    ],
    ids=["V* an ULP up", "V* an ULP down", "rotated axes an ULP up"],
)
def test_a_rounding_inside_the_derivation_is_noise(
    inject: FaultInjection, flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = Fault("rounded", flags, "", "", inject=inject, pixels=PIXELS)
    comparison, finding = examined(port, monkeypatch)
    assert comparison.exit_status == 3
    assert finding.reason == "noise", finding.sentence
    assert finding.stages == ("setup",)
    assert all(pixel.is_noise for pixel in comparison.pixels)


@pytest.mark.parametrize("flags", [PEPTIDE, TRICLINIC], ids=["monoclinic", "triclinic"])
def test_a_wrong_reciprocal_volume_is_signal(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inject = of_reciprocal_volume(lambda value: value * (1.0 + 1e-10))
    port = Fault("wrong", flags, "", "", inject=inject, pixels=PIXELS)
    comparison, finding = examined(port, monkeypatch)
    assert finding.reason == "unexplained", finding.sentence
    first = comparison.pixels[0].first_divergence
    assert first is not None
    assert first.noise_units is not None
    assert first.noise_units > 1000


def test_a_component_of_a_derived_vector_has_the_noise_of_its_largest() -> None:
    reference = ReferenceRunner(parse_flags(TRICLINIC.split()).experiment, PIXELS)
    steps = derived_steps(reference.observations[0])
    (budget, *_) = noise_budgets(reference)
    config = budget.spread["config_snapshot"]
    for name in ("a_star", "b0", "pix0_vector", "odet_vector"):
        vector = np.array(reference.observations[0].derived[name], dtype=np.float64)
        assert steps[name] == DERIVED_ULPS * np.spacing(np.abs(vector).max())
        for axis in "xyz":
            assert config[f"derived.{name}.{axis}"][0] >= steps[name]


def test_an_axis_that_nothing_rounds_has_no_noise_of_its_own() -> None:
    reference = ReferenceRunner(parse_flags(CUBE.split()).experiment, PIXELS)
    steps = derived_steps(reference.observations[0])
    assert not {"beam_vector", "fdet_vector", "sdet_vector", "polar_vector"} & steps.keys()
    assert {"pix0_vector", "a0", "V_cell", "close_distance"} <= steps.keys()
