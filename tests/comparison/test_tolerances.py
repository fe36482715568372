"""The tolerance table holds over the golden cases, and would notice a port that got worse."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.run import observe
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID, TAPS_BY_NAME
from tests.engines.golden_cases import CASE_NAMES, GoldenCase, load_case

#: A float32 fractional index may be off by this much of what is allowed, at most and at least.
ROOM = (0.05, 0.5)


@pytest.fixture(params=CASE_NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def observed(case: GoldenCase, choice: EngineChoice) -> list[PixelTaps]:
    run = observe(choice, parse_flags(case.flags), [Target(pixel) for pixel in case.pixels])
    name = run.engine.implementation
    return [
        PixelTaps.from_observation(each, name, TAPS_BY_NAME.values()) for each in run.observations
    ]


def comparison(case: GoldenCase, dtype: str) -> Comparison:
    reference = observed(case, EngineChoice("c"))
    return compare_runs(
        reference, observed(case, EngineChoice("torch", dtype)), tolerances_for(dtype)
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_golden_case_is_at_parity_on_a_gpu(case: GoldenCase, dtype: str) -> None:
    compared = compare_runs(
        observed(case, EngineChoice("c")),
        observed(case, EngineChoice("torch", dtype, "cuda")),
        tolerances_for(dtype, "cuda"),
    )
    assert compared.verdict == "parity"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_golden_case_is_at_parity(case: GoldenCase, dtype: str) -> None:
    compared = comparison(case, dtype)
    assert [pixel.first_divergence for pixel in compared.pixels if pixel.differing] == []
    assert all(set(pixel.taps) == set(TAPS_BY_ID) for pixel in compared.pixels)
    assert compared.verdict == "parity"


def test_the_float32_tolerance_is_neither_tight_nor_idle(tmp_path: Path) -> None:
    """The largest error of an interpolated F of all golden cases."""
    case = load_case("xtal_size_auto_oversample", tmp_path)
    ours = observed(case, EngineChoice("c"))
    theirs = observed(case, EngineChoice("torch", "float32"))
    largest = max(
        abs(b - a) / abs(a)
        for reference, other in zip(ours, theirs, strict=True)
        for a, b in zip(
            *(side.taps[TAP_ID].columns["F_cell"] for side in (reference, other)), strict=True
        )
        if a
    )
    allowed = tolerances_for("float32").of(TAP_ID, "F_cell")
    assert allowed is not None
    assert ROOM[0] < largest / allowed.rtol < ROOM[1]
