"""Every format read to the last bit."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import smv, write_file
from tests.images.image_files import (
    CLASSES,
    DTYPES,
    SHAPE,
    check_read,
    content,
    numpy_file,
    pixels,
    saved,
    strips,
)

CASES = [(name, dtype) for name, dtypes in DTYPES.items() for dtype in dtypes]


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
        # fabio cannot write a CBF with larger steps between pixels.
        values=arrays(
            np.int32,
            array_shapes(min_dims=2, max_dims=2, max_side=12),
            elements=st.integers(-(2**30), 2**30 - 1),
        ),
        name=st.sampled_from(sorted(CLASSES)),
    )
    def test_any_integers(self, folder: Path, values: NDArray[np.int32], name: str) -> None:
        path = saved(folder / f"{name}{values.shape}{hash(values.tobytes())}", name, values)
        read = open_image(path, values.shape).read(Region.whole(*values.shape))
        assert np.array_equal(read, values)
