"""Broken images of any format: one sentence each, and never wrong pixels."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any

import pytest
from fabio.dtrekimage import DtrekImage
from fabio.edfimage import EdfImage
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_bridge.errors import FileError
from parity_bridge.experiment.regions import Region
from parity_bridge.images import unpacking as module
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import smv, write_file
from tests.images.image_files import (
    CLASSES,
    SHAPE,
    check_read,
    content,
    numpy_file,
    of_any,
    pixels,
    refused,
)


class TestBroken:
    @pytest.mark.parametrize(
        "text",
        [
            b"0 0 1 5\n",
            b"\0" * 4096,
            b"\x04\x2d" * 1000,
            b"<xml></xml>",
            b"\x89HDF\r\n\x1a\n" + bytes(100),
            b"P7\nWIDTH 2\n",
            gzip.compress(b"text", mtime=0),
        ],
    )
    def test_what_is_no_image(self, tmp_path: Path, text: bytes) -> None:
        complaint = refused(write_file(tmp_path / "a.img", text))
        assert (
            "no image of a format read here (SMV, EDF, CBF, TIFF, PGM, .npy, .bin) or" in complaint
        )

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            (b'{"json": 1}', "it cannot be read as EDF; write it anew"),
            (b"II*\0", "it cannot be read as TIFF; write it anew"),
            (b"MM\0*" + bytes(100), "it holds no image; name another file"),
            (b"###CBF: VERSION 1.5\n" * 9, "it has no binary section, which a CBF needs"),
            (b"{\nHEADER_BYTES=512;\n", "but the file only 20 bytes; write it anew"),
            (b"\x1f\x8bxx" + bytes(20), "it cannot be unpacked (Unknown compression method"),
            (gzip.compress(smv())[:-9], "it cannot be unpacked (Compressed file ended before"),
            (bz2.compress(smv())[:-9], "it cannot be unpacked (Compressed file ended before"),
            (b"BZh9 is how this text begins", "it cannot be unpacked (Invalid data stream)"),
        ],
    )
    def test_what_only_begins_like_one(self, tmp_path: Path, text: bytes, complaint: str) -> None:
        assert complaint in refused(write_file(tmp_path / "a.img", text))

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            (gzip.compress(b"\x93NUMPY\1\0", mtime=0), "it is a .npy file that is packed"),
            (b"\xfd7zXZ\0" + bytes(99), "it is packed with xz; unpack it"),
            (b"PK\3\4" + bytes(99), "it is a ZIP archive; unpack it"),
            (b"MTZ " + bytes(99), "it is an MTZ file, no image of a format read here"),
            (b"II+\0" + bytes(99), "it is a BigTIFF image, no image of a format read here"),
            (b"\x89HDF\r\n\x1a\n" + bytes(99), "it is an HDF5 file, no image of a"),
        ],
    )
    def test_a_file_of_another_kind_is_named(
        self, tmp_path: Path, text: bytes, complaint: str
    ) -> None:
        assert complaint in refused(write_file(tmp_path / "a.img", text))

    def test_half_a_number_in_a_bin(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.bin", bytes(251))
        assert "251 bytes are no whole number of float32" in refused(path, SHAPE)

    @pytest.mark.parametrize("name", CLASSES)
    def test_a_truncated_one(self, tmp_path: Path, name: str) -> None:
        whole = content(tmp_path, name)
        for size in (len(whole) - 64, len(whole) - 200):
            assert "truncated" in refused(write_file(tmp_path / f"{size}.img", whole[:size]))

    @pytest.mark.parametrize("name", CLASSES)
    def test_one_cut_anywhere_is_never_read_wrongly(self, tmp_path: Path, name: str) -> None:
        whole = content(tmp_path, name)
        for size in range(0, len(whole), max(1, len(whole) // 60)):
            path = write_file(tmp_path / f"{size}.img", whole[:size])
            try:
                check_read(path, pixels("i4"))
            except FileError:
                refused(path)

    def test_one_that_unpacks_to_too_much(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_BYTES", 10_000_000)
        path = write_file(tmp_path / "a.img.gz", gzip.compress(bytes(10_000_001)))
        assert "unpacks to more than 10000000 bytes" in refused(path)

    @settings(deadline=None, max_examples=150)
    @given(
        name=st.sampled_from([*CLASSES, "npy"]),
        cut=st.floats(0, 1),
        place=st.floats(0, 1),
        byte=st.binary(max_size=3),
    )
    def test_damage_anywhere_gives_an_image_or_one_sentence(
        self, folder: Path, name: str, cut: float, place: float, byte: bytes
    ) -> None:
        path = folder / f"damaged-{name}"
        whole = (
            numpy_file(folder / "a.npy", pixels()).read_bytes()
            if name == "npy"
            else content(folder, name)
        )
        at = int(place * len(whole))
        damaged = whole[:at] + byte + whole[at + len(byte) :]
        write_file(path, damaged[: int(len(damaged) * (1 - cut**4))])
        try:
            image = open_image(path, None)
        except FileError:
            refused(path)
        else:
            assert image.read(Region.whole(*image.shape)).shape == image.shape


def test_whatever_fabio_raises_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(EdfImage, "read", fails)
    assert "it cannot be read as EDF" in refused(of_any(tmp_path / "a.edf"))
    monkeypatch.setattr(DtrekImage, "read", fails)
    assert "it does not begin with an SMV header" in refused(write_file(tmp_path / "a.img", smv()))
