"""Integer images for programs: from the photons of any engine, in memory or in a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.bridge.integer_images import (
    finished_image,
    integer_image,
    noise_image,
    pgm_image,
)
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.nanobragg_flags import read_experiment
from tests.experiment.smv_files import smv, write_file

FLAGS = "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels 24 -pixel 1.6 -distance 60"


@pytest.fixture(scope="module")
def photons() -> Any:
    return CCore().frame(read_experiment(FLAGS.split())).image


def test_photons_times_the_scale_plus_adc(photons: Any) -> None:
    made = integer_image(FLAGS, photons, scale=2, adc=7)
    assert made.scale == 2.0
    assert made.pixels.dtype == np.uint16
    assert np.array_equal(made.pixels, np.floor((photons * 2.0 + 7).astype("f4") + 0.5))


def test_the_largest_pixel_becomes_55000(photons: Any) -> None:
    made = integer_image(FLAGS, photons, adc=0)
    assert made.scale == 55000.0 / photons.max()
    assert made.pixels.max() == 55000
    assert np.argmax(made.pixels) == np.argmax(photons)


def test_five_standard_deviations_become_250(photons: Any) -> None:
    made = pgm_image(FLAGS, photons)
    assert made.scale == pytest.approx(50.0 / photons.std(ddof=1, dtype="f8"))
    assert np.array_equal(made.pixels, np.minimum(photons * made.scale, 255).astype(np.uint8))
    assert pgm_image(FLAGS, photons, scale=0.25).data.startswith(
        b"P5\n24 24\n# pixels scaled by 0.25\n255\n"
    )


def test_noise_is_that_of_its_seed(photons: Any) -> None:
    first, again, other = (noise_image(FLAGS, photons, seed) for seed in (5, 5, 6))
    assert first.data == again.data != other.data
    counts = first.pixels.astype(int) - 40
    assert counts.min() >= 0
    assert counts.sum() == first.photons
    assert first.overloads == 0


def test_the_file_is_what_is_in_memory(photons: Any, tmp_path: Path) -> None:
    made = integer_image(FLAGS, photons)
    made.write(tmp_path / "x.img")
    assert (tmp_path / "x.img").read_bytes() == made.data
    assert len(made.data) == 512 + 2 * 24 * 24
    with pytest.raises(FileError, match="cannot be written"):
        made.write(tmp_path / "none" / "x.img")


def test_photons_of_another_type_or_layout(photons: Any) -> None:
    made = integer_image(FLAGS, photons).data
    for other in (photons.astype("f8"), np.asfortranarray(photons), photons.astype(">f4")):
        assert integer_image(FLAGS, other).data == made


def test_statistics_leave_masked_pixels_out(photons: Any, tmp_path: Path) -> None:
    allowed = np.ones((24, 24), dtype=np.uint16)
    allowed[3] = 0
    mask = write_file(tmp_path / "m.img", smv(allowed))
    masked = np.where(allowed, photons, 0)
    statistics = finished_image(f"{FLAGS} -mask {mask}", masked).statistics
    assert statistics.counted == 23 * 24
    assert statistics.mean == pytest.approx(masked.sum() / (23 * 24), rel=1e-6)
    assert statistics.max_pixel == divmod(int(masked.argmax()), 24)


def test_an_image_of_nothing() -> None:
    statistics = finished_image(FLAGS, np.zeros((24, 24))).statistics
    assert (statistics.max, statistics.max_pixel, statistics.rmsd) == (0.0, None, 0.0)
    assert integer_image(FLAGS, np.zeros((24, 24))).scale == 1.0
    assert pgm_image(FLAGS, np.zeros((24, 24))).scale == 1.0


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((24, 23)), "the image has 24 x 23 pixels, the detector 24 slow x 24 fast"),
        (np.zeros(24), "the image has 24 pixels, the detector"),
        (np.full((24, 24), np.nan), "a pixel of the image is NaN or infinite"),
        (np.full((24, 24), np.inf), "a pixel of the image is NaN or infinite"),
        (np.full((24, 24), 1e300), "a pixel of the image is NaN or infinite"),
        (np.full((24, 24), "a"), "image holds <U1 instead of numbers"),
    ],
)
def test_an_image_that_makes_no_sense(image: Any, said: str) -> None:
    for make in (integer_image, pgm_image, partial(noise_image, seed=1)):
        with pytest.raises(UsageError, match=said):
            make(FLAGS, image)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"scale": "2"}, "'2' is no number"),
        ({"adc": float("nan")}, "adc is nan; give a finite number"),
        ({"scale": float("inf")}, "scale is inf; give a finite number"),
    ],
)
def test_a_number_that_makes_no_sense(photons: Any, keywords: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        integer_image(FLAGS, photons, **keywords)


@pytest.mark.parametrize("scale", [0, -1.0])
def test_a_scale_that_is_not_above_0(photons: Any, scale: float) -> None:
    for make in (integer_image, pgm_image):
        with pytest.raises(UsageError, match=f"scale is {scale:g}; give one above 0, or leave it"):
            make(FLAGS, photons, scale=scale)


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, True, "7"])
def test_a_seed_that_makes_no_sense(photons: Any, seed: Any) -> None:
    with pytest.raises(UsageError, match=r"give (a whole number of )?0 to 2147483647"):
        noise_image(FLAGS, photons, seed)
