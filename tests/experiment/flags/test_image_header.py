"""What ``-img`` and ``-mask`` take from the header of their image."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from parity_bridge.experiment.flags.image_header import FIELD_OF, FLAG_OF
from parity_bridge.experiment.model import (
    Detector,
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
            distance=250.5,
            close_distance=249.25,
            x_beam=105.1,
            y_beam=-3.5,
            org_x=1024.5,
            org_y=-20.25,
            twotheta=-15.0,
        )
        assert experiment.sampling == Sampling(phi=12.5, oscillation=Sweep(range=0.5))
        assert experiment.beam.wavelength == 0.979

    def test_a_mask_is_also_a_field(self, image: Path) -> None:
        masked, imaged = parsed(f"-mask {image}"), parsed(f"-img {image}")
        assert masked == with_field(imaged, "detector.mask", image)

    def test_every_keyword_that_is_read_has_its_flag(self, tmp_path: Path) -> None:
        for keyword in FLAG_OF.keys() - {"SIZE1", "SIZE2"}:
            path = write_file(tmp_path / f"{keyword}.img", smv(keywords={keyword: 7}))
            bare = parsed("-detpixels_f 3 -detpixels_s 2")
            expected = with_field(bare, FIELD_OF[keyword], 7.0)
            assert parsed(f"-img {path} -pivot sample") == with_field(
                expected, "detector.pivot", "sample"
            )

    def test_flags_override_a_header_before_them_and_it_those_before_it(self, image: Path) -> None:
        experiment = parsed(f"-distance 60 -phi 3 -img {image} -phi 5 -detpixels 9")
        assert experiment.detector.distance == 250.5
        assert experiment.sampling.phi == 5.0
        assert (experiment.detector.pixels_fast, experiment.detector.pixels_slow) == (9, 9)

    def test_the_last_header_wins_and_leaves_what_it_does_not_have(
        self, image: Path, tmp_path: Path
    ) -> None:
        mask = write_file(tmp_path / "mask.img", smv(keywords={"PHI": 1}))
        experiment = parsed(f"-img {image} -mask {mask}")
        assert experiment.sampling.phi == 1.0
        assert experiment.detector.distance == 250.5

    @pytest.mark.parametrize(
        ("keywords", "pivot"),
        [
            ("DISTANCE", "beam"),
            ("DISTANCE CLOSE_DISTANCE", "sample"),
            ("CLOSE_DISTANCE", "sample"),
            ("CLOSE_DISTANCE BEAM_CENTER_X", "beam"),
            ("CLOSE_DISTANCE BEAM_CENTER_Y", "beam"),
            ("BEAM_CENTER_X ORGX", "sample"),
            ("BEAM_CENTER_X XDS_ORGY", "sample"),
            ("BEAM_CENTER_X TWOTHETA", "sample"),
            ("TWOTHETA ORGX DISTANCE", "sample"),
        ],
    )
    def test_the_pivot_follows_as_from_the_flags(
        self, tmp_path: Path, keywords: str, pivot: str
    ) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords=dict.fromkeys(keywords.split(), 7)))
        other = {"beam": "sample", "sample": "beam"}[pivot]
        assert parsed(f"-pivot {other} -img {path}").detector.pivot == pivot

    def test_a_note_says_what_was_taken(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords={"DISTANCE": 250, "OSC_START": 0.1}))
        line = shlex.split(f"{CELL} -img {path} -mask {path} -hkl a.hkl")
        taken = "SIZE1 3, SIZE2 2, DISTANCE 250.0, OSC_START 0.1 taken from its header"
        assert parse_flags(line).notes == (f"-img {path}: {taken}", f"-mask {path}: {taken}")

    @pytest.mark.parametrize("flag", ["-img", "-mask"])
    def test_an_impossible_header_is_a_file_error(self, tmp_path: Path, flag: str) -> None:
        path = write_file(tmp_path / "a.img", smv(WAVELENGTH=0))
        message = refusal(f"{CELL} {flag} {path} -lambda 1")
        assert message.startswith(f"image {path}: its header has WAVELENGTH '0' instead of")
