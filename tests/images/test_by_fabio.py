"""Formats that only fabio reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fabio.pnmimage import PnmImage

from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    SHAPE,
    pixels,
    refused,
)


class TestOtherFormats:
    def test_what_fabio_opens_is_read_and_said_to_be(self, tmp_path: Path) -> None:
        import h5py

        whole = pixels("u2")
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["entry/data/data_000001"] = whole[None]
        PnmImage(data=whole).save(str(tmp_path / "a.pgm"))
        for name in ("a.h5", "a.pgm"):
            image = open_image(tmp_path / name, SHAPE)
            assert np.array_equal(image.read(Region.whole(*SHAPE)), whole.astype(np.float32))
            assert image.format.endswith("of fabio")
            assert "which does not say whether it is whole" in str(image.note)

    def test_what_fabio_does_not_open_is_refused(self, tmp_path: Path) -> None:
        for name in ("a.h5", "a.mccd", "a.mar3450", "a.pgm"):
            assert "fabio cannot read it (" in refused(write_file(tmp_path / name, b"none" * 99))
