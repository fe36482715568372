"""What an image is of the reference's by its values: scale, rounding, clipping, layout, noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity_bridge.bridge.integer_images import integer_image, noise_image, pgm_image
from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.experiment.regions import Region
from parity_bridge.explain.images.explain_image import explain_values
from tests.explain.images.image_cases import FLAGS, OTHER_CRYSTAL, case_of, photons

SCALE_TO_CLIP = 1e6


def reason(image: Any, *seeds: int, region: Region | None = None) -> ImageReason | None:
    case = case_of(image) if region is None else case_of(image, region=region)
    return explain_values(case, "it", read_experiment(FLAGS.split()), seeds)


def clause(image: Any, *seeds: int) -> str:
    found = reason(image, *seeds)
    assert found is not None
    assert found.is_sufficient
    return found.clause


class TestIntegers:
    def test_the_original_integer_image(self) -> None:
        image = integer_image(FLAGS, photons(), scale=1).pixels
        assert clause(image) == (
            "it is round(I + 40) at every pixel, as `-intfile` with `-scale 1` writes it"
        )

    def test_the_scale_that_the_original_chooses(self) -> None:
        found = reason(integer_image(FLAGS, photons()).pixels)
        assert found is not None
        assert found.names == (("scaled", "offset", "round"),)
        assert found.clause == (
            "it is round(55000/max(I)*I + 40) at every pixel, as `-intfile` writes it"
        )
        assert f"55000/max(I) is {55000.0 / float(photons().max())!r}." in found.evidence

    def test_another_scale_and_offset(self) -> None:
        image = integer_image(FLAGS, photons(), scale=2.7, adc=7.25).pixels
        assert clause(image).endswith(
            "round(2.7*I + 7.25) at every pixel, as `-intfile` with `-scale 2.7 -adc 7.25` writes "
            "it"
        )

    def test_one_clipped_at_65535(self) -> None:
        image = integer_image(FLAGS, photons(), scale=SCALE_TO_CLIP / photons().max()).pixels
        count = np.count_nonzero(image == 65535)
        assert f"clipped to 65535 at {count} of them, as `-intfile` with" in clause(image)

    def test_the_original_pgm(self) -> None:
        image = pgm_image(FLAGS, photons()).pixels
        count = np.count_nonzero(photons() * pgm_image(FLAGS, photons()).scale >= 256)
        assert clause(image) == (
            "it is floor(50/rmsd(I)*I) at every pixel, "
            f"clipped to 255 at {count} of them, as `-pgmfile` writes it"
        )

    @pytest.mark.parametrize("rounded", [np.rint, np.trunc])
    def test_a_plain_conversion(self, rounded: Any) -> None:
        name = {np.rint: "round", np.trunc: "floor"}[rounded]
        assert clause(rounded(photons()).astype("i4")) == f"it is {name}(I) at every pixel"

    def test_a_pixel_off_by_one_is_no_fit(self) -> None:
        image = integer_image(FLAGS, photons(), scale=1).pixels.astype("i4")
        image[20, 20] += 2
        assert reason(image) is None


class TestRealNumbers:
    @pytest.mark.parametrize(
        ("factor", "offset", "text"),
        [(1.1, 0, "1.1*I"), (1, 3, "I + 3"), (0.25, -2, "0.25*I - 2")],
    )
    def test_a_line(self, factor: float, offset: float, text: str) -> None:
        image = photons() * np.float32(factor) + np.float32(offset)
        assert clause(image) == f"it is {text} at every pixel"

    def test_one_clipped(self) -> None:
        image = np.minimum(photons(), np.float32(500))
        count = np.count_nonzero(photons() > 500)
        assert clause(image) == f"it is I at every pixel, clipped to 500 at {count} of them"

    def test_one_in_whose_last_places_it_differs(self) -> None:
        assert clause(np.nextafter(photons(), np.float32(np.inf))) == "it is I at every pixel"


class TestLayout:
    @pytest.mark.parametrize(
        ("laid_out", "does"),
        [
            (lambda image: image.T, "transposed (slow and fast swapped)"),
            (lambda image: image[::-1], "flipped along slow"),
            (lambda image: image[:, ::-1], "flipped along fast"),
            (lambda image: image[::-1, ::-1], "flipped along slow and fast"),
            (np.rot90, "transposed and then flipped along slow"),
        ],
    )
    def test_each_is_named(self, laid_out: Any, does: str) -> None:
        assert clause(laid_out(photons())) == f"it is I at every pixel, {does}"
        image = laid_out(integer_image(FLAGS, photons(), scale=1).pixels)
        assert clause(image) == (
            f"it is round(I + 40) at every pixel, as `-intfile` with `-scale 1` writes it, {does}"
        )
        noise = laid_out(noise_image(FLAGS, photons(), 5).pixels)
        assert clause(noise, 5).endswith(f", {does}, and bit for bit that of seed 5")

    def test_a_part_of_the_detector(self) -> None:
        region = Region(range(10, 20), range(5, 30))
        found = reason(photons()[::-1], region=region)
        assert found is not None
        assert found.names == (("flipped along slow",),)

    def test_layouts_that_look_alike_and_a_pixel_that_decides(self) -> None:
        # Symmetric but for one pixel, which lies outside the region.
        image = photons().copy()
        image[:, 24:] = image[:, :24][:, ::-1]
        whole, region = image.copy(), Region(range(40), range(48))
        whole[45, 3] += 1000
        case = case_of(whole[::-1], region=region)
        case = type(case)(image[region.slices], whole[::-1], region)
        found = explain_values(case, "it", None, ())
        assert found is not None
        assert found.names == (("flipped along slow",), ("flipped along both",))
        assert "these pixels cannot tell that from I at every pixel, flipped along slow" in (
            found.clause
        )
        assert found.deciding[0] in ((45, 3), (45, 44))


class TestNoise:
    def test_a_noise_image_of_an_unknown_seed(self) -> None:
        text = clause(noise_image(FLAGS, photons(), 5).pixels)
        assert text.startswith(
            "it looks like I with Poisson noise and an offset of 40, as `-noisefile` writes it ("
        )
        assert text.endswith("with its `-seed` among the flags its counts are compared bit for bit")

    def test_its_seed(self) -> None:
        image = noise_image(FLAGS, photons(), 5).pixels
        assert clause(image, 5).endswith(", and bit for bit that of seed 5")
        assert clause(image, 6).endswith(", but not that of seed 6")

    def test_another_offset(self) -> None:
        image = noise_image(FLAGS, photons(), 5, adc=12).pixels
        assert "an offset of 12, as `-noisefile` writes it with `-adc 12`" in clause(image, 5)

    def test_noise_of_any_other_kind_is_none(self) -> None:
        random = np.random.default_rng(1)
        image = photons() + 40 + random.normal(0, 2 * np.sqrt(photons()))
        assert reason(np.rint(image)) is None


class TestUnexplained:
    @pytest.mark.parametrize(
        "image",
        [
            photons(OTHER_CRYSTAL),
            integer_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL)).pixels,
            integer_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL), scale=1).pixels,
            pgm_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL)).pixels,
            noise_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL), 5).pixels,
        ],
    )
    def test_another_crystal(self, image: Any) -> None:
        assert reason(image, 5) is None
        assert reason(image.T, 5) is None


class TestParts:
    @pytest.mark.parametrize("value", [0, 40])
    def test_one_value(self, value: int) -> None:
        found = reason(np.full((48, 48), value))
        assert found is not None
        assert (found.kind, found.names) == ("unexplained", ())
        assert found.clause.startswith(f"it is {value} at every pixel, where the reference has ")

    def test_an_integer_image_with_a_region_of_interest(self) -> None:
        flags = f"{FLAGS} -roi 3 40 10 29"
        image = integer_image(flags, photons(flags)).pixels
        assert clause(image) == (
            "it is round(55000/max(I)*I + 40) at every pixel, as `-intfile` writes it, inside "
            "`-roi 3 40 10 29`; outside it is 0"
        )

    def test_photons_with_a_region_of_interest(self) -> None:
        found = reason(photons(f"{FLAGS} -roi 3 40 10 29"))
        assert found is not None
        assert found.names == (("part", "rounding"),)
        assert found.clause.endswith("at every pixel, inside `-roi 3 40 10 29`; outside it is 0")

    def test_another_crystal_with_a_region_of_interest(self) -> None:
        assert reason(photons(f"{OTHER_CRYSTAL} -roi 3 40 10 29")) is None
