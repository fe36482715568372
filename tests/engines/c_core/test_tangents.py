"""Derivatives of the C core: the same bits of values, and the slopes of the exact values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.arithmetic import library
from parity_bridge.engines.c_core.arithmetic.tangents import TangentObservation
from parity_bridge.errors import BridgeError, EngineError, UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.parameters import differentiable
from parity_bridge.taps.observation import Observation
from tests.engines.golden_cases import CASE_NAMES, GoldenCase, load_case
from tests.experiment.strategies import experiments

for module in ("_core_dual", "_core_truth"):
    pytest.importorskip(
        f"parity_bridge.{module}",
        reason=f"{module} is not built under sanitizers, nor without a C++ compiler",
    )

#: Everything that can be differentiated, at angles and counts where nothing is 0.
RICH = (
    "-cell 50 60 70 80 95 105 -misset 10 20 30 -Na 5 -Nb 6 -Nc 7 -default_F 100 -lambda 1.2 "
    "-polar 0.6 -distance 80 -detpixels_f 8 -detpixels_s 6 -pixel 2.5 -oversample 1 -Xbeam 8.1 "
    "-Ybeam 9.3 -detector_rotx 3 -detector_roty 2 -detector_rotz 1 -twotheta 5 -detector_abs 250 "
    "-detector_thick 400 -detector_thicksteps 2 -phi 3 -osc 2 -phisteps 2 -mosaic 0.3 "
    "-mosaic_domains 2 -flux 1e12 -exposure 0.5 -beamsize 0.1 -dispersion 1 -dispsteps 2 "
    "-hdivrange 2 -hdivsteps 2 -vdivrange 1 -vdivsteps 2 -square_div -water 20"
)
PIXELS = [(1, 6)]


def test_values_have_the_core_s_bits_in_every_golden_case(golden_case: GoldenCase) -> None:
    experiment, pixels = golden_case.experiment, golden_case.pixels
    _assert_same_bits(experiment, pixels)


@settings(max_examples=25, deadline=None)
@given(experiment=experiments())
def test_values_have_the_core_s_bits_in_random_experiments(experiment: Experiment) -> None:
    try:
        CCore().observe(experiment, [(0, 0)])
    except BridgeError:
        reject()
    _assert_same_bits(experiment, [(0, 0)])


def test_derivatives_are_the_slopes_of_the_exact_values() -> None:
    experiment = parse_flags(RICH.split()).experiment
    # Rounded to single precision, the spread of the domains moves in steps.
    names = [item.name for item in differentiable(experiment) if item.name != "mosaic_spread"]
    assert len(names) == 35
    exact = CCore().truth(experiment, PIXELS, names)
    doubles = CCore().tangents(experiment, PIXELS, names)
    for name in names:
        slopes = _slopes(experiment, name)
        for place, slope in enumerate(slopes):
            derivative = _both(exact[place], name)
            assert derivative == pytest.approx(slope, rel=1e-12, abs=0), name
            assert _both(doubles[place], name) == pytest.approx(derivative, rel=1e-9, abs=0), name


def test_a_rotation_by_exactly_0_has_a_derivative() -> None:
    flags = RICH.replace("-misset 10 20 30", "-misset 0 0 0").replace("-detector_rotx 3", "")
    flags = flags.replace("-phi 3 -osc 2 -phisteps 2", "-phi 0").replace("-polar 0.6", "-polar 0")
    experiment = parse_flags(flags.split()).experiment
    _assert_same_bits(experiment, PIXELS)
    for name in ("misset_x", "misset_y", "misset_z", "rotation_x", "phi", "polarization"):
        derivatives = CCore().tangents(experiment, PIXELS, [name])
        for item, slope in zip(derivatives, _slopes(experiment, name), strict=True):
            assert _both(item, name) == pytest.approx(slope, rel=1e-9, abs=0), name


def test_the_derivative_by_an_entry_of_the_table() -> None:
    experiment, pixel = parse_flags(example_flags("gnnqqny")).experiment, (10, 50)
    lookups = CCore().observe(experiment, [pixel])[0].evaluations["hkl0"]
    h, k, l = lookups[0].tolist()
    name = f"F({h},{k},{l})"
    item = CCore().tangents(experiment, [pixel], [name])[0]
    asks = (lookups == lookups[0]).all(axis=1)
    assert (item.tangents[name].evaluations["F_cell"] == asks).all()
    assert item.tangents[name].totals["intensity"] > 0.0


def test_a_sum_of_squares_is_homogeneous_in_f() -> None:
    experiment = parse_flags(RICH.replace("-water 20", "").split()).experiment
    item = CCore().tangents(experiment, PIXELS, ["default_F"])[0]
    intensity = item.values.totals["intensity"]
    assert item.tangents["default_F"].totals["intensity"] == pytest.approx(
        2 * intensity / 100, rel=1e-13
    )


@pytest.mark.parametrize(
    ("change", "name", "reason"),
    [
        ("", "phi_start", "there is no parameter 'phi_start'"),
        ("-phi 0", "phi", "intensity jumps there"),
        ("-close_distance 79", "distance", "-close_distance takes its place"),
        ("", "fluence", "-flux, -exposure and -beamsize give it"),
        ("", "spindle_x", "give -spindle_axis"),
        ("", "F(1,2,3)", "no table is given"),
        ("-xtalsize 0.01", "Na", "chosen from the size of the sample"),
        ("-misset random -misset_seed 5", "misset_x", "the orientation is a random one"),
    ],
)
def test_what_has_no_derivative_says_why(change: str, name: str, reason: str) -> None:
    experiment = parse_flags([*RICH.split(), *change.split()]).experiment
    with pytest.raises(UsageError, match=reason):
        CCore().tangents(experiment, PIXELS, [name])


def test_a_build_without_derivatives_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "parity_bridge._core_dual", None)
    library.dual_core.cache_clear()
    with pytest.raises(EngineError, match=r"install g\+\+"):
        CCore().tangents(parse_flags(RICH.split()).experiment, PIXELS, ["distance"])


@pytest.fixture(params=CASE_NAMES)
def golden_case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def _assert_same_bits(experiment: Experiment, pixels: list[tuple[int, int]]) -> None:
    names = [item.name for item in differentiable(experiment)]
    plain = CCore().observe(experiment, pixels)
    for ours, dual in zip(plain, CCore().tangents(experiment, pixels, names), strict=True):
        assert list(dual.tangents) == names
        _assert_same(ours, dual.values)
        _assert_zero(dual.rest)


def _assert_same(ours: Observation, theirs: Observation) -> None:
    assert ours.orientations.tobytes() == theirs.orientations.tobytes()
    for name in ours.evaluations.dtype.names or ():
        assert ours.evaluations[name].tobytes() == theirs.evaluations[name].tobytes(), name
    assert _bits(ours.totals) == _bits(theirs.totals)
    assert _bits(ours.derived) == _bits(theirs.derived)
    assert repr(ours.f_cell) == repr(theirs.f_cell)


def _bits(figures: Any) -> dict[str, bytes]:
    return {name: np.array(value).tobytes() for name, value in figures.items()}


def _assert_zero(rest: Observation) -> None:
    assert not np.nan_to_num(rest.evaluations["position"]).any()


def _slopes(experiment: Experiment, name: str) -> list[float]:
    """Central differences of the exact intensities."""
    step = 1.0 if name == "flux" else 2.0**-40
    above, below = (CCore().truth(experiment, PIXELS, moved={name: by}) for by in (step, -step))
    return [
        (
            (high.values.totals["intensity"] - low.values.totals["intensity"])
            + (high.rest.totals["intensity"] - low.rest.totals["intensity"])
        )
        / (2 * step)
        for high, low in zip(above, below, strict=True)
    ]


def _both(item: TangentObservation, name: str) -> float:
    return float(item.tangents[name].totals["intensity"])
