"""Two quantities derived wrongly at once, all else from them: both are found, and no other."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.setup_figures import SetupAgreement, derived_quantities_of
from parity_bridge.explain.setup_graph import CENTRE, SETUP_STEPS
from parity_bridge.explain.setup_roots import SetupRootSearch
from tests.explain.test_setup_roots import FLAGS

#: What pix0 is computed from, by the pivot that a convention has.
CENTRES = {
    "-mosflm": ("Fbeam", "Sbeam", "distance"),
    "-xds": ("Fclose", "Sclose", "close_distance"),
}
WRONG = (
    "pixel_size", "fpixels", "detsize_s", "beam_vector", "polar_vector", "twotheta_axis",
    "fdet_vector", "sdet_vector", "odet_vector", "pix0_vector", "lambda0", "fluence", "I_bg",
    "V_cell", "a_star", "b_star", "c_star", "a0", "b0", "c0", "Na", "mosaic_spread",
    "mosaic_domains", "phi0", "osc", "phistep", "phisteps", "detector_thick", "detector_thickstep",
    "detector_thicksteps", "detector_mu", "oversample", "subpixel_size",
)  # fmt: skip
#: Of different steps, which ``make test`` tries; ``make corpus`` tries all.
SAMPLE = ("fpixels", "twotheta_axis", "centre_Fbeam", "V_cell", "phisteps")


@cache
def reference(convention: str) -> ReferenceRunner:
    return ReferenceRunner(parse_flags(f"{convention} {FLAGS}".split()).experiment, ((10, 50),))


def wrong(quantity: Any, number: int) -> Any:
    """A quantity with a mistake of its own: turned, one more, or by another factor than others'."""
    if isinstance(quantity, int):
        return quantity + 1
    if np.ndim(quantity) == 0:
        return quantity * (1.1 + 0.01 * number)
    return tuple(_turned(np.array(quantity), 0.05 + 0.01 * number).tolist())


def _turned(v: Any, angle: float) -> Any:
    """A vector turned about an axis that is none of the setup's."""
    n = np.array([0.3, -0.5, 0.8]) / np.sqrt(0.98)
    along = n * np.dot(n, v) * (1.0 - np.cos(angle))
    return along + v * np.cos(angle) + np.cross(n, v) * np.sin(angle)


def step_of(name: str) -> int:
    field = name.removeprefix(CENTRE)
    return next(at for at, step in enumerate(SETUP_STEPS) if field in step.fields)


def roots_of(convention: str, names: tuple[str, str]) -> set[str]:
    runner = reference(convention)
    ours = derived_quantities_of(runner.pixel_taps[0])
    given = {name: wrong(ours[name.removeprefix(CENTRE)], at) for at, name in enumerate(names)}
    theirs = runner.continued_setup(given)
    search = SetupRootSearch(runner, ours, theirs, SetupAgreement(ours, tolerances_for()))
    return {root.field for root in search.roots()}


@pytest.mark.parametrize("names", list(combinations(SAMPLE, 2)), ids="-".join)
def test_two_roots_of_different_steps(names: tuple[str, str]) -> None:
    assert roots_of("-mosflm", names) == {name.removeprefix(CENTRE) for name in names}


@pytest.mark.corpus
@pytest.mark.parametrize("convention", CENTRES)
def test_all_pairs_of_roots_of_different_steps(convention: str) -> None:
    every = (*WRONG, *(f"{CENTRE}{name}" for name in CENTRES[convention]))
    pairs = [pair for pair in combinations(every, 2) if step_of(pair[0]) != step_of(pair[1])]
    missed = {
        names: found
        for names in pairs
        if (found := roots_of(convention, names)) != {name.removeprefix(CENTRE) for name in names}
    }
    assert len(pairs) > 500
    assert not missed
