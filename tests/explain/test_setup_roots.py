"""Roots of made-up setups: what differs alone is a root, what follows from it is none."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.setup_figures import (
    Quantities,
    SetupAgreement,
    derived_quantities_of,
    with_derived,
)
from parity_bridge.explain.setup_graph import SETUP_STEPS
from parity_bridge.explain.setup_roots import SetupRoot, SetupRootSearch
from parity_bridge.explain.setup_stage import compare_setups
from parity_bridge.taps.derived import DERIVED, derivation_order

FLAGS = (
    "-cell 21 17 23 81 107 96 -default_F 5 -lambda 1 -N 4 -distance 60 -detpixels 64 -pixel 1 "
    "-oversample 2 -twotheta 10 -detector_rotx 5 -detector_roty 3 -mosaic 0.5 -mosaic_domains 3 "
    "-phi 5 -osc 3 -phisteps 3 -dispersion 1 -dispsteps 3 -water 2 -detector_abs 200 "
    "-detector_thick 300 -detector_thicksteps 2"
)


@cache
def reference() -> ReferenceRunner:
    return ReferenceRunner(parse_flags(FLAGS.split()).experiment, ((10, 50),))


def ours() -> Quantities:
    return derived_quantities_of(reference().pixel_taps[0])


def roots(**changed: Any) -> tuple[SetupRoot, ...]:
    """The roots of a side that has the reference's quantities but for some; None: not recorded."""
    own = ours()
    theirs = {name: value for name, value in {**own, **changed}.items() if value is not None}
    agreement = SetupAgreement(own, tolerances_for())
    return SetupRootSearch(reference(), own, theirs, agreement).roots()


def moved(quantity: Any) -> Any:
    if isinstance(quantity, int):
        return quantity + 1
    return (np.asarray(quantity) * 1.5).tolist()


def test_every_field_stands_in_one_step_after_what_it_is_computed_from() -> None:
    fields = [name for step in SETUP_STEPS for name in step.fields]
    assert sorted(fields) == sorted(DERIVED)
    for number, step in enumerate(SETUP_STEPS):
        earlier = {name for before in SETUP_STEPS[:number] for name in before.fields}
        assert set(step.computed_from) <= earlier


@pytest.mark.parametrize("name", DERIVED)
def test_a_field_that_differs_alone_is_the_root(name: str) -> None:
    assert [root.field for root in roots(**{name: moved(ours()[name])})] == [name]


def test_rounding_has_no_root() -> None:
    rounded = {
        name: value if isinstance(value, int) else np.nextafter(value, np.inf).tolist()
        for name, value in ours().items()
        # A unit vector along an axis is exact, and so is a component that is 0.
        if isinstance(value, int) or np.all(np.asarray(value) != 0.0)
    }
    assert len(rounded) > 20
    assert not roots(**rounded)


def test_two_roots_have_followers_of_their_own() -> None:
    made = reference().continued_setup({"twotheta_axis": (0.0, 0.0, 1.0), "V_cell": 9000.0})
    first, second = roots(**made)
    assert (first.field, second.field) == ("twotheta_axis", "V_cell")
    assert {"sdet_vector", "odet_vector", "pix0_vector"} <= set(first.followed_by)
    assert {"a_star", "b_star", "c_star"} <= set(second.followed_by)
    assert not set(first.followed_by) & set(second.followed_by)


def test_a_number_of_sources_without_their_list_is_a_root() -> None:
    own = ours()
    steps = own["steps"]
    assert isinstance(steps, int)
    (root,) = roots(sources=5, source_list=None, steps=steps // 3 * 5)
    assert (root.field, root.followed_by) == ("sources", ("steps",))


def test_figures_that_are_no_numbers_are_roots() -> None:
    nan = float("nan")
    found = roots(pix0_vector=(nan, nan, nan), Fclose=nan)
    assert [root.field for root in found] == ["pix0_vector"]


def test_a_side_that_records_little_is_compared_on_that() -> None:
    absent = dict.fromkeys(set(DERIVED) - {"lambda0", "pix0_vector"})
    assert [root.field for root in roots(**absent)] == []
    (root,) = roots(**{**absent, "lambda0": 2e-10})
    assert root.field == "lambda0"


def test_quantities_become_figures_and_come_back() -> None:
    side = reference().pixel_taps[0]
    quantities = {**ours(), "source_list": [[1.0, 0.0, 0.0, 1.0, 1e-10]], "fpixels": 3}
    assert derived_quantities_of(with_derived(side, quantities)) == quantities
    assert with_derived(side, ours()).taps["config_snapshot"].pixel == (
        side.taps["config_snapshot"].pixel
    )


def test_a_state_that_does_not_follow_from_the_setup_is_described_beside_its_roots() -> None:
    side = with_derived(reference().pixel_taps[0], {"lambda0": 2e-10})
    side.taps["config_snapshot"].pixel["state.swept"] = None  # type: ignore[index]
    stage = compare_setups(reference(), [side], tolerances_for())
    assert [item.field for item in stage.differences] == [
        "config_snapshot.derived.lambda0",
        "config_snapshot.state.swept",
    ]


def test_figures_are_in_the_order_in_which_they_are_derived() -> None:
    figures = ["derived.fdet_vector.x", "derived.twotheta_axis.z", "state.swept"]
    assert sorted(figures, key=derivation_order) == list(reversed(figures))
