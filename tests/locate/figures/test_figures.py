"""The figures follow the contract: computed in its order they have the reference's own bits."""

from __future__ import annotations

import numpy as np
import pytest

from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.model import Experiment
from parity_bridge.locate.figures.axes import AXES, lay
from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.figures.quantity import Quantity, Rank
from tests.locate.located_experiment import PIXELS, telling_experiment

DOUBLE = 2.0**-53


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    return telling_experiment(tmp_path_factory.mktemp("telling"))


def by_name(quantities: tuple[Quantity, ...]) -> dict[str, Quantity]:
    return {quantity.name: quantity for quantity in quantities if quantity.rank is Rank.STEP}


#: Steps that choose among values, or that carry on from a value before them, have no formula.
CHOSEN = {
    "omega_subpixel.omega",
    "omega_subpixel.capture",
    "intensity_pre_norm.polar",
    "intensity_pre_norm.sum",
    # The first domain is replaced by the identity.
    "config_snapshot.derived.mosaic_umats",
    # Its rows become components.
    "orientation.mosaic",
}


def test_the_formulas_give_the_values_of_the_reference(experiment: Experiment) -> None:
    quantities = figures_of(experiment, PIXELS)
    steps = [q for q in quantities if q.rank is Rank.STEP and q.name not in CHOSEN]
    deviations = {}
    for step in steps:
        formula = quantities[step.parents[0]]
        distance = np.abs(step.values - formula.values)
        limit = DOUBLE * np.maximum(formula.noise, np.abs(formula.values))
        deviations[step.name] = bool(np.nan_to_num(distance > limit).any())
    assert [name for name, differs in deviations.items() if differs] == []
    assert len(steps) > 80


def test_every_figure_is_made_from_earlier_ones(experiment: Experiment) -> None:
    quantities = figures_of(experiment, PIXELS)
    for number, quantity in enumerate(quantities):
        assert quantity.number == number
        assert all(parent < number for parent in quantity.parents)
        assert quantity.values.ndim == quantity.noise.ndim == len(AXES)
        assert quantity.values.shape == quantity.noise.shape


@pytest.mark.parametrize(
    ("name", "axes", "dimension"),
    [
        ("config_snapshot.derived.cell", ("cell", "xyz"), "length"),
        ("config_snapshot.derived.star", ("cell", "xyz"), "reciprocal length"),
        ("omega_subpixel.position", ("pixel", "layer", "slow", "fast", "xyz"), "length"),
        ("intensity_pre_norm.polar", ("pixel", "layer", "slow", "fast", "source"), "none"),
        ("psi", ("pixel", "layer", "slow", "fast", "source"), "angle"),
        ("orientation.mosaic", ("phi", "domain", "cell", "xyz"), "length"),
    ],
)
def test_axes_and_unit_of_a_figure(
    experiment: Experiment, name: str, axes: tuple[str, ...], dimension: str
) -> None:
    quantity = by_name(figures_of(experiment, PIXELS))[name]
    assert quantity.axes == axes
    assert quantity.dimension == dimension


def test_the_tolerance_has_room_for_the_noise_budget(experiment: Experiment) -> None:
    """What one ULP of each input can do, measured, lies within the bound that is propagated."""
    budget = noise_budgets(ReferenceRunner(experiment, PIXELS[:1]))[0]
    quantities = by_name(figures_of(experiment, PIXELS[:1]))
    for tap, field in (
        ("omega_subpixel", "airpath"),
        ("lattice", "F_latt"),
        ("intensity_post_scale", "normalized"),
        ("final_output", "intensity"),
    ):
        spread = np.array(budget.spread[tap][field])
        tolerance = np.ravel(quantities[f"{tap}.{field}"].tolerance(DOUBLE))
        assert spread.shape == tolerance.shape
        assert (spread <= tolerance).all()


def test_axes_have_one_order() -> None:
    values = np.arange(6.0).reshape(2, 3)
    laid = lay(values, "xyz", "pixel")
    assert laid.shape == tuple({"pixel": 3, "xyz": 2}.get(axis, 1) for axis in AXES)
    assert np.array_equal(laid.reshape(3, 2), values.T)
