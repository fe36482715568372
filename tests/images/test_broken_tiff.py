"""Broken TIFF images."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from fabio.TiffIO import TiffIO

from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    pixels,
    refused,
    strips,
    without_memory,
)


class TestBrokenTiff:
    @pytest.mark.parametrize(
        ("replaced", "complaint"),
        [
            ({"rows": 8}, "its strips do not make up 8 x 9 pixels"),
            ({"rows": 2**31}, "it is truncated"),
            ({"rows": 0}, "its header has 0 x 9 pixels, which is no image"),
            ({"width": 8}, "its strips do not make up 7 x 8 pixels of uint16"),
            ({"width": 0, "rows": 2**32 - 1}, "pixels, which is no image"),
            ({"per_strip": 3}, "its strips do not make up"),
            ({"per_strip": 0}, "it cannot be read as TIFF"),
            ({"compression": 5}, "its pixels are compressed (scheme 5); write it plain"),
            ({"compression": 32773}, "its pixels are compressed (scheme 32773)"),
        ],
    )
    def test_what_its_header_says(
        self, tmp_path: Path, replaced: dict[str, int], complaint: str
    ) -> None:
        path = write_file(tmp_path / "a.tif", strips(replaced))
        assert complaint in without_memory(path)

    def test_a_directory_that_leads_to_itself(self, tmp_path: Path) -> None:
        whole = strips()
        path = write_file(tmp_path / "a.tif", whole[:-4] + whole[4:8])
        assert "it holds more than one image" in without_memory(path)

    def test_several_images(self, tmp_path: Path) -> None:
        path = tmp_path / "a.tif"
        for mode in ("w", "rb+"):
            with TiffIO(str(path), mode) as tiff:
                tiff.writeImage(pixels())
        assert "it holds more than one image" in refused(path)

    @pytest.mark.parametrize(
        ("mode", "complaint"),
        [
            ("RGB", "it has 3 numbers a pixel; write one number a pixel"),
            ("P", "its pixels are places in a list of colours; write plain numbers"),
            ("1", "its numbers have 1 bits; write 8, 16, 32 or 64"),
        ],
    )
    def test_pictures(self, tmp_path: Path, mode: str, complaint: str) -> None:
        path = tmp_path / "a.tif"
        from PIL import Image

        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).convert(mode).save(path)
        assert complaint in refused(path)

    @pytest.mark.parametrize(
        ("tag", "new", "complaint"),
        [
            (273, 324, "its pixels are in tiles; write them in strips"),
            (273, 999, "it has no tag for its strips; write it anew"),
            (257, 999, "it has no tag for its height; write it anew"),
        ],
    )
    def test_what_has_no_strips(self, tmp_path: Path, tag: int, new: int, complaint: str) -> None:
        old = struct.pack("<HH", tag, 4)
        whole = strips()
        assert whole.count(old) == 1
        path = write_file(tmp_path / "a.tif", whole.replace(old, struct.pack("<HH", new, 4)))
        assert complaint in refused(path)

    def test_twelve_bits(self, tmp_path: Path) -> None:
        old, new = (struct.pack("<HHIH", 258, 3, 1, bits) for bits in (16, 12))
        path = write_file(tmp_path / "a.tif", strips().replace(old, new))
        assert "its numbers have 12 bits; write 8, 16, 32 or 64" in refused(path)
