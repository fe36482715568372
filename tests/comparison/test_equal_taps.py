"""Taps that are equal bit for bit are compared at once, with the result of figure by figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parity_bridge.comparison import compare_taps
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.pixel_taps import PixelTaps
from tests.explain.faults import CUBE, PEPTIDE, PIXELS

FLAGS = {"parallelepiped": PEPTIDE, "round": f"{CUBE} -round_xtal", "cut": f"{CUBE} -dmin 2.0"}


def observed(flags: str) -> tuple[PixelTaps, ...]:
    """The C core at the pixels, the same figures in other memory at each call."""
    return tuple(ReferenceRunner(parse_flags(flags.split()).experiment, PIXELS).pixel_taps)


def with_column(pixel: PixelTaps, tap_id: str, name: str, value: float) -> PixelTaps:
    """Change the first row of one column."""
    figures = pixel.taps[tap_id]
    column = figures.columns[name].copy()
    column[0] = value
    changed = TapFields(figures.pixel, {**figures.columns, name: column}, figures.places)
    return replace(pixel, taps={**pixel.taps, tap_id: changed})


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_the_result_is_that_of_figure_by_figure(
    flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = observed(flags), observed(flags)
    at_once = compare_runs(sides[0], sides[1], tolerances_for())
    monkeypatch.setattr(compare_taps, "_are_equal", lambda *_sides: False)
    assert (
        compare_runs(sides[0], sides[1], tolerances_for()).model_dump_json()
        == at_once.model_dump_json()
    )


def test_pixels_of_equal_taps_share_one_comparison() -> None:
    comparison = compare_runs(observed(PEPTIDE), observed(PEPTIDE), tolerances_for())
    first, second, _ = comparison.pixels
    assert all(one is other for one, other in zip(first.fields, second.fields, strict=True))


@pytest.mark.parametrize("value", [np.nan, 0.5])
def test_one_changed_figure_is_a_difference(value: float) -> None:
    ours = observed(PEPTIDE)
    theirs = (with_column(ours[0], "lattice", "F_latt", value), *ours[1:])
    comparison = compare_runs(ours, theirs, tolerances_for())
    assert [(item.tap, item.field) for item in comparison.pixels[0].differing] == [
        ("lattice", "F_latt")
    ]
    assert comparison.pixels[1].verdict == "parity"


def test_zeros_of_either_sign_and_nan_of_either_payload_agree() -> None:
    ours = observed(PEPTIDE)
    negative = np.array([-np.nan])[0]
    for first, second in ((0.0, -0.0), (np.nan, negative)):
        one, other = (with_column(ours[0], "lattice", "F_latt", value) for value in (first, second))
        assert compare_runs([one], [other], tolerances_for()).verdict == "parity"
