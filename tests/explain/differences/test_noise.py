"""Relations are judged by the noise of the field, where that is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity_bridge.explain.differences.noise import noise_slack, noise_table
from parity_bridge.explain.differences.relations import relation_of
from parity_bridge.explain.differences.values import FieldValues
from parity_bridge.taps.noise_budget import NoiseBudget
from tests.explain.differences.field_arrays import field_of

OURS = np.linspace(1.0, 9.0, 8)
RELATIVE = np.array([1.0, -1.0, 0.5, 0.25, -0.75, 0.3, -0.2, 0.9])


def with_noise(ours: Any, theirs: Any, noise: float) -> FieldValues:
    values = field_of(ours, theirs)
    spread = np.full(values.ours.shape, noise)
    slack = noise_slack(values.ours, values.theirs, spread, by_column=False)
    return replace(values, slack=slack)


def text_of(values: FieldValues) -> str | None:
    relation = relation_of(values)
    return None if relation is None else relation.text


def test_an_ill_conditioned_field_is_described() -> None:
    """Its figures are known to 1e-9 only: so is the factor between the sides."""
    theirs = 2.0 * OURS + 1e-9 * RELATIVE
    assert text_of(field_of(OURS, theirs)) != "twice the reference's"
    assert text_of(with_noise(OURS, theirs, 1e-9)) == "twice the reference's"


def test_a_well_conditioned_field_is_not_described_falsely() -> None:
    """Off by 40 ULP of the largest figure, in a field known to one."""
    theirs = 2.0 * OURS + 40.0 * np.spacing(18.0) * RELATIVE
    assert text_of(field_of(OURS, theirs)) == "twice the reference's"
    assert text_of(with_noise(OURS, theirs, np.spacing(1.0))) != "twice the reference's"


def test_the_noise_grows_with_the_figures() -> None:
    """What is a million times as large has inherited a noise a million times as large."""
    assert text_of(with_noise(OURS, 1e6 * (OURS + 1e-9 * RELATIVE), 1e-9)) == (
        "1e6 times the reference's (a power of ten)"
    )


def test_what_lies_within_the_noise_is_rounding() -> None:
    assert text_of(with_noise(OURS, OURS + 1e-9 * RELATIVE, 1e-9)) == (
        "the reference's but for rounding"
    )


def test_components_of_a_vector_share_its_noise() -> None:
    ours = np.array([[1.0, 0.0, 1e-3]])
    noise = np.array([[1e-9, 0.0, 0.0]])
    shared = noise_slack(ours, ours, noise, by_column=False)
    apart = noise_slack(ours, ours, noise, by_column=True)
    assert (shared >= 1e-9).all()
    assert apart[0, 1] == 0.0


def budget(**figures: tuple[float, ...]) -> NoiseBudget:
    return NoiseBudget(
        implementation="c",
        pixel_coords=(1, 2),
        inputs=(),
        spread={"lattice": figures},
        rounding_sensitive=(),
    )


def test_the_noise_of_rows_stands_beside_them() -> None:
    noise = {(1, 2): budget(F_latt=(0.1, 0.2, 0.3))}
    rows = [((1, 2), np.array([2, 0]))]
    table = noise_table(noise, rows, "lattice", ["F_latt"])
    assert table is not None
    assert table.tolist() == [[0.3], [0.1]]


@pytest.mark.parametrize(
    ("pixel", "keys", "rows"),
    [((9, 9), ["F_latt"], [0]), ((1, 2), ["F_latt_a"], [0]), ((1, 2), ["F_latt"], [7])],
)
def test_noise_that_is_not_known_for_all_is_not_used(
    pixel: tuple[int, int], keys: list[str], rows: list[int]
) -> None:
    noise = {(1, 2): budget(F_latt=(0.1, 0.2, 0.3))}
    assert noise_table(noise, [(pixel, np.array(rows))], "lattice", keys) is None
