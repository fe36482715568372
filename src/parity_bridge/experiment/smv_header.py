"""The header of an SMV (ADSC) image: its geometry, and how large the image must be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from parity_bridge.files.c_numbers import begins_with_number, leading_number
from parity_bridge.files.plain_numbers import plain_integer

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
    """A value of the geometry: its keyword in a header, and which numbers it may be."""

    keyword: str
    #: The one field of an Experiment that it sets.
    field: str
    #: A count is a whole number above 0.
    kind: Literal["count", "positive", "not_negative", "any"] = "any"


#: All that is taken from a header (contract §8).
GEOMETRY = (
    GeometryValue("SIZE1", "detector.pixels_fast", "count"),
    GeometryValue("SIZE2", "detector.pixels_slow", "count"),
    GeometryValue("PIXEL_SIZE", "detector.pixel_size", "positive"),
    GeometryValue("DISTANCE", "detector.distance", "positive"),
    GeometryValue("CLOSE_DISTANCE", "detector.close_distance", "positive"),
    GeometryValue("WAVELENGTH", "beam.wavelength", "positive"),
    GeometryValue("BEAM_CENTER_X", "detector.x_beam"),
    GeometryValue("BEAM_CENTER_Y", "detector.y_beam"),
    GeometryValue("ORGX", "detector.org_x"),
    GeometryValue("ORGY", "detector.org_y"),
    GeometryValue("PHI", "sampling.phi"),
    GeometryValue("OSC_RANGE", "sampling.oscillation.range", "not_negative"),
)

_KINDS = {value.keyword: value.kind for value in GEOMETRY}

#: Read by nobody: the original stores it and never uses it.
UNUSED = "TWOTHETA"


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


def geometry(text: str) -> dict[str, float]:
    """Return the geometry in the header ``text``, keyword -> value, in the order of ``GEOMETRY``.

    A value follows the first ``=`` after the last place where its keyword occurs, be it inside a
    longer keyword (contract §8). Values that the header does not have are left out; TWOTHETA is
    returned where it is not 0. Raises ValueError for a count that is none, and for a value without
    a number.
    """
    values = {
        value.keyword: _read_number(value.keyword, written, value.kind)
        for value in GEOMETRY
        if (written := _written_value(text, value.keyword)) is not None
    }
    unused = leading_number(_written_value(text, UNUSED) or "")
    return {**values, UNUSED: unused} if unused and math.isfinite(unused) else values


def _written_value(text: str, keyword: str) -> str | None:
    place = text.rfind(keyword)
    if place < 0:
        return None
    _, equals, value = text[place:].partition("=")
    return re.split(r"[;\n\f}]", value, maxsplit=1)[0].strip() if equals else None


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


def _read_number(keyword: str, written: str, kind: str) -> float:
    stated = f"its header has {keyword} {written[:40]!r}"
    if kind == "count":
        try:
            count = plain_integer(written)
        except ValueError:
            count = 0
        if count < 1:
            raise ValueError(f"{stated} instead of a whole number above 0; correct it")
        return count
    if not begins_with_number(written):
        raise ValueError(f"{stated} instead of a finite number; correct it")
    value = leading_number(written)
    if not math.isfinite(value):
        raise ValueError(f"{stated} instead of a finite number; correct it")
    return value


def check_value(keyword: str, value: float) -> None:
    """Raise ValueError for a ``value`` of ``keyword`` that no experiment can have.

    Apart from reading, since flags and other headers may replace it.
    """
    kind = _KINDS[keyword]
    if (value <= 0 and kind == "positive") or (value < 0 and kind == "not_negative"):
        least = "above 0" if kind == "positive" else "of at least 0"
        raise ValueError(
            f"its header has {keyword} {value!r} instead of a number {least}; correct it"
        )


def _stated_value(header: Mapping[str, str], keyword: str) -> str:
    if keyword not in header:
        return f"its header has no {keyword}"
    # A value may hold line breaks or be long; the message stays one line.
    value = re.sub(r"\s+", " ", header[keyword])[:40]
    return f"its header has {keyword} {value!r}"
