"""The header of a .npy, read without numpy's own reader.

Numpy's reader would evaluate the header, and print warnings about some headers.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Literal, NamedTuple

import numpy as np

from parity_bridge.files.plain_numbers import plain_integer
from parity_bridge.images.image_checks import BrokenImageError, check_size

MAGIC = b"\x93NUMPY"
#: Longest header that is read, bytes; numpy writes 118 for an image.
_LONGEST = 2**16
#: Bytes at the start of a file that hold the longest header.
HEADER_BYTES = len(MAGIC) + 6 + _LONGEST


class NpyLayout(NamedTuple):
    """How an array lies in its file."""

    offset: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]


def read_layout(size: int, start: bytes) -> NpyLayout:
    """Return the layout of a .npy of ``size`` bytes, the first of which are ``start``.

    Raises BrokenImageError for a header that is wrong, for values that are not real numbers, and
    for an array that is not one image or not as large as the file.
    """
    width = 2 if start[6:7] == b"\x01" else 4
    length = int.from_bytes(start[8 : 8 + width], "little")
    offset = 8 + width + length
    header = start[8 + width : offset].decode("latin-1")
    if start[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise BrokenImageError("its .npy header has no version 1 to 3; write it with numpy.save")
    if offset > HEADER_BYTES:
        raise BrokenImageError(
            f"its .npy header has {length} bytes, more than the {_LONGEST} that are read; write it "
            "with numpy.save"
        )
    if len(start) < offset:
        raise BrokenImageError("its .npy header is not whole; write it with numpy.save")
    shape = _shape(header)
    dtype = _dtype(header)
    fortran = _value(header, "fortran_order", "(True|False)") == "True"
    check_size(size, offset, shape, dtype)
    return NpyLayout(offset, shape, dtype, "F" if fortran else "C")


def _shape(header: str) -> tuple[int, int]:
    words = re.split(r"[\s,L]+", _value(header, "shape", r"\(([0-9\s,L]*)\)"))
    sizes = [plain_integer(word) for word in words if word]
    if len(sizes) != 2:
        raise BrokenImageError(
            f"it holds an array of {len(sizes)} dimensions; save one image, slow x fast"
        )
    return sizes[0], sizes[1]


def _dtype(header: str) -> np.dtype[Any]:
    text = _value(header, "descr", r"(\[|['\"][^'\"]{,20})").lstrip("'\"")
    # A dtype written in this form is one of real numbers, or does not exist.
    if re.fullmatch(r"[<>|=]?[biuf][0-9]{1,2}", text):
        with suppress(TypeError):
            return np.dtype(text)
    what = "a table" if text == "[" else f"values of type {text!r}"
    raise BrokenImageError(f"it holds {what}, not real numbers; save an image of floats")


def _value(header: str, name: str, pattern: str) -> str:
    match = re.search(rf"['\"]{name}['\"]\s*:\s*{pattern}", header)
    if match is None:
        raise BrokenImageError(
            f"its .npy header has no {name} of an image; write it with numpy.save"
        )
    return match[1]
