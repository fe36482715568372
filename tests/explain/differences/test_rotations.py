"""What wrong rotations would make of the cell vectors, and that the right ones are none of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.differences.rotations import other_rotations
from parity_bridge.taps.pixel_taps import PixelTaps
from tests.explain.faults import PEPTIDE

FLAGS = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 2 -mosaic 0.5 -mosaic_domains 3 -misset 10 20 30"
PIXEL = (10, 50)


@pytest.fixture(scope="module")
def reference() -> PixelTaps:
    flags = f"{FLAGS} -detpixels 64".split()
    (taps,) = ReferenceRunner(parse_flags(flags).experiment, (PIXEL,)).pixel_taps
    return taps


def predicted(reference: PixelTaps, name: str, factor: float = 1.0) -> dict[str, np.ndarray]:
    """What other rotations give, where the other side has ``factor`` times the reference's."""
    figures = reference.taps["orientation"]
    places = np.hstack((np.tile(PIXEL, (len(figures.places), 1)), figures.places))
    theirs = factor * vectors(reference, name)
    return other_rotations(figures.columns, name, reference, places, theirs)


def vectors(reference: PixelTaps, name: str) -> np.ndarray:
    columns = reference.taps["orientation"].columns
    return np.stack([columns[f"{name}.{axis}"] for axis in "xyz"], axis=1)


def test_the_angles_are_those_of_phi(reference: PixelTaps) -> None:
    """About z, which is MOSFLM's spindle, an angle shows in x and y."""
    figures = reference.taps["config_snapshot"].pixel
    x, y, z = (np.float64(figures[f"derived.a0.{axis}"]) for axis in "xyz")
    phi, step = reference.taps["orientation"].columns["phi"], math.radians(1.5)
    assert sorted(set(phi.tolist())) == pytest.approx([math.radians(5.0), math.radians(6.5)])
    turned = "`a0` turned about the spindle by"
    found = predicted(reference, "a_spindle")
    for words, angle in (
        ("-phi, the other way", -phi),
        ("phi and half a step more, the middle of the step", phi + step / 2.0),
        ("phi and a step less", phi - step),
        ("phi in degrees where radians belong", np.degrees(phi)),
        ("the phi of every step so far added up", np.where(phi > phi.min(), phi + phi.min(), phi)),
    ):
        expected = np.arctan2(y, x) + angle
        vector = found[f"{turned} {words}"]
        away = np.angle(np.exp(1j * (np.arctan2(vector[:, 1], vector[:, 0]) - expected)))
        assert np.abs(away).max() < 1e-12, words
        assert np.allclose(vector[:, 2], z, rtol=1e-12)


def test_no_other_rotation_gives_the_reference_s_vectors(reference: PixelTaps) -> None:
    for name in ("a_spindle", "b_mosaic"):
        own = vectors(reference, name)
        for words, other in predicted(reference, name).items():
            # MOSFLM's spindle is the fast axis, and the polarization axis too.
            if not any(same in words for same in ("length 1,", "fast axis", "polarization axis")):
                assert np.abs(other - own).max() > 1e-6 * np.abs(own).max(), words


def test_an_axis_of_length_one_is_the_reference_s(reference: PixelTaps) -> None:
    found = predicted(reference, "c_spindle")
    (vector,) = (other for words, other in found.items() if "spindle axis of length" in words)
    assert np.allclose(vector, vectors(reference, "c_spindle"), rtol=0.0, atol=1e-22)


def test_only_the_vectors_of_the_orientation_have_other_rotations(reference: PixelTaps) -> None:
    figures = reference.taps["orientation"]
    places = np.zeros((len(figures.places), 8), dtype=np.int64)
    phi = figures.columns["phi"][:, np.newaxis]
    assert other_rotations(figures.columns, "phi", reference, places, phi) == {}
    bare = reference.select_taps(["orientation"])
    assert other_rotations(figures.columns, "a_spindle", bare, places, phi) == {}
