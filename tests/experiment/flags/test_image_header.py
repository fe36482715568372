"""What ``-img`` and ``-mask`` take from the header of their image (contract §8)."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from parity_bridge.experiment.flags.image_header import FIELD_OF
from parity_bridge.experiment.model import (
    Detector,
    MaskBeamCentre,
    Sampling,
    Sweep,
)
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.command_lines import CELL, parsed, refusal, with_field
from tests.experiment.smv_files import smv, write_file


class TestHeaders:
    @pytest.fixture
    def image(self, tmp_path: Path) -> Path:
        return write_file(tmp_path / "a.img", smv())

    def test_the_header_of_an_image_sets_everything_it_has(self, image: Path) -> None:
        experiment = parsed(f"-img {image}")
        assert experiment.detector == Detector(
            pixels_fast=3,
            pixels_slow=2,
            pixel_size=0.1024,
            distance=249.25,
            close_distance=249.25,
            x_beam=105.1,
            y_beam=-3.5,
            org_x=1024.5,
            org_y=-20.25,
        )
        assert experiment.sampling == Sampling(phi=12.5, oscillation=Sweep(range=0.5))
        assert experiment.beam.wavelength == 0.979

    def test_a_mask_counts_its_beam_centre_from_the_far_edge(self, image: Path) -> None:
        masked, imaged = parsed(f"-mask {image}"), parsed(f"-img {image}")
        centre = MaskBeamCentre(y_beam=-3.5, pixel_size=0.1024, pixels_slow=2)
        detector = imaged.detector.model_copy(
            update={"mask": image, "y_beam": None, "mask_beam_centre": centre}
        )
        assert masked == imaged.model_copy(update={"detector": detector})

    @pytest.mark.parametrize("after", ["-Ybeam 4", "-img {image}"])
    def test_a_later_beam_centre_replaces_that_of_a_mask(self, image: Path, after: str) -> None:
        detector = parsed(f"-mask {image} {after.format(image=image)}").detector
        assert detector.mask_beam_centre is None
        assert detector.y_beam == (4.0 if "Ybeam" in after else -3.5)

    def test_a_mask_without_a_pixel_size_counts_in_the_default(self, tmp_path: Path) -> None:
        mask = write_file(tmp_path / "m.img", smv(keywords={"BEAM_CENTER_Y": 7}))
        centre = parsed(f"-pixel 0.3 -mask {mask}").detector.mask_beam_centre
        assert centre == MaskBeamCentre(y_beam=7.0, pixel_size=0.1, pixels_slow=2)

    def test_every_keyword_that_is_read_sets_its_field_and_no_pivot(self, tmp_path: Path) -> None:
        for keyword in FIELD_OF.keys() - {"SIZE1", "SIZE2", "CLOSE_DISTANCE"}:
            path = write_file(tmp_path / f"{keyword}.img", smv(keywords={keyword: 7}))
            for pivot in ("beam", "sample"):
                bare = parsed(f"-detpixels_f 3 -detpixels_s 2 -pivot {pivot}")
                expected = with_field(bare, FIELD_OF[keyword], 7.0)
                assert parsed(f"-img {path} -pivot {pivot}") == expected

    def test_flags_win_over_a_header_wherever_they_stand(self, image: Path) -> None:
        for line in (
            f"-distance 60 -phi 5 -detpixels 9 -img {image}",
            f"-img {image} -distance 60 -phi 5 -detpixels 9",
        ):
            experiment = parsed(line)
            assert experiment.detector.distance == 60.0
            assert experiment.sampling.phi == 5.0
            assert (experiment.detector.pixels_fast, experiment.detector.pixels_slow) == (9, 9)

    @pytest.mark.parametrize("order", ["-img {image} -mask {mask}", "-mask {mask} -img {image}"])
    def test_an_image_wins_over_a_mask_wherever_they_stand(
        self, image: Path, tmp_path: Path, order: str
    ) -> None:
        mask = write_file(tmp_path / "mask.img", smv(keywords={"PHI": 1, "WAVELENGTH": 3}))
        bare = write_file(tmp_path / "bare.img", smv(keywords={"PHI": 2}))
        assert parsed(order.format(image=image, mask=mask)).sampling.phi == 12.5
        experiment = parsed(order.format(image=bare, mask=mask))
        assert (experiment.sampling.phi, experiment.beam.wavelength) == (2.0, 3.0)

    def test_the_last_of_several_images_counts_and_the_others_are_not_read(
        self, image: Path
    ) -> None:
        assert parsed(f"-img gone.img -img {image}") == parsed(f"-img {image}")

    def test_a_note_says_what_was_taken_replaced_and_not_used(self, tmp_path: Path) -> None:
        keywords = {"DISTANCE": 250, "PHI": 0.1, "TWOTHETA": 20}
        path = write_file(tmp_path / "a.img", smv(keywords=keywords))
        line = shlex.split(f"{CELL} -phi 3 -img {path} -mask {path}")
        taken = "SIZE1 3, SIZE2 2, DISTANCE 250.0 taken from its header"
        assert parse_flags(line).notes == (
            f"-mask {path}: nothing taken from its header",
            f"-mask {path}: SIZE1, SIZE2, DISTANCE, PHI of its header replaced: flags and -img win",
            f"-mask {path}: TWOTHETA 20.0 of its header is not used",
            f"-img {path}: {taken}",
            f"-img {path}: PHI of its header replaced: flags and -img win",
            f"-img {path}: TWOTHETA 20.0 of its header is not used",
        )

    @pytest.mark.parametrize("flag", ["-img", "-mask"])
    def test_an_impossible_header_is_a_file_error(self, tmp_path: Path, flag: str) -> None:
        path = write_file(tmp_path / "a.img", smv(WAVELENGTH=0))
        message = refusal(f"{CELL} {flag} {path}")
        assert message == (
            f"image {path}: its header has WAVELENGTH 0.0 instead of a number above 0; correct it"
        )
        assert parsed(f"{flag} {path} -lambda 3").beam.wavelength == 3.0

    @pytest.mark.parametrize(
        "keywords", [{"PIXEL_SIZE": 0}, {"DISTANCE": -5}, {"OSC_RANGE": -1}, {"CLOSE_DISTANCE": 0}]
    )
    def test_every_value_in_force_must_make_sense(
        self, tmp_path: Path, keywords: dict[str, object]
    ) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords=keywords))
        assert "instead of a number" in refusal(f"{CELL} -img {path}")
