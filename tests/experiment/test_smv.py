"""SMV images: masks and headers as they are, and one sentence for any broken one."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from parity_bridge.errors import FileError
from parity_bridge.experiment import smv as reader
from parity_bridge.experiment.smv import read_header, read_mask
from tests.experiment.smv_files import DTYPES, GEOMETRY, HEADER_BYTES, PIXELS, smv, write_file

MASK = [[0, 1, 1], [1, 0, 1]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


def refused(path: Path) -> str:
    for read in (read_mask, read_header):
        with pytest.raises(FileError) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    return str(caught.value)


class TestMask:
    def test_it_is_1_where_the_image_is_not_0(self, tmp_path: Path) -> None:
        mask = read_mask(write_file(tmp_path / "mask.img", smv()))
        assert mask.tolist() == MASK
        assert mask.dtype == np.uint8
        assert mask.shape == (2, 3)
        assert mask.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            mask[0, 0] = 1

    def test_either_byte_order_is_read(self, tmp_path: Path) -> None:
        # Zero is zero in both byte orders; only reading a larger type than stated would show.
        content = smv(PIXELS.astype(">u2"), BYTE_ORDER="big_endian")
        assert read_mask(write_file(tmp_path / "big.img", content)).tolist() == MASK

    @pytest.mark.parametrize("name", sorted(DTYPES))
    @pytest.mark.parametrize(("order", "mark"), [("little_endian", "<"), ("big_endian", ">")])
    def test_every_type_is_read(self, tmp_path: Path, name: str, order: str, mark: str) -> None:
        pixels = np.array([[0, 1], [100, 0], [2, 3]]).astype(DTYPES[name].replace("<", mark))
        types = {"TYPE": name} if name == "unsigned_short" else {"TYPE": None, "Data_type": name}
        path = write_file(tmp_path / "a.img", smv(pixels, BYTE_ORDER=order, **types))
        assert read_mask(path).tolist() == [[0, 1], [1, 0], [1, 1]]

    def test_no_byte_order_means_little_endian_and_no_dimension_two(self, tmp_path: Path) -> None:
        content = smv(BYTE_ORDER=None, DIM=None)
        assert read_mask(write_file(tmp_path / "a.img", content)).tolist() == MASK

    @settings(deadline=None, max_examples=50)
    @given(arrays("<u2", array_shapes(min_dims=2, max_dims=2, max_side=20)))
    def test_any_image(self, folder: Path, pixels: np.ndarray) -> None:
        # Every image has its own file: one file may change twice within a tick of the clock.
        path = write_file(folder / f"{pixels.shape}-{hash(pixels.tobytes())}.img", smv(pixels))
        assert np.array_equal(read_mask(path), pixels != 0)

    def test_an_image_is_cached_until_it_changes(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "mask.img", smv())
        assert read_mask(path) is read_mask(path)
        write_file(path, smv(np.ones((1, 1), "<u2")))
        assert read_mask(path).tolist() == [[1]]


class TestHeader:
    def test_every_keyword_of_the_geometry_is_read(self, tmp_path: Path) -> None:
        header = read_header(write_file(tmp_path / "a.img", smv()))
        # DISTANCE occurs for the last time inside CLOSE_DISTANCE.
        distance = GEOMETRY["CLOSE_DISTANCE"]
        assert header == {"SIZE1": 3, "SIZE2": 2, **GEOMETRY, "DISTANCE": distance}
        assert [type(header[name]) for name in ("SIZE1", "SIZE2", "DISTANCE")] == [int, int, float]
        with pytest.raises(TypeError):
            header["PHI"] = 1  # type: ignore[index]

    def test_what_is_not_in_the_header_is_left_out(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords={"DETECTOR_SN": 457, "TWOTHETA": 0}))
        assert read_header(path) == {"SIZE1": 3, "SIZE2": 2}

    @pytest.mark.parametrize(
        ("keywords", "read"),
        [
            ({"XDS_ORGX": 5, "XDS_ORGY": 6}, {"ORGX": 5.0, "ORGY": 6.0}),
            ({"XDS_ORGX": 5, "ORGX": 7}, {"ORGX": 7.0}),
            ({"ORGX": 7, "XDS_ORGX": 5}, {"ORGX": 5.0}),
            ({"CLOSE_DISTANCE": 5, "DISTANCE": 7}, {"DISTANCE": 7.0, "CLOSE_DISTANCE": 5.0}),
            ({"DISTANCE": 7, "CLOSE_DISTANCE": 5}, {"DISTANCE": 5.0, "CLOSE_DISTANCE": 5.0}),
            ({"OSC_START": 5}, {}),
            ({"TWOTHETA": "nan"}, {}),
            ({"PHI": 5, "COMMENT": "PHI is 7 = 8"}, {"PHI": 8.0}),
            ({"DISTANCE": "250 mm"}, {"DISTANCE": 250.0}),
            ({"DISTANCE": 3, "PIXEL_SIZE": "0.1, 0.2"}, {"PIXEL_SIZE": 0.1, "DISTANCE": 3.0}),
        ],
    )
    def test_a_value_follows_the_last_place_of_its_keyword(
        self, tmp_path: Path, keywords: dict[str, object], read: dict[str, float]
    ) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords=keywords))
        assert read_header(path) == {"SIZE1": 3, "SIZE2": 2, **read}

    @pytest.mark.parametrize(
        ("keyword", "value", "complaint"),
        [
            ("PIXEL_SIZE", "nan", "has PIXEL_SIZE 'nan' instead of a finite number; correct it"),
            ("WAVELENGTH", "inf", "has WAVELENGTH 'inf' instead of a finite number"),
            ("WAVELENGTH", "", "has WAVELENGTH '' instead of a finite number"),
            ("BEAM_CENTER_X", "1e999", "has BEAM_CENTER_X '1e999' instead of a finite number"),
            ("BEAM_CENTER_Y", "_10", "has BEAM_CENTER_Y '_10' instead of a finite number"),
            ("ORGX", "x", "has ORGX 'x' instead of a finite number"),
            ("XDS_ORGY", "x", "has ORGY 'x' instead of a finite number"),
            ("PHI", "x" * 100, "has PHI '" + "x" * 40 + "' instead of a finite number"),
        ],
    )
    def test_an_impossible_value_is_refused(
        self, tmp_path: Path, keyword: str, value: str, complaint: str
    ) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords={keyword: value}))
        assert f"image {path}: its header {complaint}" in refused(path)


class TestBroken:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert "does not exist" in refused(tmp_path / "nothing.img")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "is a folder" in refused(tmp_path)

    def test_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in refused(tmp_path / "pipe")

    def test_an_empty_file(self, tmp_path: Path) -> None:
        assert "is empty" in refused(write_file(tmp_path / "a.img", b""))

    def test_a_file_too_large_to_be_an_image_is_not_read(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv())
        os.truncate(path, 2**40)
        assert f"has {2**40} bytes, more than the {2**31} allowed" in refused(path)

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"0 0 1 5\n", "does not begin with an SMV header"),
            (PIXELS.tobytes() * 1000, "does not begin with an SMV header"),
            (b"{", "does not begin with an SMV header"),
            (b"{\nSIZE1=3;\nSIZE2=2;\n}\n", "does not begin with an SMV header"),
            (b"{\nHEADER_BYTES\n", "does not begin with an SMV header"),
            (b"\x1f\x8b" + smv(), "does not begin with an SMV header"),
            (smv(HEADER_BYTES=""), "HEADER_BYTES '' instead of a whole number above 0; correct it"),
            (smv(HEADER_BYTES="nan"), "HEADER_BYTES 'nan' instead of a whole number"),
            (smv(HEADER_BYTES=-512), "HEADER_BYTES '-512' instead of a whole number"),
            (smv(HEADER_BYTES=0), "HEADER_BYTES '0' instead of a whole number"),
            (smv(HEADER_BYTES=10**30), "but the file only 524 bytes; write it anew"),
            (smv(HEADER_BYTES=511), "is too long: 524 bytes, where HEADER_BYTES 511, SIZE1 3"),
            (smv(HEADER_BYTES=513), "is truncated: 524 bytes, where HEADER_BYTES 513, SIZE1 3"),
            (smv(HEADER_BYTES=20), "its header has no TYPE; only unsigned_short can be read here"),
            (
                smv(keywords={"NOTE_SIZE1": 5}),
                "the last SIZE2 and SIZE1 of its header are 2 and 5, but its pixels are 2 and 3",
            ),
            (smv(HEADER_BYTES="9" * 5000), f"HEADER_BYTES '{'9' * 40}' but the file only"),
            (smv(SIZE1=None), "its header has no SIZE1 instead of a whole number above 0"),
            (smv(SIZE2=None), "its header has no SIZE2 instead of a whole number above 0"),
            (smv(SIZE1=0), "SIZE1 '0' instead of a whole number above 0"),
            (smv(SIZE1=0, SIZE2=0), "SIZE1 '0' instead of a whole number above 0"),
            (smv(SIZE1=-3), "SIZE1 '-3' instead of a whole number above 0"),
            (smv(SIZE1=-1), "SIZE1 '-1' instead of a whole number above 0"),
            (smv(SIZE1=-3, SIZE2=-2), "SIZE1 '-3' instead of a whole number above 0"),
            (smv(SIZE2="2.0"), "SIZE2 '2.0' instead of a whole number above 0"),
            (smv(SIZE2="nan"), "SIZE2 'nan' instead of a whole number above 0"),
            (smv(SIZE1=2**31, SIZE2=2**31), "is truncated: 524 bytes"),
            (smv(SIZE1=10**400), "is truncated"),
            (smv(SIZE1=2, SIZE2=3)[:-1], "is truncated: 523 bytes, where"),
            (smv()[:-1], "is truncated: 523 bytes, where HEADER_BYTES 512, SIZE1 3 and SIZE2 2"),
            (smv()[:-2], "with 2 bytes a pixel need 524; write it anew"),
            (smv()[:HEADER_BYTES], "is truncated: 512 bytes"),
            (smv() + b"\0", "is too long: 525 bytes"),
            (smv(TYPE="float"), "TYPE 'float'; only unsigned_short can be read here"),
            (smv(TYPE="unsigned_long"), "TYPE 'unsigned_long'; only unsigned_short"),
            (smv(TYPE=None), "no TYPE; only unsigned_short"),
            (smv(Data_type="Compressed"), "Data_type 'Compressed'; only signed char or"),
            (smv(Data_type="Other_type"), "Data_type 'Other_type'; only signed char or"),
            (smv(Data_type="unsigned_short"), "Data_type 'unsigned_short'; only signed char or"),
            (smv(Data_type="long int"), "with 4 bytes a pixel need 536"),
            (smv(BYTE_ORDER="middle"), "BYTE_ORDER 'middle'; only little_endian or big_endian"),
            (smv(DIM=1), "DIM '1'; only 2 can be read here"),
            (smv(DIM=3, SIZE3=1), "DIM '3'; only 2 can be read here"),
            (smv(DIM=10**9), "DIM '1000000000'; only 2 can be read here"),
            (smv(DIM="x"), "DIM 'x'; only 2 can be read here"),
        ],
    )
    def test_a_broken_image_is_refused(
        self, tmp_path: Path, content: bytes, complaint: str
    ) -> None:
        assert complaint in refused(write_file(tmp_path / "broken.img", content))

    def test_a_second_header_size_is_refused(self, tmp_path: Path) -> None:
        # fabio uses the first one and reports the last.
        content = smv(PIXELS, {}).replace(b"TYPE=", b"HEADER_BYTES=510;\nTYPE=", 1)
        content = content.replace(b" " * len(b"HEADER_BYTES=510;\n"), b"", 1)
        for cut in (content, content[:-2]):
            assert "image" in refused(write_file(tmp_path / "broken.img", cut))

    def test_what_only_fabio_cannot_read_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Fails:
            def __init__(self) -> None:
                self.header = {"HEADER_BYTES": "512", "TYPE": "unsigned_short"}
                self.header |= {"SIZE1": "3", "SIZE2": "2"}

            def read(self, stream: object) -> None:
                raise RecursionError

        monkeypatch.setattr(reader, "_smv_reader", lambda: Fails)
        path = write_file(tmp_path / "a.img", smv())
        assert "fabio cannot read it as an SMV image; write it anew" in refused(path)

    def test_an_absurd_size_takes_no_memory(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv(SIZE1=2**16, SIZE2=2**16))
        refused(path)
        tracemalloc.start()
        refused(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000

    @settings(deadline=None)
    @given(cut=st.integers(0, 524), place=st.integers(0, 523), byte=st.binary(max_size=3))
    @example(cut=524, place=0, byte=b"{")
    def test_damage_anywhere_gives_an_image_or_one_sentence(
        self, folder: Path, cut: int, place: int, byte: bytes
    ) -> None:
        content = smv()
        content = (content[:place] + byte + content[place + len(byte) :])[:cut]
        path = write_file(folder / f"{cut}-{place}-{byte.hex()}.img", content)
        try:
            sizes = read_header(path)
        except FileError:
            refused(path)
        else:
            assert read_mask(path).shape == (sizes["SIZE2"], sizes["SIZE1"])


def test_fabio_writes_nothing_to_the_terminal(tmp_path: Path) -> None:
    paths = [
        write_file(tmp_path / "good.img", smv(BYTE_ORDER=None, DIM=None)),
        write_file(tmp_path / "bad.img", smv(BYTE_ORDER="x", TYPE="y", DIM=None)[:300]),
    ]
    code = (
        "import sys; from pathlib import Path; from parity_bridge.experiment.smv import *\n"
        "from parity_bridge.errors import FileError\n"
        "assert 'fabio' not in sys.modules\n"
        "for path in sys.argv[1:]:\n"
        "    try: read_mask(Path(path))\n"
        "    except FileError: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
