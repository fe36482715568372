"""Where two sides differ, in the words of the loops or of a condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity_bridge.explain.differences.describe import difference_clause
from parity_bridge.explain.differences.places import where_text
from parity_bridge.explain.differences.relations import relation_of
from tests.explain.differences.field_arrays import field_of, rows_of

PLACES = rows_of(pixels=3, subpixels=2, sources=3, steps=4)
PIXEL, SLOW, FAST, SOURCE, STEP = (
    PLACES[:, 0],
    PLACES[:, 3],
    PLACES[:, 4],
    PLACES[:, 5],
    PLACES[:, 6],
)
OURS = np.random.default_rng(4).normal(size=len(PLACES))


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (SOURCE >= 0, "in every row"),
        (SOURCE == 0, "only at the first source"),
        (SOURCE == 2, "only at the last source"),
        (SOURCE != 0, "at every source but the first"),
        (STEP == 1, "only at phi step 1"),
        ((STEP == 1) | (STEP == 2), "only at phi steps 1 and 2"),
        (STEP != 3, "at every phi step but the last"),
        ((SLOW == 1) & (FAST == 0), "only at subpixel 1 0"),
        ((SLOW == 0) & (FAST == 0), "only at the first subpixel"),
        ((SLOW + FAST) > 0, "at every subpixel but the first"),
        (PIXEL == 11, "only at pixel 11 51"),
        ((SLOW + FAST + SOURCE + STEP) == 0, "only in the first row of each pixel"),
        ((SLOW + FAST + SOURCE + STEP) > 0, "in every row but the first of each pixel"),
        ((SLOW == 1) & (SOURCE == 1) & (STEP == 2), "in 6 of 144 rows"),
    ],
)
def test_where_the_sides_differ(rows: Any, text: str) -> None:
    values = field_of(OURS, np.where(rows, OURS + 1.0 + OURS**2, OURS), PLACES)
    assert where_text(values, None) == text


def test_a_condition() -> None:
    beyond = np.abs(OURS) > 1.0
    values = field_of(
        OURS, np.where(beyond, 9.0 * OURS**2, OURS), PLACES, conditions={"beyond |127|": beyond}
    )
    assert where_text(values, None) == "only beyond |127|"


def test_rows_that_cannot_show_a_relation_do_not_limit_it() -> None:
    ours = np.where(SOURCE == 1, 0.0, OURS)
    values = field_of(ours, -ours, PLACES)
    relation = relation_of(values)
    assert difference_clause(values, relation) == "in every row the opposite sign"


def test_a_place_alone_is_a_clause_only_where_it_limits() -> None:
    noise = np.random.default_rng(5).normal(size=len(OURS))
    first = field_of(OURS, np.where(STEP == 0, noise, OURS), PLACES)
    assert difference_clause(first, relation_of(first)) == "only at the first phi step"
    everywhere = field_of(OURS, noise, PLACES)
    assert difference_clause(everywhere, relation_of(everywhere)) is None


def test_figures_of_pixels() -> None:
    places = np.zeros((3, 8), dtype=np.int64)
    places[:, 1] = range(3)
    values = field_of([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], places, of_pixels=True)
    assert difference_clause(values, relation_of(values)) == "at every pixel twice the reference's"
    values = field_of([1.0, 2.0, 3.0], [1.0, 2.0, 6.0], places, of_pixels=True)
    assert difference_clause(values, relation_of(values)) == (
        "only at pixel 0 2: twice the reference's"
    )
