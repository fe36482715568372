"""Broken CBF images."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    check_read,
    content,
    pixels,
    refused,
    without_memory,
)


class TestBrokenCbf:
    @pytest.mark.parametrize(
        ("old", "new", "complaint"),
        [
            (
                rb"Fastest-Dimension: 9",
                b"Fastest-Dimension: 8",
                "it holds 63 pixels, where its header",
            ),
            (
                rb"Fastest-Dimension: 9",
                b"Fastest-Dimension: x",
                "Fastest-Dimension 'x' instead of a",
            ),
            (
                rb"Second-Dimension: \d",
                b"Second-Dimension:-7",
                "-Dimension '-7' instead of a whole",
            ),
            (
                rb"Second-Dimension: \d",
                b"Second-Dimension: 9999999999999",
                "it holds 63 pixels, where",
            ),
            (rb"X-Binary-Size: \d+", b"X-Binary-Size: 99999999", "it is truncated"),
            (rb"X-Binary-Size: \d+", b"X-Binary-Size: 100", "do not give its Content-MD5"),
            (rb"Content-MD5: \S", b"Content-MD5: x", "its pixels do not give its Content-MD5"),
            (rb"Content-MD5: \S+", b"Content-MD5: abc", "its pixels do not give its Content-MD5"),
            (rb"X-Binary-Size: \d+\s", b"", "its header has X-Binary-Size '' instead of a whole"),
            (
                rb"signed 32-bit integer",
                b"signed 32-bit real IEEE",
                "where whole numbers of 8 to 64",
            ),
            (rb"BYTE_OFFSET", b"PACKED", "its pixels are packed by 'x-CBF_PACKED', where"),
            (rb"\x0c\x1a\x04\xd5", b"", "its binary section has no bytes 0C 1A 04 D5"),
            (rb"conversions=.*\n", b"\n", "its header has no conversions, where x-CBF_BYTE_OFFSET"),
            (rb"Encoding: BINARY", b"Encoding: BASE64", "its pixels are encoded as 'BASE64'"),
            (rb"X-Binary-Element-Type:.*\n", b"", "its header has no X-Binary-Element-Type"),
            (rb"--CIF-BINARY-FORMAT-SECTION--\r", b"--\r", "it has no binary section"),
        ],
    )
    def test_what_its_header_says(
        self, tmp_path: Path, old: bytes, new: bytes, complaint: str
    ) -> None:
        whole, times = re.subn(old, lambda _: new, content(tmp_path, "CBF"))
        assert times == 1
        assert complaint in without_memory(write_file(tmp_path / "a.cbf", whole))

    @pytest.mark.parametrize("item", [b"\x80", b"\x80\1", b"\x80\0\x80\1", b"\x80\0\x80\0\0\0\x80"])
    def test_a_last_pixel_that_is_cut_short(self, tmp_path: Path, item: bytes) -> None:
        data = re.sub(rb"Content-MD5.*\n", b"", content(tmp_path, "CBF"))
        begin = data.index(b"\x0c\x1a\x04\xd5") + 4
        binary = bytes(62) + item
        data = data[:begin] + binary
        data = re.sub(rb"X-Binary-Size: \d+", b"X-Binary-Size: %d" % len(binary), data)
        complaint = refused(write_file(tmp_path / "a.cbf", data))
        assert re.search("it holds (5|6)[0-9] pixels, where its header has 7 x 9", complaint)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (rb"octet-stream;\s+conversions", b"octet-stream; conversions"),
            (rb"octet-stream;\s+conversions", b"octet-stream;conversions"),
            (rb"signed 32-bit integer", b"Signed  32-bit integer"),
        ],
    )
    def test_a_header_written_in_another_way_is_read(
        self, tmp_path: Path, old: bytes, new: bytes
    ) -> None:
        whole, times = re.subn(old, new, content(tmp_path, "CBF"))
        assert times == 1
        check_read(write_file(tmp_path / "a.cbf", whole), pixels("i4"))

    def test_several_images(self, tmp_path: Path) -> None:
        whole = content(tmp_path, "CBF")
        path = write_file(tmp_path / "a.cbf", whole + whole[whole.index(b"--CIF") :])
        assert "it holds more than one image" in refused(path)
