"""CBF images of integers compressed by byte offsets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.files.plain_numbers import plain_integer
from parity_bridge.images.image_checks import BrokenImageError, check_single

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CBF_SECTION = re.compile(rb"--CIF-BINARY-FORMAT-SECTION--\s*?\n")
#: Parts of a line between semicolons, which may stand in quotes.
_PARAMETER = re.compile(r'(?:"[^"]*"|[^;"]|")+')
_CBF_START = b"\x0c\x1a\x04\xd5"
#: One byte less than the longest pixel of a CBF.
_CBF_PADDING = bytes(14)
#: Longest header of a CBF before its pixels, bytes.
_CBF_HEADER = 2**20


def decode_cbf(data: bytes) -> NDArray[Any]:
    """Decode integers compressed by byte offsets; the headers around them are read here.

    fabio would search for the start of the pixels for ever, decode past their end and ignore a
    wrong checksum.
    """
    from fabio.cbfimage import DATA_TYPES  # noqa: PLC0415
    from fabio.compression import decByteOffset  # noqa: PLC0415

    section = _CBF_SECTION.search(data, 0, _CBF_HEADER)
    if section is None:
        raise BrokenImageError("it has no binary section, which a CBF needs; write it anew")
    start = data.find(_CBF_START, section.end(), section.end() + _CBF_HEADER)
    header = _cbf_header(data[section.end() : start if start >= 0 else section.end() + _CBF_HEADER])
    _check_coding(header)
    if start < 0:
        raise BrokenImageError(
            "its binary section has no bytes 0C 1A 04 D5, after which the pixels begin; write it "
            "anew"
        )
    dtype = _dtype(header, DATA_TYPES)
    slow, fast, size = (
        _cbf_count(header, f"X-Binary-Size{name}")
        for name in ("-Second-Dimension", "-Fastest-Dimension", "")
    )
    begin, end = start + len(_CBF_START), start + len(_CBF_START) + size
    if end > len(data):
        raise BrokenImageError(
            f"it is truncated: {len(data)} bytes, where X-Binary-Size {size} needs {end}; "
            "write it anew"
        )
    check_single(2 if _CBF_SECTION.search(data, end) else 1)
    _check_digest(data[begin:end], header.get("CONTENT-MD5"))
    # Each byte of the padding decodes to a pixel, except where it completes a truncated last one.
    # Steps between pixels may exceed the dtype: only the decoder of int64 reads those.
    pixels = np.asarray(decByteOffset(data[begin:end] + _CBF_PADDING, None, "int64"))
    count = pixels.size - len(_CBF_PADDING)
    if count != slow * fast:
        raise BrokenImageError(
            f"it holds {count} pixels, where its header has {slow} x {fast}; write it anew"
        )
    return pixels[:count].reshape(slow, fast).astype(dtype)


def _cbf_header(text: bytes) -> dict[str, str]:
    """Return keyword in capitals -> value of a header in the manner of MIME.

    ``keyword: value`` stands at the beginning of a line, ``; keyword="value"`` behind it or on
    lines of their own.
    """
    lines = [line for line in text.decode("latin-1").splitlines() if line.strip()]
    parts = (part for line in lines for part in _PARAMETER.findall(line))
    pairs = (re.split("[:=]", part, maxsplit=1) for part in parts)
    return {pair[0].strip().upper(): pair[1].strip(' \t"') for pair in pairs if len(pair) == 2}


def _check_coding(header: Mapping[str, str]) -> None:
    """Raise BrokenImageError where the pixels are not in bytes that hold offsets."""
    encoding = header.get("CONTENT-TRANSFER-ENCODING", "BINARY")
    if encoding.upper() != "BINARY":
        raise BrokenImageError(
            f"its pixels are encoded as {encoding[:40]!r}, where BINARY is read; write it so"
        )
    conversions = header.get("CONVERSIONS")
    if conversions is None:
        raise BrokenImageError(
            "its header has no conversions, where x-CBF_BYTE_OFFSET is read; write it so"
        )
    if conversions.upper() != "X-CBF_BYTE_OFFSET":
        raise BrokenImageError(
            f"its pixels are packed by {conversions[:40]!r}, where x-CBF_BYTE_OFFSET is read; "
            "write it so"
        )


def _dtype(header: Mapping[str, str], types: Mapping[str, str]) -> str:
    """Return the dtype of the pixels; raise BrokenImageError for any but whole numbers."""
    stated = header.get("X-BINARY-ELEMENT-TYPE")
    if stated is None:
        raise BrokenImageError("its header has no X-Binary-Element-Type; write it anew")
    dtype = types.get(" ".join(stated.lower().split()))
    if dtype is None:
        raise BrokenImageError(
            f"its header has X-Binary-Element-Type {stated[:40]!r}, where whole numbers of 8 to 64 "
            "bits are read; write it so"
        )
    return dtype


def _cbf_count(header: Mapping[str, str], keyword: str) -> int:
    value = header.get(keyword.upper(), "")
    try:
        count = plain_integer(value)
    except ValueError:
        count = 0
    if count < 1:
        raise BrokenImageError(
            f"its header has {keyword} {value[:40]!r} instead of a whole number above 0; correct it"
        )
    return count


def _check_digest(binary: bytes, stated: str | None) -> None:
    if stated is None:
        return
    try:
        equal = base64.b64decode(stated) == hashlib.md5(binary, usedforsecurity=False).digest()
    except binascii.Error:
        equal = False
    if not equal:
        raise BrokenImageError(
            "its pixels do not give its Content-MD5; copy it anew, or write it anew"
        )
