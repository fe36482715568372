"""The header of an SMV (ADSC) image: its geometry, and how large the image must be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from parity_bridge.files.plain_numbers import plain_integer, plain_number

#: Name of a pixel type -> bytes: the one of ADSC (TYPE) first, then those of d*TREK (Data_type).
_TYPES = {
    "unsigned_short": 2,
    "signed char": 1,
    "unsigned char": 1,
    "short int": 2,
    "unsigned short int": 2,
    "long int": 4,
    "unsigned long int": 4,
    "float IEEE": 4,
}

_BYTE_ORDERS = ("little_endian", "big_endian")


class GeometryValue(NamedTuple):
    """A value of the geometry: its keywords in a header, and the nanoBragg flag that sets it."""

    #: The first one that the header has is used.
    keywords: tuple[str, ...]
    flag: str
    #: Which numbers it may be: a count is a whole number above 0.
    kind: Literal["count", "positive", "not_negative", "any"] = "any"


#: The whole geometry. A header acts as its flags would, typed one after the other in this order.
#: The contract names no keywords; this list is ours.
GEOMETRY = (
    GeometryValue(("SIZE1",), "-detpixels_f", "count"),
    GeometryValue(("SIZE2",), "-detpixels_s", "count"),
    GeometryValue(("PIXEL_SIZE",), "-pixel", "positive"),
    GeometryValue(("DISTANCE",), "-distance", "positive"),
    GeometryValue(("CLOSE_DISTANCE",), "-close_distance", "positive"),
    GeometryValue(("WAVELENGTH",), "-lambda", "positive"),
    GeometryValue(("BEAM_CENTER_X",), "-Xbeam"),
    GeometryValue(("BEAM_CENTER_Y",), "-Ybeam"),
    GeometryValue(("ORGX", "XDS_ORGX"), "-ORGX"),
    GeometryValue(("ORGY", "XDS_ORGY"), "-ORGY"),
    GeometryValue(("PHI", "OSC_START"), "-phi"),
    GeometryValue(("OSC_RANGE",), "-osc", "not_negative"),
    GeometryValue(("TWOTHETA",), "-twotheta"),
)


def shape_from_header(header: Mapping[str, str], size: int) -> tuple[int, int]:
    """Return the pixels along slow and fast of an image of ``size`` bytes, its header included.

    Raises ValueError, saying what is wrong, where the header or the size is.
    """
    if "HEADER_BYTES" not in header:
        raise ValueError(
            "it does not begin with an SMV header, { and HEADER_BYTES; name an SMV image"
        )
    start = _read_count(header, "HEADER_BYTES")
    if start > size:
        raise ValueError(
            f"{_stated_value(header, 'HEADER_BYTES')} but the file only {size} bytes; write it anew"
        )
    _check_choice(header, "DIM", ("2",), header.get("DIM", "2"))
    _check_choice(header, "BYTE_ORDER", _BYTE_ORDERS, header.get("BYTE_ORDER", _BYTE_ORDERS[0]))
    # fabio reads the one type of ADSC and those of d*TREK, and treats any other as the first.
    adsc = "Data_type" not in header
    types = tuple(_TYPES)[:1] if adsc else tuple(_TYPES)[1:]
    pixel = _TYPES[_check_choice(header, "TYPE" if adsc else "Data_type", types)]
    fast, slow = _read_count(header, "SIZE1"), _read_count(header, "SIZE2")
    needed = start + slow * fast * pixel
    if size != needed:
        trouble = "truncated" if size < needed else "too long"
        raise ValueError(
            f"it is {trouble}: {size} bytes, where HEADER_BYTES {start}, SIZE1 {fast} and SIZE2 "
            f"{slow} with {pixel} bytes a pixel need {needed}; write it anew"
        )
    return slow, fast


def geometry(header: Mapping[str, str]) -> dict[str, float]:
    """Return the geometry in ``header``, keyword -> value, in the order of ``GEOMETRY``.

    Values that the header does not have are left out. Raises ValueError for a wrong value.
    """
    return {
        keyword: _read_number(header, keyword, value.kind)
        for value in GEOMETRY
        if (keyword := next((each for each in value.keywords if each in header), None))
    }


def _check_choice(
    header: Mapping[str, str], keyword: str, choices: tuple[str, ...], default: str = ""
) -> str:
    value = header.get(keyword, default)
    if value not in choices:
        raise ValueError(
            f"{_stated_value(header, keyword)}; only {' or '.join(choices)} can be read here"
        )
    return value


def _read_count(header: Mapping[str, str], keyword: str) -> int:
    try:
        count = plain_integer(header.get(keyword, ""))
    except ValueError:
        count = 0
    if count < 1:
        raise ValueError(
            f"{_stated_value(header, keyword)} instead of a whole number above 0; correct it"
        )
    return count


def _read_number(header: Mapping[str, str], keyword: str, kind: str) -> float:
    if kind == "count":
        return _read_count(header, keyword)
    try:
        value = plain_number(header[keyword])
    except ValueError:
        raise ValueError(
            f"{_stated_value(header, keyword)} instead of a finite number; correct it"
        ) from None
    if (value <= 0 and kind == "positive") or (value < 0 and kind == "not_negative"):
        least = "above 0" if kind == "positive" else "of at least 0"
        raise ValueError(
            f"{_stated_value(header, keyword)} instead of a number {least}; correct it"
        )
    return value


def _stated_value(header: Mapping[str, str], keyword: str) -> str:
    if keyword not in header:
        return f"its header has no {keyword}"
    # A value may hold line breaks or be long; the message stays one line.
    value = re.sub(r"\s+", " ", header[keyword])[:40]
    return f"its header has {keyword} {value!r}"
