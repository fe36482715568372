"""Broken EDF images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    content,
    refused,
    without_memory,
)


class TestBrokenEdf:
    @pytest.mark.parametrize(
        ("old", "new", "complaint"),
        [
            (b"Dim_1 = 9 ", b"Dim_1 = 10", "it is truncated"),
            (b"Dim_1 = 9 ;", b"Dim_1 =99999999999;", "it is truncated"),
            (b"Dim_1 = 9 ;", b"Dim_1 =-9 ;", "pixels, which is no image"),
            (b"Dim_2 = 7 ;", b"Dim_3 = 7 ;", "it has 3 dimensions; write one image"),
            (b"Dim_2 = 7 ;", b"Dim_999999999999 = 7 ;", "it has more than 99 dimensions"),
            (b"SignedInteger", b"SignedIntegex", "it cannot be read as EDF"),
            (
                b"LowByteFirst ;",
                b"LowByteFirst ;\nCompression = GZIP ;",
                "its pixels are compressed",
            ),
            (
                b"LowByteFirst ;",
                b"LowByteFirst ;\nEDF_BinaryFileName = passwd ;",
                "it stores its pixels in another file; write both in one",
            ),
            (
                b";\nSize = 252",
                b";\nSize =-252",
                "it is truncated: 512 bytes, where a header of 512",
            ),
        ],
    )
    def test_what_its_header_says(
        self, tmp_path: Path, old: bytes, new: bytes, complaint: str
    ) -> None:
        whole = content(tmp_path, "EDF")
        assert whole.count(old) == 1
        assert complaint in without_memory(write_file(tmp_path / "a.edf", whole.replace(old, new)))

    def test_a_block_that_leads_back_to_its_own_header(self, tmp_path: Path) -> None:
        whole = b"\n\n" + content(tmp_path, "EDF").replace(b";\nSize = 252", b";\nSize =-1024")
        path = write_file(tmp_path / "a.edf", whole)
        assert "it cannot be read as EDF; write it anew" in without_memory(path)

    def test_several_images(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.edf", content(tmp_path, "EDF") * 3)
        assert "it holds more than one image; write the one to compare on its own" in refused(path)
