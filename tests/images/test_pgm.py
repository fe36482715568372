"""Binary PGM images of one byte a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import write_file
from tests.images.image_files import refused, without_memory

PIXELS = bytes(range(6))


@pytest.mark.parametrize(
    "header",
    [
        b"P5\n3 2\n# pixels scaled by 0.25\n255\n",
        b"P5 3 2 255 ",
        b"P5\n# one\n# two\n3\t2\n7\n",
    ],
)
def test_headers_with_and_without_remarks(tmp_path: Path, header: bytes) -> None:
    image = open_image(write_file(tmp_path / "a.pgm", header + PIXELS), (2, 3))
    assert (image.format, image.dtype, image.note) == ("PGM", "uint8", None)
    assert np.array_equal(image.read(Region.whole(2, 3)), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"P5\n3 2\n255\n" + PIXELS[:5], "it is truncated: 16 bytes"),
        (b"P5\n3 2\n255\n" + 2 * PIXELS, "it is too long: 23 bytes"),
        (b"P5\n0 2\n255\n", "which is no image"),
        (b"P5\n3 2\n0\n" + PIXELS, "its largest value is said to be 0; write it with 255"),
        (b"P5\n3 2\n999\n" + PIXELS, "its largest value is said to be 999; write it with 255"),
        (b"P5\n999999999 999999999\n255\n", "it is truncated"),
    ],
)
def test_broken_ones(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = write_file(tmp_path / "a.pgm", content)
    assert complaint in refused(path)
    assert complaint in without_memory(path)
