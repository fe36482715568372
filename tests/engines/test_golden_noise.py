"""Where the C library is another, golden figures hold to the noise budget, and no further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.comparison.causes import LIBM_CAUSE
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.taps.observation import Observation
from tests.engines import golden_cases
from tests.engines.golden_cases import GoldenCase, check_within_noise, load_case

Change = Callable[[float], float]
Changed = Callable[[Observation, Change], Observation]


def one_ulp(value: float) -> float:
    return float(np.nextafter(value, np.inf))


def one_in_a_million(value: float) -> float:
    return value * (1 + 1e-6)


def in_a_row(name: str, observation: Observation, change: Change) -> Observation:
    """Change a figure of the first evaluation that has it, the first component of a vector."""
    rows = observation.evaluations.copy()
    column = rows[name].reshape(len(rows), -1)
    place = int(np.flatnonzero(column[:, 0])[0])
    column[place, 0] = change(float(column[place, 0]))
    rows[name] = column.reshape(rows[name].shape)
    return replace(observation, evaluations=rows)


def in_the_totals(name: str, observation: Observation, change: Change) -> Observation:
    totals = {**observation.totals, name: change(float(observation.totals[name]))}
    return replace(observation, totals=totals)


def in_derived(name: str, observation: Observation, change: Change) -> Observation:
    value = observation.derived[name]
    assert isinstance(value, float)
    return replace(observation, derived={**observation.derived, name: change(value)})


CHANGES: dict[str, Changed] = {
    **{name: partial(in_a_row, name) for name in ("position", "omega", "hkl", "F_latt", "I")},
    **{name: partial(in_the_totals, name) for name in ("polar", "intensity")},
    "distance": partial(in_derived, "distance"),
}


@pytest.fixture
def case(tmp_path: Path) -> GoldenCase:
    return load_case("mosaic_phi", tmp_path)


@pytest.fixture
def _another_libm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are those of a C library that this one is not."""
    monkeypatch.setattr(golden_cases, "FINGERPRINT", "0" * 16)


def observed(case: GoldenCase, changed: Changed, change: Change) -> Sequence[Observation]:
    first, *others = CCore().observe(case.experiment, case.pixels, in_frame=True)
    return [changed(first, change), *others]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("_another_libm")
def test_what_a_last_place_does_is_accepted(case: GoldenCase, name: str) -> None:
    check_within_noise(case, observed(case, CHANGES[name], one_ulp))


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("_another_libm")
def test_a_figure_beyond_its_noise_budget_fails(case: GoldenCase, name: str) -> None:
    with pytest.raises(AssertionError, match="Difference"):
        check_within_noise(case, observed(case, CHANGES[name], one_in_a_million))


def test_a_last_place_fails_where_the_c_library_is_the_same(
    case: GoldenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_cases, "FINGERPRINT", libm_fingerprint())
    with pytest.raises(AssertionError, match=LIBM_CAUSE):
        check_within_noise(case, observed(case, CHANGES["F_latt"], one_ulp))
