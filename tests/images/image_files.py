"""Images of every format on disk, and checks of what is read from them."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from fabio.dtrekimage import DtrekImage
from fabio.edfimage import EdfImage
from fabio.tifimage import TifImage
from numpy.typing import NDArray

from parity_bridge.errors import FileError
from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import write_file

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


def pixels(dtype: str = "f4", shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """Return random pixels over the range of ``dtype``, as far as float64 holds it exactly."""
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


def of_any(path: Path) -> Path:
    """Write ``pixels()`` to ``path`` in the format of its ending and return ``path``."""
    if path.suffix == ".bin":
        return write_file(path, pixels("<f4").tobytes())
    return numpy_file(path, pixels()) if path.suffix == ".npy" else saved(path, "EDF", pixels())


def strips(replaced: Mapping[str, int] = MappingProxyType({}), order: str = "<") -> bytes:
    """Return a TIFF of ``pixels("u2")`` in strips of two rows, with ``replaced`` tags."""
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


def check_read(path: Path, values: NDArray[Any]) -> None:
    image = open_image(path, values.shape)
    assert image.shape == values.shape
    assert image.dtype == values.dtype.name
    for region in (REGION, Region.whole(*values.shape)):
        rows, columns = region.slow, region.fast
        part = values[rows.start : rows.stop, columns.start : columns.stop]
        for dtype in (None, image.value_type, "float32"):
            read = image.read(region, dtype)
            assert read.dtype == np.dtype(dtype or values.dtype.name)
            assert read.dtype.isnative
            assert read.flags.c_contiguous
            assert read.flags.owndata
            assert np.array_equal(read, part.astype(read.dtype))


def refused(path: Path, shape: tuple[int, int] | None = None, error: Any = FileError) -> str:
    with pytest.raises(error) as caught:
        open_image(path, shape)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def without_memory(path: Path) -> str:
    refused(path)
    tracemalloc.start()
    complaint = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    return complaint
