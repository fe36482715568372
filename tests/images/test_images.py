"""Other people's images: every format read to the last bit, and one sentence for what is broken."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import pickle
import re
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from fabio.dtrekimage import DtrekImage
from fabio.edfimage import EdfImage
from fabio.pnmimage import PnmImage
from fabio.TiffIO import TiffIO
from fabio.tifimage import TifImage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from parity_bridge.errors import FileError, ShapeError, UsageError
from parity_bridge.experiment.regions import Region
from parity_bridge.images import image_formats as module
from parity_bridge.images.image_file import ImageFile, open_image
from tests.experiment.smv_files import smv, write_file

SHAPE = (7, 9)
REGION = Region(range(2, 6), range(3, 9))
#: What each format can hold.
DTYPES = {
    "EDF": "f4 f8 u1 i1 u2 i2 u4 i4 u8 i8".split(),
    "CBF": "u1 i1 u2 i2 u4 i4 i8".split(),
    "TIFF": "f4 u1 i1 u2 i2 u4 i4".split(),
    "SMV": "f4 u1 i1 u2 i2 u4 i4".split(),
}
CLASSES = {"EDF": EdfImage, "CBF": CbfImage, "TIFF": TifImage, "SMV": DtrekImage}
CASES = [(name, dtype) for name, dtypes in DTYPES.items() for dtype in dtypes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


def pixels(dtype: str = "f4", shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """All bytes, within what float64 holds exactly."""
    random = np.random.default_rng(5)
    if np.dtype(dtype).kind == "f":
        return random.normal(scale=1e3, size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    most = min(limits.max, 2**40)
    return random.integers(max(limits.min, -most), most, size=shape, dtype=np.int64).astype(dtype)


def saved(path: Path, name: str, values: NDArray[Any]) -> Path:
    CLASSES[name](data=values).write(str(path))
    return path


def content(tmp_path: Path, name: str, dtype: str = "i4") -> bytes:
    return saved(tmp_path / "whole", name, pixels(dtype)).read_bytes()


def numpy_file(path: Path, values: NDArray[Any], **options: Any) -> Path:
    np.save(path, values, **options)
    return path


def check_read(path: Path, values: NDArray[Any]) -> None:
    image = open_image(path, values.shape)
    assert image.shape == values.shape
    assert image.dtype == values.dtype.name
    for region in (REGION, Region.whole(*values.shape)):
        rows, columns = region.slow, region.fast
        found = image.read(region)
        part = values[rows.start : rows.stop, columns.start : columns.stop]
        assert found.dtype == np.float32
        assert found.flags.c_contiguous
        assert found.flags.owndata
        assert np.array_equal(found, part.astype(np.float32))


def unpickled(packed: bytes) -> ImageFile:
    """What a worker gets."""
    image: ImageFile = pickle.loads(packed)  # noqa: S301 - packed here
    return image


def refused(path: Path, shape: tuple[int, int] | None = None, error: Any = FileError) -> str:
    with pytest.raises(error) as caught:
        open_image(path, shape)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestFormats:
    def test_bin(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "floatimage.bin", pixels("<f4").tobytes())
        check_read(path, pixels())
        assert open_image(path, SHAPE).format == "bin"

    @pytest.mark.parametrize("dtype", "<f4 >f4 <f2 <f8 >f8 <f16 |u1 |i1 >u2 <i4 >i8 <u8".split())
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_npy(self, tmp_path: Path, dtype: str, order: Any) -> None:
        path = numpy_file(
            tmp_path / "a.npy", np.asarray(pixels(dtype[1:]).astype(dtype), order=order)
        )
        check_read(path, pixels(dtype[1:]))
        assert open_image(path, None).format == "npy"

    def test_npy_of_true_and_false(self, tmp_path: Path) -> None:
        check_read(numpy_file(tmp_path / "a.npy", pixels() > 0), pixels() > 0)

    @pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
    def test_npy_of_any_version(self, tmp_path: Path, version: tuple[int, int]) -> None:
        path = tmp_path / "named_otherwise"
        with path.open("wb") as file:
            np.lib.format.write_array(file, pixels(), version=version)
        check_read(path, pixels())

    @pytest.mark.parametrize(
        "header",
        [
            '{"shape": (7,9), "fortran_order": False, "descr": "<f4"}',
            "{'descr':'<f4','fortran_order':False,'shape':(7L, 9L)}",
        ],
    )
    def test_npy_by_other_programs(self, tmp_path: Path, header: str) -> None:
        start = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode()
        check_read(write_file(tmp_path / "a.npy", start + pixels().tobytes()), pixels())

    @pytest.mark.parametrize(("name", "dtype"), CASES)
    def test_what_fabio_writes(self, tmp_path: Path, name: str, dtype: str) -> None:
        path = saved(tmp_path / "image", name, pixels(dtype))
        check_read(path, pixels(dtype))
        assert open_image(path, None).format == name

    @pytest.mark.parametrize("name", CLASSES)
    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
    def test_packed(self, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
        path = write_file(tmp_path / "image", pack(content(tmp_path, name)))
        check_read(path, pixels("i4"))
        assert open_image(path, None).format == name

    def test_smv_as_nanobragg_writes_it(self, tmp_path: Path) -> None:
        values = pixels("u2")
        check_read(write_file(tmp_path / "intimage.img", smv(values)), values)
        swapped = smv(values.astype(">u2"), BYTE_ORDER="big_endian")
        check_read(write_file(tmp_path / "big.img", swapped), values)

    def test_tiff_in_strips(self, tmp_path: Path) -> None:
        for order in "<>":
            check_read(write_file(tmp_path / f"{order}.tif", strips(order=order)), pixels("u2"))

    def test_edf_padded_at_its_end(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.edf", content(tmp_path, "EDF").replace(b"252", b"512", 1))
        with path.open("ab") as file:
            file.write(bytes(512 - 252))
        check_read(path, pixels("i4"))

    @settings(deadline=None, max_examples=40)
    @given(
        # fabio cannot write a CBF of larger steps.
        values=arrays(
            np.int32,
            array_shapes(min_dims=2, max_dims=2, max_side=12),
            elements=st.integers(-(2**30), 2**30 - 1),
        ),
        name=st.sampled_from(sorted(CLASSES)),
    )
    def test_any_integers(self, folder: Path, values: NDArray[np.int32], name: str) -> None:
        path = saved(folder / f"{name}{values.shape}{hash(values.tobytes())}", name, values)
        found = open_image(path, values.shape).read(Region.whole(*values.shape))
        assert np.array_equal(found, values.astype(np.float32))


def strips(replaced: Mapping[str, int] = MappingProxyType({}), order: str = "<") -> bytes:
    """A TIFF of ``pixels("u2")`` in strips of two rows, ``replaced`` in its directory."""
    rows, row = SHAPE[0], SHAPE[1] * 2
    starts = [8 + first * row for first in range(0, rows, 2)]
    sizes = [min(2, rows - first) * row for first in range(0, rows, 2)]
    at = 8 + rows * row
    tags = {"width": SHAPE[1], "rows": rows, "per_strip": 2, "compression": 1, **replaced}
    entries = [
        (256, "I", 1, tags["width"]),
        (257, "I", 1, tags["rows"]),
        (258, "H2x", 1, 16),
        (259, "H2x", 1, tags["compression"]),
        (262, "H2x", 1, 1),
        (273, "I", len(sizes), at),
        (278, "I", 1, tags["per_strip"]),
        (279, "I", len(sizes), at + 4 * len(sizes)),
    ]
    kinds = {"H2x": 3, "I": 4}
    return b"".join(
        [
            {"<": b"II*\0", ">": b"MM\0*"}[order],
            struct.pack(f"{order}I", at + 8 * len(sizes)),
            pixels("u2").astype(f"{order}u2").tobytes(),
            struct.pack(f"{order}{2 * len(sizes)}I", *starts, *sizes),
            struct.pack(f"{order}H", len(entries)),
            *(
                struct.pack(f"{order}HHI{form}", tag, kinds[form], count, value)
                for tag, form, count, value in entries
            ),
            bytes(4),
        ]
    )


class TestImage:
    @pytest.mark.parametrize("dtype", ["f4", "f2", "u2", "i1"])
    def test_what_float32_holds_needs_no_note(self, tmp_path: Path, dtype: str) -> None:
        assert open_image(numpy_file(tmp_path / "a.npy", pixels(dtype)), None).note is None

    @pytest.mark.parametrize("dtype", ["f8", "i4", "u8"])
    def test_what_it_does_not_hold_is_noted(self, tmp_path: Path, dtype: str) -> None:
        note = open_image(numpy_file(tmp_path / "a.npy", pixels(dtype)), None).note
        assert note is not None
        assert f"a.npy holds {np.dtype(dtype).name}; its values are rounded to float32" in note

    def test_what_is_too_large_for_float32_is_infinite(self, tmp_path: Path) -> None:
        path = numpy_file(tmp_path / "a.npy", np.array([[1e300, -1e300, np.nan]]))
        assert str(open_image(path, None).read(Region.whole(1, 3)).tolist()) == "[[inf, -inf, nan]]"

    def test_its_digest(self, tmp_path: Path) -> None:
        path = numpy_file(tmp_path / "a.npy", pixels())
        image = open_image(path, None)
        assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_a_region_that_is_not_on_it_is_refused(self, tmp_path: Path) -> None:
        image = open_image(numpy_file(tmp_path / "a.npy", pixels()), None)
        with pytest.raises(UsageError, match=re.escape("choose pixels from 0..6")):
            image.read(Region(range(8), range(9)))

    def test_threads_share_it(self, tmp_path: Path) -> None:
        values = pixels(shape=(64, 64))
        image = open_image(numpy_file(tmp_path / "a.npy", values), None)
        regions = [Region(range(row, row + 1), range(64)) for row in range(64)] * 4
        with ThreadPoolExecutor(4) as pool:
            rows = list(pool.map(image.read, regions))
        assert np.array_equal(np.concatenate(rows), np.tile(values, (4, 1)))

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_another_process_opens_it_anew(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        image = open_image(of_any(Path(name)), SHAPE)
        packed = pickle.dumps(image)
        assert len(packed) < 1000
        monkeypatch.chdir("/")
        again = unpickled(packed)
        assert np.array_equal(again.read(REGION), pixels()[2:6, 3:9])
        assert (again.version, again.dtype, again.format) == (
            image.version,
            image.dtype,
            image.format,
        )

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_a_file_that_changed_is_refused(self, tmp_path: Path, name: str) -> None:
        path = of_any(tmp_path / name)
        image = open_image(path, SHAPE)
        packed = pickle.dumps(image)
        os.utime(path, ns=(1, 1))
        for act in (lambda: image.read(REGION), lambda: image.sha256, lambda: unpickled(packed)):
            with pytest.raises(FileError, match=r"has changed since it was opened; start again"):
                act()
        path.unlink()
        for act in (lambda: image.read(REGION), lambda: image.sha256, lambda: unpickled(packed)):
            with pytest.raises(FileError, match=str(path)):
                act()

    def test_a_copy_on_another_device_is_the_same(self, tmp_path: Path) -> None:
        image = open_image(of_any(tmp_path / "a.npy"), SHAPE)
        function, (path, shape, version) = image.__reduce__()
        assert function(path, shape, version._replace(device=7)).shape == SHAPE


def of_any(path: Path) -> Path:
    """``path``, which now holds ``pixels()`` in the format of its ending."""
    if path.suffix == ".bin":
        return write_file(path, pixels("<f4").tobytes())
    return numpy_file(path, pixels()) if path.suffix == ".npy" else saved(path, "EDF", pixels())


class TestShape:
    @pytest.mark.parametrize("name", ["a.npy", "a.edf"])
    def test_another_one_is_refused(self, tmp_path: Path, name: str) -> None:
        complaint = refused(of_any(tmp_path / name), (9, 7), ShapeError)
        assert "has 7 slow x 9 fast pixels, the detector 9 x 7; give the image's own" in complaint

    def test_a_bin_of_another_size_is_refused(self, tmp_path: Path) -> None:
        complaint = refused(of_any(tmp_path / "a.bin"), (7, 8), ShapeError)
        assert "has 252 bytes, where 7 slow x 8 fast pixels of float32 need 224" in complaint
        assert "-detpixels or -detsize" in complaint

    def test_a_bin_says_nothing_of_its_own(self, tmp_path: Path) -> None:
        complaint = refused(of_any(tmp_path / "a.bin"), None, UsageError)
        assert "does not say how many pixels it has; give nanoBragg flags" in complaint


class TestNoFile:
    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.img"])
    def test_nothing_a_folder_a_pipe_an_empty_file(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        assert "does not exist" in refused(path, SHAPE)
        path.mkdir()
        assert "is a folder" in refused(path, SHAPE)
        path.rmdir()
        os.mkfifo(path)
        assert "not a regular file" in refused(path, SHAPE)
        path.unlink()
        path.touch()
        assert "it is empty" in refused(path, SHAPE)

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_one_that_may_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        path = of_any(tmp_path / name)

        # Root may read anything.
        def denied(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", denied)
        monkeypatch.setattr(np, "memmap", denied)
        assert "cannot be read (Permission denied); check name and perm" in refused(path, SHAPE)

    def test_one_too_large_to_be_an_image(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv())
        os.truncate(path, 2**40)
        assert f"has {2**40} bytes, more than the {2**31} allowed; use a .npy" in refused(path)


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
            assert "which does not tell whether it is whole" in str(image.note)

    def test_what_fabio_does_not_open_is_refused(self, tmp_path: Path) -> None:
        for name in ("a.h5", "a.mccd", "a.mar3450", "a.pgm"):
            assert "fabio cannot read it (" in refused(write_file(tmp_path / name, b"none" * 99))


class TestBroken:
    @pytest.mark.parametrize(
        "text",
        [
            b"0 0 1 5\n",
            b"\0" * 4096,
            b"\x04\x2d" * 1000,
            b"<xml></xml>",
            b"\x89HDF\r\n\x1a\n" + bytes(100),
            b"P5 2 2 255 abcd",
            gzip.compress(b"text", mtime=0),
            gzip.compress(b"\x93NUMPY\1\0", mtime=0),
        ],
    )
    def test_what_is_no_image(self, tmp_path: Path, text: bytes) -> None:
        complaint = refused(write_file(tmp_path / "a.img", text))
        assert "no image of a format read here (SMV, EDF, CBF, TIFF, .npy, .bin) or" in complaint

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


class TestBrokenNpy:
    @pytest.mark.parametrize(
        ("values", "complaint"),
        [
            (np.zeros((2, 3, 4)), "it holds an array of 3 dimensions; save one image"),
            (np.zeros(5), "it holds an array of 1 dimensions"),
            (np.zeros(()), "it holds an array of 0 dimensions"),
            (np.zeros((0, 3)), "its header has 0 x 3 pixels, which is no image"),
            (np.zeros((2, 3), complex), "it holds values of type '<c16', not real numbers"),
            (np.array([["a"]]), "it holds values of type '<U1', not real numbers"),
            (np.zeros((1, 1), "M8[s]"), "it holds values of type '<M8[s]', not real numbers"),
            (np.zeros((1, 1), "f4,i4"), "it holds a table, not real numbers"),
        ],
    )
    def test_what_is_no_image(self, tmp_path: Path, values: NDArray[Any], complaint: str) -> None:
        assert complaint in refused(numpy_file(tmp_path / "a.npy", values))

    def test_objects_are_not_unpickled(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Any, ...]:
                return os.mkdir, (str(tmp_path / "sprung"),)

        values = np.array([[Trap()]], dtype=object)
        path = numpy_file(tmp_path / "a.npy", values, allow_pickle=True)
        assert "it holds values of type '|O', not real numbers" in refused(path)
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda whole: whole[:-1], "it is truncated: 379 bytes, where a header of 128 and 7"),
            (lambda whole: whole[:100], "its .npy header is not whole"),
            (lambda whole: whole[:7], "its .npy header is not whole"),
            (lambda whole: whole + b"\0", "it is too long: 381 bytes"),
            (lambda whole: whole * 2, "it is too long: 760 bytes"),
            (lambda whole: b"x" + whole, "it does not begin like a .npy; write it with numpy.save"),
            (lambda whole: whole.replace(b"descr", b"desch"), "its .npy header has no descr"),
            (lambda whole: whole.replace(b"(7, 9)", b"[7, 9]"), "its .npy header has no shape"),
            (lambda whole: whole.replace(b"False", b"Falsch"), "its .npy header has no fortran"),
            (lambda whole: whole.replace(b"<f4", b"<f3"), "it holds values of type '<f3'"),
            (lambda whole: whole.replace(b"NUMPY\1", b"NUMPY\4"), "its .npy header is not whole"),
        ],
    )
    def test_what_is_damaged(
        self, tmp_path: Path, change: Callable[[bytes], bytes], complaint: str
    ) -> None:
        whole = numpy_file(tmp_path / "whole.npy", pixels()).read_bytes()
        assert complaint in refused(write_file(tmp_path / "a.npy", change(whole)))

    @pytest.mark.parametrize("zeros", [6, 30, 5000])
    def test_an_absurd_size_takes_no_memory(self, tmp_path: Path, zeros: int) -> None:
        digits = "1" + "0" * zeros
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({digits}, {digits})}}"
        start = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little")
        path = write_file(tmp_path / "a.npy", start + header.encode() + bytes(100))
        assert "it is truncated" in without_memory(path)


def without_memory(path: Path) -> str:
    refused(path)
    tracemalloc.start()
    complaint = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    return complaint


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
                "it keeps its pixels in another file; write both in one",
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
            (rb"signed 32-bit integer", b"signed 32-bit real IEEE", "its pixels are no integers"),
            (rb"BYTE_OFFSET", b"PACKED", "its pixels are no integers in byte offsets"),
            (rb"\x0c\x1a\x04\xd5", b"", "it has no binary section"),
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
        pixels = bytes(62) + item
        data = data[:begin] + pixels
        data = re.sub(rb"X-Binary-Size: \d+", b"X-Binary-Size: %d" % len(pixels), data)
        complaint = refused(write_file(tmp_path / "a.cbf", data))
        assert re.search("it holds (5|6)[0-9] pixels, where its header has 7 x 9", complaint)

    def test_several_images(self, tmp_path: Path) -> None:
        whole = content(tmp_path, "CBF")
        path = write_file(tmp_path / "a.cbf", whole + whole[whole.index(b"--CIF") :])
        assert "it holds more than one image" in refused(path)


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

    def test_colours(self, tmp_path: Path) -> None:
        path = tmp_path / "a.tif"
        from PIL import Image

        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
        assert "it is a picture in colours; write one number a pixel" in refused(path)


class TestBrokenSmv:
    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"SIZE1": 2}, "it is too long"),
            ({"SIZE1": 10**9}, "it is truncated"),
            ({"TYPE": "mad"}, "its header has TYPE 'mad'; only unsigned_short can be read here"),
            ({"BYTE_ORDER": "middle"}, "only little_endian or big_endian can be read here"),
            ({"DIM": 3}, "its header has DIM '3'; only 2 can be read here"),
        ],
    )
    def test_what_its_header_says(
        self, tmp_path: Path, change: dict[str, object], complaint: str
    ) -> None:
        assert complaint in without_memory(write_file(tmp_path / "a.img", smv(**change)))  # type: ignore[arg-type]


def test_whatever_fabio_raises_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(EdfImage, "read", fails)
    assert "it cannot be read as EDF" in refused(of_any(tmp_path / "a.edf"))
    monkeypatch.setattr(DtrekImage, "read", fails)
    assert "it does not begin with an SMV header" in refused(write_file(tmp_path / "a.img", smv()))


def test_bin_and_npy_need_no_fabio_and_nothing_is_printed(tmp_path: Path) -> None:
    quick = [of_any(tmp_path / "a.bin"), of_any(tmp_path / "a.npy")]
    slow = [saved(tmp_path / f"good-{name}", name, pixels("i4")) for name in CLASSES]
    slow += [
        write_file(tmp_path / f"{path.name}.gz", gzip.compress(path.read_bytes())) for path in slow
    ]
    slow += [write_file(tmp_path / f"bad-{path.name}", path.read_bytes()[:-99]) for path in slow]
    slow += [write_file(tmp_path / f"{path.name}.tif", path.read_bytes()) for path in quick]
    code = (
        "import sys; from pathlib import Path; from parity_bridge.images.image_file import *\n"
        "from parity_bridge.errors import FileError\n"
        "from parity_bridge.experiment.regions import Region\n"
        "for path in sys.argv[1:]:\n"
        "    try: open_image(Path(path), (7, 9)).read(Region.whole(7, 9))\n"
        "    except FileError: pass\n"
        "    if path.endswith(('.bin', '.npy')): assert 'fabio' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *quick, *slow],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
