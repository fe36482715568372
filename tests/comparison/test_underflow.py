"""What float32 cannot hold is no difference of a port that computes in it; float64 has no floor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import Tolerances, tolerances_for
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.explain.faults import CUBE

SINGLE = tolerances_for("float32", "cpu")
PIXEL = (10, 50)
#: Whose running sum is 1e-50 and less between the peaks.
GAUSSIAN = f"{CUBE} -gauss_xtal -oversample 1"
BETWEEN_PEAKS = ((10, 50), (32, 20), (50, 12))


def with_lattice_factor(pixel: PixelTaps, value: float) -> PixelTaps:
    """The same pixel with another F_latt at its first evaluation."""
    figures = pixel.taps["lattice"]
    column = figures.columns["F_latt"].copy()
    column[0] = value
    changed = TapFields(figures.pixel, {**figures.columns, "F_latt": column}, figures.places)
    return replace(pixel, taps={**pixel.taps, "lattice": changed})


def compared(first: float, second: float, tolerances: Tolerances) -> Comparison:
    """Compare a pixel that has F_latt ``first`` with the same that has ``second``."""
    (pixel,) = ReferenceRunner(parse_flags(CUBE.split()).experiment, (PIXEL,)).pixel_taps
    ours, theirs = (with_lattice_factor(pixel, value) for value in (first, second))
    return compare_runs([ours], [theirs], tolerances)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (2e-51, 0.0, "parity"),
        (0.0, 2e-51, "parity"),
        (1e-24, 0.0, "parity"),
        (1e-20, 0.0, "values differ"),
        (1e-3, 1.001e-3, "values differ"),
    ],
)
def test_float32_has_a_floor_below_which_all_is_0(
    first: float, second: float, verdict: str
) -> None:
    assert compared(first, second, SINGLE).verdict == verdict


def test_float64_has_none() -> None:
    assert compared(2e-51, 0.0, tolerances_for()).verdict == "values differ"


def test_the_port_in_float32_agrees_where_its_sum_underflows() -> None:
    experiment = parse_flags(GAUSSIAN.split()).experiment
    reference = ReferenceRunner(experiment, BETWEEN_PEAKS).pixel_taps
    observations = TorchPort(dtype="float32").observe(experiment, BETWEEN_PEAKS)
    port = [
        PixelTaps.from_observation(one, TorchPort.implementation, TAPS_BY_ID.values())
        for one in observations
    ]
    sums = [(one.totals["I"], two.totals["I"]) for one, two in zip(
        ReferenceRunner(experiment, BETWEEN_PEAKS).observations, observations, strict=True
    )]  # fmt: skip
    assert any(0.0 < ours < 1e-45 and theirs == 0.0 for ours, theirs in sums)
    assert compare_runs(reference, port, SINGLE).verdict == "parity"


def test_no_floor_is_below_what_float32_can_hold() -> None:
    floors = [tolerance.atol for name, tolerance in SINGLE.fields.items() if name != "*"]
    assert min(floors) == 1.2e-38
