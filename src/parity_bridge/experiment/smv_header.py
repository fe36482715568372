"""The header of an SMV (ADSC) image: its geometry, and how large the image must be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from parity_bridge.files.plain_numbers import plain_integer, plain_number

#: Bytes of a pixel under the names that ADSC (TYPE) and d*TREK (Data_type) give to its type.
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

_SIZES = ("SIZE1", "SIZE2")

_POSITIVE = ("PIXEL_SIZE", "DISTANCE", "CLOSE_DISTANCE", "WAVELENGTH")

_NOT_NEGATIVE = ("OSC_RANGE",)

#: Keywords of the geometry; of those that stand together the first that is there counts.
_KEYWORDS = (
    *((keyword,) for keyword in (*_SIZES, *_POSITIVE, "BEAM_CENTER_X", "BEAM_CENTER_Y")),
    ("ORGX", "XDS_ORGX"),
    ("ORGY", "XDS_ORGY"),
    ("PHI", "OSC_START"),
    ("OSC_RANGE",),
    ("TWOTHETA",),
)


def shape_from_header(header: Mapping[str, str], size: int) -> tuple[int, int]:
    """Pixels along slow and fast of an image of ``size`` bytes, its header included."""
    if "HEADER_BYTES" not in header:
        raise ValueError(
            "it does not begin with an SMV header, { and HEADER_BYTES; name an SMV image"
        )
    start = _count(header, "HEADER_BYTES")
    if start > size:
        raise ValueError(
            f"{_stated(header, 'HEADER_BYTES')} but the file only {size} bytes; write it anew"
        )
    _check_choice(header, "DIM", ("2",), header.get("DIM", "2"))
    _check_choice(header, "BYTE_ORDER", _BYTE_ORDERS, header.get("BYTE_ORDER", _BYTE_ORDERS[0]))
    # fabio knows the one type of ADSC and those of d*TREK, and takes any other for the first.
    adsc = "Data_type" not in header
    types = tuple(_TYPES)[:1] if adsc else tuple(_TYPES)[1:]
    pixel = _TYPES[_check_choice(header, "TYPE" if adsc else "Data_type", types)]
    fast, slow = (_count(header, name) for name in _SIZES)
    needed = start + slow * fast * pixel
    if size != needed:
        trouble = "truncated" if size < needed else "too long"
        raise ValueError(
            f"it is {trouble}: {size} bytes, where HEADER_BYTES {start}, SIZE1 {fast} and SIZE2 "
            f"{slow} with {pixel} bytes a pixel need {needed}; write it anew"
        )
    return slow, fast


def geometry(header: Mapping[str, str]) -> dict[str, float]:
    """Return the geometry in ``header``, keyword -> value; raise ValueError for a wrong value."""
    found = (next((name for name in names if name in header), None) for names in _KEYWORDS)
    return {name: _value(header, name) for name in found if name is not None}


def _check_choice(
    header: Mapping[str, str], keyword: str, choices: tuple[str, ...], default: str = ""
) -> str:
    value = header.get(keyword, default)
    if value not in choices:
        raise ValueError(
            f"{_stated(header, keyword)}; only {' or '.join(choices)} can be read here"
        )
    return value


def _count(header: Mapping[str, str], keyword: str) -> int:
    try:
        count = plain_integer(header.get(keyword, ""))
    except ValueError:
        count = 0
    if count < 1:
        raise ValueError(
            f"{_stated(header, keyword)} instead of a whole number above 0; correct it"
        )
    return count


def _value(header: Mapping[str, str], keyword: str) -> float:
    if keyword in _SIZES:
        return _count(header, keyword)
    try:
        value = plain_number(header[keyword])
    except ValueError:
        raise ValueError(
            f"{_stated(header, keyword)} instead of a finite number; correct it"
        ) from None
    if (value <= 0 and keyword in _POSITIVE) or (value < 0 and keyword in _NOT_NEGATIVE):
        least = "above 0" if keyword in _POSITIVE else "of at least 0"
        raise ValueError(f"{_stated(header, keyword)} instead of a number {least}; correct it")
    return value


def _stated(header: Mapping[str, str], keyword: str) -> str:
    if keyword not in header:
        return f"its header has no {keyword}"
    # Headers are no prose: whatever stands there, the sentence stays one line.
    value = re.sub(r"\s+", " ", header[keyword])[:40]
    return f"its header has {keyword} {value!r}"
