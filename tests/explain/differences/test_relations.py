"""The relation between two sides of a field: stated only where every differing row has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parity_bridge.explain.differences.relations import relation_of
from tests.explain.differences.field_arrays import field_of, rows_of

FIGURES = np.array([0.3, -1.7, 2.9, 11.3, -0.04, 5.1, 7.7, -3.3])
VECTORS = np.array([[1.0, 2.0, 3.5], [-4.0, 0.5, 6.25], [0.1, -0.2, 0.7]])


def text_of(ours: Any, theirs: Any, places: Any = None, **more: Any) -> str | None:
    relation = relation_of(field_of(ours, theirs, places, **more))
    return None if relation is None else relation.text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda x: -x, "the opposite sign"),
        (lambda x: 0.0 * x, "0"),
        (lambda x: x * np.nan, "no number"),
        (lambda x: x / 0.0, "infinite"),
        (lambda x: x * (180.0 / math.pi), "57.2957795131 times the reference's (degrees where"),
        (lambda x: x / 180.0 * math.pi, "0.0174532925199 times the reference's (turned into"),
        (lambda x: x * 1e10, "1e10 times the reference's (a power of ten)"),
        (lambda x: x / 1000.0, "0.001 times the reference's (a power of ten)"),
        (lambda x: x * 2.0, "twice the reference's"),
        (lambda x: x * math.pi, "3.14159265359 times the reference's (π)"),
        (lambda x: x / 12.0, "0.0833333333333 times the reference's (1/steps)"),
        (lambda x: x * 1.37, "1.37 times the reference's"),
        (lambda x: x * (1.0 + 3e-6), "1.000003 times the reference's (off by +3e-06 of it)"),
        (lambda x: x * x, "the reference's squared"),
        (lambda x: 1.0 / x, "the reciprocal of the reference's"),
        (lambda x: x + 5e-4, "exactly a pixel, 5e-4 m, more"),
        (lambda x: x - 2.5e-4, "exactly half a pixel, 2.5e-4 m, less"),
        (lambda x: x + 0.125, "0.125 m more"),
        (lambda x: np.full_like(x, 4.5), "always 4.5"),
        (lambda x: x.astype(np.float32), "the reference's rounded to float32"),
        (lambda x: x * (1.0 + 1e-7 * np.cos(x)), "off by at most"),
    ],
)  # fmt: skip
def test_a_relation_of_all_figures(change: Any, text: str) -> None:
    with np.errstate(all="ignore"):
        theirs = change(FIGURES)
    found = text_of(
        FIGURES, theirs, unit="m", lengths={"half a pixel": 2.5e-4, "a pixel": 5e-4},
        factors={"steps": 12.0, "sources": 1.0},
    )  # fmt: skip
    assert found is not None
    assert found.startswith(text)


def test_one_row_that_does_not_fit_refutes_a_relation() -> None:
    theirs = 2.0 * FIGURES
    theirs[3] *= 1.01
    assert text_of(FIGURES, theirs) is None


def test_rows_that_agree_refute_nothing() -> None:
    theirs = FIGURES.copy()
    theirs[2:5] *= 2.0
    assert text_of(FIGURES, theirs) == "twice the reference's"


def test_noise_has_no_relation() -> None:
    theirs = FIGURES * (1.0 + np.random.default_rng(1).normal(size=FIGURES.size))
    assert text_of(FIGURES, theirs) is None


def test_equal_sides_have_no_relation() -> None:
    assert relation_of(field_of(FIGURES, FIGURES)) is None


def test_numbers_of_one_value_are_all_named() -> None:
    found = text_of(FIGURES, FIGURES * 4.0, factors={"steps": 4.0, "oversample²": 4.0})
    assert found == "4 times the reference's (steps or oversample²)"


@pytest.mark.parametrize(
    ("order", "text"),
    [((1, 0, 2), "x and y swapped"), ((0, 2, 1), "y and z swapped"), ((1, 2, 0), "y z x where")],
)
def test_components_in_another_order(order: tuple[int, ...], text: str) -> None:
    found = text_of(VECTORS, VECTORS[:, order])
    assert found is not None
    assert found.startswith(text)


def test_a_transposed_matrix() -> None:
    matrices = np.arange(18.0).reshape(2, 9) ** 1.5
    theirs = matrices.reshape(2, 3, 3).transpose(0, 2, 1).reshape(2, 9)
    assert text_of(matrices, theirs) == "the transposed matrix"


def test_one_component_alone() -> None:
    theirs = VECTORS * np.array([1.0, -1.0, 1.0])
    assert text_of(VECTORS, theirs) == "the opposite sign, in y alone"
    theirs = VECTORS * np.array([1.0, -1.0, 3.0])
    assert text_of(VECTORS, theirs) is None


def test_an_offset_along_the_axes_of_the_detector() -> None:
    axes = {"fast": (0.0, 0.0, 1.0), "slow": (0.0, -1.0, 0.0), "the normal": (1.0, 0.0, 0.0)}
    ways = np.array([[0.0, -1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]])
    found = text_of(
        VECTORS, VECTORS + 2.5e-4 * ways, unit="m", directions=axes,
        lengths={"half a subpixel": 2.5e-4},
    )  # fmt: skip
    assert found == "exactly half a subpixel, 2.5e-4 m, off either way along fast and slow"


def test_whole_numbers_are_off_by_a_number() -> None:
    assert text_of([3.0, 4.0, 7.0], [4.0, 5.0, 8.0], unit="") == "exactly 1 more"


def test_a_single_vector_has_no_constant_offset() -> None:
    assert (
        text_of([[1.0, 2.0, 3.0]], [[1.1, 2.2, 3.1]]) == "turned by 1.73079°, 1.05763 times as long"
    )


def test_a_turned_vector() -> None:
    angle = math.radians(10.0)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = np.array([[cos, sin, 0.0]])
    assert text_of([[1.0, 0.0, 0.0]], turned) == "turned by 10°, its length kept"


@pytest.mark.parametrize(("value", "wrapped"), [(130.0, -126.0), (-129.0, 127.0), (256.0, 0.0)])
def test_indices_of_8_bits(value: float, wrapped: float) -> None:
    found = text_of([5.0, value, 200.0], [5.0, wrapped, -56.0], unit="")
    assert found == "the reference's wrapped to 8 bits"


def test_indices_that_are_cut() -> None:
    assert text_of([5.0, 130.0, -200.0], [5.0, 127.0, -128.0], unit="") == (
        "the reference's cut to 8 bits"
    )


def test_another_figure_of_the_reference() -> None:
    found = text_of([0.06], [0.0613], alternatives={"`distance`": np.array([[0.0613]])})
    assert found == "the reference's `distance`"


def test_words_and_truths() -> None:
    words = ("false", "true")
    assert text_of([1.0, 1.0, 0.0], [0.0, 1.0, 0.0], words=words) == (
        "false where the reference has true"
    )
    assert text_of([1.0, 0.0], [0.0, 1.0], words=words) is None


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        (lambda block: np.broadcast_to(block[:, :1, :1], block.shape), "of the first subpixel"),
        (lambda block: np.broadcast_to(block[:, -1:, -1:], block.shape), "of the last subpixel"),
        (lambda block: block.transpose(0, 2, 1), "at slow and fast subpixel swapped"),
        (lambda block: block[:, ::-1, ::-1], "in the opposite order of the subpixels"),
    ],
)
def test_the_value_of_another_subpixel(moved: Any, text: str) -> None:
    ours = np.random.default_rng(2).normal(size=(2, 3, 3))
    found = text_of(ours.ravel(), moved(ours).ravel(), rows_of(subpixels=3))
    assert found == f"the reference's value {text}"


def test_the_value_of_the_next_step() -> None:
    ours = np.random.default_rng(3).normal(size=(2, 5))
    theirs = np.roll(ours, -1, axis=1)
    theirs[:, -1] = 0.77
    places = rows_of(subpixels=1, steps=5)
    assert text_of(ours.ravel(), theirs.ravel(), places) == (
        "the reference's value of the phi step after it"
    )


@given(
    factor=st.floats(1e-6, 1e6).filter(lambda x: abs(x - 1.0) > 1e-9),
    figures=st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20, unique=True),
)
def test_any_factor_is_found_and_true(factor: float, figures: list[float]) -> None:
    ours = np.array(figures)
    values = field_of(ours, ours * factor)
    relation = relation_of(values)
    assert relation is not None
    assert relation.holds[values.differing_rows].all()


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=12))
@example([(2.225073858507203e-309, 1.5)])
def test_a_relation_holds_in_every_differing_row(figures: list[tuple[float, float]]) -> None:
    values = field_of(*np.array(figures).T)
    relation = relation_of(values)
    assert relation is None or relation.holds[values.differing_rows].all()


def test_vectors_in_other_directions() -> None:
    turned = VECTORS[:, [1, 0, 2]] * [[-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]
    text = text_of(VECTORS, turned)
    assert text is not None
    assert text.startswith("another direction, up to ")
    assert text.endswith("° from the reference's, the length kept")


def test_matrices_that_are_other_rotations() -> None:
    about_x = np.array([[1.0, 0, 0], [0, 0.6, -0.8], [0, 0.8, 0.6]])
    about_z = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    ours = np.stack([about_x, about_z]).reshape(2, 9)
    theirs = np.stack([about_x @ about_z, about_z @ about_x @ about_x]).reshape(2, 9)
    text = text_of(ours, theirs)
    assert text == "another rotation, up to 106.3° from the reference's"
    assert text_of(ours, 1.1 * theirs + 0.01) is None
