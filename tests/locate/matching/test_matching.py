"""Figures are found by value alone: in any layout and unit, never by chance or nearly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge.experiment.model import Experiment
from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.catalogue import Catalogue
from parity_bridge.locate.matching.match import Agreement, Match, match_all
from tests.locate.located_experiment import PIXELS, telling_experiment

DOUBLE, SINGLE = 2.0**-53, 2.0**-24


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    return telling_experiment(tmp_path_factory.mktemp("telling"))


@pytest.fixture(scope="module")
def catalogue(experiment: Experiment) -> Catalogue:
    return Catalogue(figures_of(experiment, PIXELS))


def figure(catalogue: Catalogue, name: str) -> NDArray[np.float64]:
    quantity = next(q for q in catalogue.quantities if q.name == name and q.rank is not Rank.PART)
    values: NDArray[np.float64] = quantity.values.squeeze()
    return values


def found(catalogue: Catalogue, value: NDArray[np.float64], roundoff: float = DOUBLE) -> Match:
    sure = [match for match in match_all(catalogue, [value], [roundoff])[0] if match.is_sure]
    assert sure
    return sure[0]


POSITION = "omega_subpixel.position"  # (pixel, layer, slow, fast, xyz)


@pytest.mark.parametrize(
    "laid_out",
    [
        lambda a: a,
        lambda a: a[2, 1, 0, 1, :],
        lambda a: a[:, 0, 1, 1, 2],
        lambda a: a.transpose(4, 0, 3, 2, 1),
        lambda a: a.reshape(-1, 3),
        lambda a: np.broadcast_to(a[..., None], (*a.shape, 4)),
        lambda a: a[1::2, :, 0],
    ],
    ids=["whole", "one", "component", "axes turned", "flat", "broadcast", "part"],
)
def test_a_figure_is_found_in_any_layout(catalogue: Catalogue, laid_out: object) -> None:
    match = found(catalogue, laid_out(figure(catalogue, POSITION)))  # type: ignore[operator]
    assert (match.quantity.name, match.agreement) == (POSITION, Agreement.FULL)


@pytest.mark.parametrize(
    ("name", "factor", "scale"),
    [
        (POSITION, 1e3, "mm"),
        (POSITION, 1e10, "Å"),
        ("hkl_subpixel.scattering_vector", 1e-10, "1/Å"),
        ("hkl_subpixel.scattering_vector", 2e-10 * np.pi, "2π/Å"),
        ("psi", 180.0 / np.pi, "degrees"),
        ("omega_subpixel.omega", 1.0, "1"),
    ],
)
def test_a_figure_is_found_in_its_units(
    catalogue: Catalogue, name: str, factor: float, scale: str
) -> None:
    match = found(catalogue, figure(catalogue, name) * factor)
    assert match.quantity.name.startswith(name.partition(".")[0][:3])
    assert (match.scale.name, match.agreement) == (scale, Agreement.FULL)


@pytest.mark.parametrize("factor", [1000.0, 2.0, 0.5, 1.0 + 1e-9])
def test_a_number_without_unit_has_no_scale(catalogue: Catalogue, factor: float) -> None:
    value = figure(catalogue, "lattice.F_latt") * factor
    sure = [m for m in match_all(catalogue, [value], [DOUBLE])[0] if m.is_sure]
    assert not [m for m in sure if m.agreement is Agreement.FULL]


def test_a_turned_sign_is_no_agreement(catalogue: Catalogue) -> None:
    match = found(catalogue, -figure(catalogue, "intensity_pre_norm.polar"))
    assert match.agreement is Agreement.OPPOSITE


def test_a_figure_that_is_wrong_in_places_is_no_agreement(catalogue: Catalogue) -> None:
    value = figure(catalogue, "lattice.F_latt").copy()
    value[0, 0] *= 1.01
    match = found(catalogue, value)
    assert (match.quantity.name, match.agreement) == ("lattice.F_latt", Agreement.NEARLY)


def test_miller_indices_are_found_by_their_places(catalogue: Catalogue) -> None:
    hkl0 = figure(catalogue, "hkl_subpixel.hkl_rounded")
    value = hkl0[..., 1].reshape(len(PIXELS), -1)[:, 5]
    assert found(catalogue, value).quantity.name in {
        "hkl_subpixel.hkl_rounded",
        "ceil(hkl - 0.5)",
    }
    shuffled = np.roll(value, 1)
    full = [m for m in match_all(catalogue, [shuffled], [DOUBLE])[0] if m.is_sure]
    assert not [m for m in full if m.agreement is Agreement.FULL]


def test_values_in_another_order_along_an_axis_of_a_table_are_no_agreement(
    catalogue: Catalogue,
) -> None:
    F_cell = figure(catalogue, "f_cell_stats.F_cell").reshape(len(PIXELS), -1)[:, 3]
    assert found(catalogue, F_cell).agreement is Agreement.FULL
    assert not [m for m in match_all(catalogue, [F_cell[::-1]], [DOUBLE])[0] if m.is_sure]


@pytest.mark.parametrize(("digits", "is_found"), [(7, True), (4, False)])
def test_single_precision_is_searched_with_its_own_roundoff(
    catalogue: Catalogue, digits: int, is_found: bool
) -> None:
    omega = figure(catalogue, "omega_subpixel.omega")
    value = omega.astype(np.float32).astype(np.float64) * (1 + 10.0**-digits * (digits < 7))
    matches = match_all(catalogue, [value], [SINGLE])[0]
    assert bool([m for m in matches if m.is_sure]) == is_found


def test_nothing_of_another_experiment_is_found(catalogue: Catalogue, tmp_path: Path) -> None:
    """Round numbers that both experiments were given tell nothing, and nothing else is shared."""
    other = telling_experiment(tmp_path, "-misset 5 71 29 -lambda 1.37 -distance 83 -pixel 11")
    own = {number.tobytes() for entry in catalogue.entries for number in entry.values}
    values = [
        q.values
        for q in figures_of(other, PIXELS)
        if q.rank is Rank.STEP and not {v.tobytes() for v in np.unique(q.values)} & own
    ]
    assert len(values) > 60
    matches = match_all(catalogue, values, [DOUBLE] * len(values))
    assert [m.quantity.name for found_in in matches for m in found_in if m.is_sure] == []
