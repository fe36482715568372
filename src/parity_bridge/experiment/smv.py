"""SMV (ADSC) images, read with fabio: masks, and the geometry in their headers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from parity_bridge.errors import FileError
from parity_bridge.files.plain_numbers import plain_integer, plain_number
from parity_bridge.files.reading import FileVersion, file_version, read_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: A larger file is no image of one detector.
MAX_BYTES = 2 * 2**30

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


class _Image(NamedTuple):
    geometry: Mapping[str, float]
    mask: NDArray[np.uint8]  # (slow, fast)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """The mask held by the SMV image ``path``: (slow, fast), 1 where a pixel is not 0, read-only.

    It is kept while the file does not change. Raises FileError for a file that cannot be read, is
    no SMV image, is larger than 2 GiB or not as large as its header says, and for a header with a
    value that cannot be.
    """
    return _read(path).mask


def read_header(path: Path) -> Mapping[str, float]:
    """The geometry in the header of the SMV image ``path``, keyword -> value, read-only.

    Always there are SIZE1 and SIZE2, the pixels along fast and slow, as ``int``. The others are
    there where the header has them: PIXEL_SIZE, DISTANCE, CLOSE_DISTANCE, BEAM_CENTER_X and
    BEAM_CENTER_Y (mm), WAVELENGTH (Å), ORGX and ORGY or else XDS_ORGX and XDS_ORGY (pixels from 1),
    PHI or else OSC_START, OSC_RANGE and TWOTHETA (degrees). Raises as ``read_mask`` does.
    """
    return _read(path).geometry


def _read(path: Path) -> _Image:
    version = file_version(path, "image")
    if version.size > MAX_BYTES:
        raise FileError(
            f"image {path} has {version.size} bytes, more than the {MAX_BYTES} allowed; "
            "name an SMV image"
        )
    return _read_version(path, version)


@lru_cache(maxsize=4)
def _read_version(path: Path, _version: FileVersion) -> _Image:
    data = read_file(path, "image")
    try:
        return _decoded(data)
    except ValueError as error:
        raise FileError(f"image {path}: {error}") from error


def _decoded(data: bytes) -> _Image:
    """Raises ValueError telling what is wrong with ``data``, the content of a file."""
    reader = _reader()()
    try:
        reader.read(BytesIO(data))
        pixels = reader.data
    except Exception:  # noqa: BLE001 - fabio lets through whatever its own arithmetic raises
        pixels = None
    # fabio guesses where a header is wrong, so that its pixels count only after these checks.
    shape = shape_from_header(reader.header, len(data))
    if pixels is None or pixels.shape != shape:
        raise ValueError("fabio cannot read it as an SMV image; write it anew")
    mask = (pixels != 0).astype("uint8", order="C")
    mask.setflags(write=False)
    return _Image(MappingProxyType(_geometry(reader.header)), mask)


@lru_cache(maxsize=1)
def _reader() -> Callable[[], Any]:
    """fabio's reader of SMV images; fabio is slow to import, and few runs have an image."""
    from fabio.dtrekimage import DtrekImage  # noqa: PLC0415

    # What fabio would write to the terminal is either harmless or told by an error here.
    logging.getLogger("fabio").addHandler(logging.NullHandler())
    return DtrekImage  # type: ignore[no-any-return]


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


def _geometry(header: Mapping[str, str]) -> dict[str, float]:
    found = (next((name for name in names if name in header), None) for names in _KEYWORDS)
    return {name: _value(header, name) for name in found if name is not None}


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
