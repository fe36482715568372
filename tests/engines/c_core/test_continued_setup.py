"""The C core goes on from quantities of the setup that it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.setup import continued_setup, derive
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.experiment.model import Experiment, StructureFactorSource
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.structure_factors import load
from parity_bridge.taps.observation import Quantity
from tests.experiment.strategies import experiments

TABLE = table_struct(load(StructureFactorSource(default_F=1.0)))
FLAGS = "-cell 21 17 23 81 107 96 -default_F 5 -lambda 1 -N 4 -distance 60 -detpixels 64 -pixel 1"
TURNED = f"{FLAGS} -twotheta 10 -detector_rotx 5 -detector_roty 3"


def continued(experiment: Experiment, **quantities: Quantity) -> dict[str, Quantity]:
    return continued_setup(experiment, REFERENCE, quantities, TABLE)


def experiment(flags: str) -> Experiment:
    return parse_flags(flags.split()).experiment


def differing(first: dict[str, Quantity], second: dict[str, Quantity]) -> set[str]:
    """Names of the quantities that differ beyond rounding: of a list, in any column."""
    return {name for name, value in first.items() if _differs(value, second[name])}


def _differs(first: Quantity, second: Quantity) -> bool:
    ours, theirs = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if ours.shape != theirs.shape:
        return True
    largest = np.abs(ours).max(axis=0) if ours.ndim > 1 else np.abs(ours).max()
    return bool((np.abs(ours - theirs) > 1e-9 * largest).any())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(experiment=experiments())
def test_its_own_quantities_change_nothing(experiment: Experiment) -> None:
    """But for those that decide others only in one role: the counts, and what pix0 comes from."""
    try:
        own = continued(experiment)
    except UsageError:
        return
    assert not differing(continued(experiment, **own), own)


@pytest.mark.parametrize(
    ("quantities", "followers"),
    [
        ({"pix0_vector": (0.1, 0.02, 0.03)}, {"Fclose", "Sclose", "close_distance", "distance"}),
        ({"centre_Fbeam": 0.04}, {"pix0_vector", "Fclose", "Fbeam"}),
        ({"twotheta_axis": (0.0, 0.0, 1.0)}, {"sdet_vector", "odet_vector", "pix0_vector"}),
        ({"fpixels": 66}, {"detsize_f", "pix0_vector"}),
        ({"V_cell": 9000.0}, {"a_star", "b_star", "c_star"}),
        ({"a_star": (0.01, 0.05, 0.02)}, {"b0", "c0"}),
        ({"lambda0": 1.1e-10}, {"source_list"}),
        ({"phisteps": 3}, {"steps"}),
        ({"fluence": 1.0}, {"I_bg"}),
    ],
)
def test_what_follows_from_a_quantity_is_derived_again(
    quantities: dict[str, Quantity], followers: set[str]
) -> None:
    raw = experiment(f"{TURNED} -water 2")
    after, before = continued(raw, **quantities), continued(raw)
    changed = differing(before, after)
    assert followers <= changed
    assert not changed & ({"a0"} if "fluence" in quantities else {"fluence"})
    for name, value in quantities.items():
        if name in after:
            assert np.allclose(after[name], value, rtol=1e-12) or name == "a_star"


def test_a_given_axis_turns_the_detector_as_a_given_flag_would() -> None:
    """The opposite 2θ axis and the opposite 2θ are the same."""
    given_axis = continued(experiment(TURNED), twotheta_axis=(0.0, 0.0, 1.0))
    flag = continued(experiment(TURNED.replace("-twotheta 10", "-twotheta -10")))
    assert differing(given_axis, flag) == {"twotheta_axis"}


def test_other_sources_and_domains_are_laid_out() -> None:
    sources = [[-1.0, 0.0, 0.0, 0.5, 1e-10], [-1.0, 0.0, 0.0, 0.5, 2e-10]]
    turned = [[1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0]] * 2
    raw = experiment(f"{FLAGS} -mosaic 1 -mosaic_domains 3")
    setup = derive(
        raw, derived={"source_list": sources, "mosaic_umats": turned, "mosaic_domains": 2}
    )
    assert setup.evaluations == 2 * 2 * setup.oversample**2
    a0, a = setup.crystal.a0, setup.orientations[0].a
    assert (a.x, a.y, a.z) == (a0.x, -a0.z, a0.y)
    assert [setup.sources[number].incident.x for number in range(2)] == [1.0, 1.0]


def test_matrices_of_other_domains_are_refused() -> None:
    raw = experiment(f"{FLAGS} -mosaic 1 -mosaic_domains 3")
    with pytest.raises(EngineError, match="refused"):
        continued(raw, mosaic_umats=[[1.0] * 9] * 2)


@pytest.mark.parametrize(
    "quantities", [{"phisteps": 0}, {"pixel_size": float("nan")}, {"lambda0": -1.0}]
)
def test_quantities_that_are_no_setup_are_refused(quantities: dict[str, Quantity]) -> None:
    with pytest.raises(UsageError):
        continued(experiment(FLAGS), **quantities)
