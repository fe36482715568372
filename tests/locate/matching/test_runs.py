"""Numbers that a port computes pixel by pixel are found together; alone they tell too little."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.catalogue import Catalogue
from parity_bridge.locate.matching.match import Agreement, Match, match_all
from parity_bridge.locate.matching.pooling import pool
from parity_bridge.locate.matching.stacking import match_stacks
from parity_bridge.locate.verdict.figure_graph import FigureGraph
from parity_bridge.locate.verdict.states import Finding, State
from tests.locate.located_experiment import telling_experiment

DOUBLE = 2.0**-53
PLACES = tuple((slow, fast) for slow in range(6) for fast in range(0, 8, 2))
ONE_EVALUATION = (
    "-oversample 1 -phisteps 1 -osc 0 -mosaic_domains 1 -mosaic_spread 0 -detector_thicksteps 1 "
    "-detector_thick 0 -dispsteps 1 -dispersion 0"
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    experiment = telling_experiment(tmp_path_factory.mktemp("plain"), ONE_EVALUATION)
    return Catalogue(figures_of(experiment, PLACES))


def pixel_by_pixel(catalogue: Catalogue, name: str) -> list[NDArray[np.float64]]:
    values = next(q for q in catalogue.quantities if q.name == name and q.rank is Rank.STEP).values
    return [np.array(value) for value in values.reshape(len(PLACES))]


def names(matches: list[Match]) -> set[str]:
    return {m.quantity.name for m in matches if m.is_sure and m.agreement is Agreement.FULL}


def test_numbers_of_one_place_are_sure_together(catalogue: Catalogue) -> None:
    values = pixel_by_pixel(catalogue, "lattice.F_latt")
    alone = match_all(catalogue, values, [DOUBLE] * len(values))
    assert not any("lattice.F_latt" in names(own) for own in alone)
    together = pool(catalogue, values, alone, [range(len(values))])
    entry = next(e for e in catalogue.entries if e.quantity.name == "lattice.F_latt")
    # One is so near 0 that it is known to few digits.
    assert len(entry.telling_pixels) == len(values) - 1
    sure = {at for at, own in enumerate(together) if "lattice.F_latt" in names(own)}
    assert sure == entry.telling_pixels
    # Seven are too few.
    few = pool(catalogue, values, alone, [range(7)])
    assert [names(own) for own in few] == [names(own) for own in alone]


def test_a_figure_is_found_where_every_pixel_has_it(catalogue: Catalogue) -> None:
    values = pixel_by_pixel(catalogue, "lattice.F_latt")
    alone = match_all(catalogue, values, [DOUBLE] * len(values))
    number = next(q.number for q in catalogue.quantities if q.name == "lattice.F_latt")
    graph = FigureGraph(catalogue)
    for count, is_found in ((len(values), True), (len(values) - 4, False)):
        together = pool(catalogue, values, alone, [range(count)])
        findings = [Finding(State.RIGHT, tuple(own)) for own in together[:count]]
        assert (number in graph.found(findings)) is is_found


def test_wrong_numbers_of_one_place_are_not_sure(catalogue: Catalogue) -> None:
    values = [value * (1.0 + 1e-6) for value in pixel_by_pixel(catalogue, "lattice.F_latt")]
    alone = match_all(catalogue, values, [DOUBLE] * len(values))
    assert not any(map(names, pool(catalogue, values, alone, [range(len(values))])))


def test_one_number_again_and_again_is_no_evidence(catalogue: Catalogue) -> None:
    """The number of one pixel for all: many values near it, each the same element."""
    first = pixel_by_pixel(catalogue, "lattice.F_latt")[0]
    values = [np.array([first, first, first])[: 1 + n % 3] for n in range(12)]
    alone = match_all(catalogue, values, [DOUBLE] * len(values))
    together = pool(catalogue, values, alone, [range(len(values))])
    assert [names(own) for own in together] == [names(own) for own in alone]


def test_looked_up_numbers_are_found_in_the_order_of_the_pixels(catalogue: Catalogue) -> None:
    name = "f_cell_stats.F_cell"
    values = pixel_by_pixel(catalogue, name)
    precision = [DOUBLE] * len(values)
    alone = match_all(catalogue, values, precision)
    assert not any(name in names(own) for own in alone)
    order = range(len(values))
    assert all(
        name in names(own) for own in match_stacks(catalogue, values, precision, alone, [order])
    )
    turned = match_stacks(catalogue, values, precision, alone, [order[::-1]])
    assert not any(name in names(own) for own in turned)
