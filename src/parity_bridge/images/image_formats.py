"""SMV, EDF, CBF and TIFF images, each checked against its own header, pixel by pixel.

fabio is less strict: it fills missing pixels with zeros, reads some broken files for ever, and
leaves out rows of a TIFF. A file in none of these formats may be one that fabio reads
(``by_fabio.py``).
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import hashlib
import logging
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.experiment.smv import MAX_BYTES
from parity_bridge.experiment.smv_header import shape_from_header
from parity_bridge.files.plain_numbers import plain_integer
from parity_bridge.images.image_checks import BrokenImageError, check_single, check_size, shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GZIP = b"\x1f\x8b"
_BZIP2 = b"BZh"
#: Bytes unpacked at a time.
_CHUNK = 2**20

_EDF_DIMENSIONS = re.compile(rb"dim_[0-9]{3}", re.IGNORECASE)

_CBF_SECTION = re.compile(rb"--CIF-BINARY-FORMAT-SECTION--\s*?\n")
_CBF_START = b"\x0c\x1a\x04\xd5"
#: One byte less than the longest pixel of a CBF.
_CBF_PADDING = bytes(14)
#: Longest header of a CBF before its pixels, bytes.
_CBF_HEADER = 2**20

_TIFF_TAGS = {
    256: "columns",
    257: "rows",
    258: "bits",
    259: "compression",
    273: "starts",
    277: "samples",
    278: "rows_per_strip",
    279: "sizes",
    320: "colours",
    339: "kind",
}
#: Dtypes of the values of tags: BYTE, SHORT and LONG.
_TIFF_NUMBERS = {1: "u1", 3: "u2", 4: "u4"}
#: TIFF sample format -> kind of dtype, for those that are not unsigned integers.
_TIFF_KINDS = {2: "i", 3: "f"}

#: Keeps fabio from writing to the terminal: its warnings are harmless or an error here says them.
_SILENT = logging.NullHandler()


class UnknownFormatError(BrokenImageError):
    """The file is in none of these formats, but may be in one that fabio reads."""


def decompressed(data: bytes) -> bytes:
    """Return ``data`` without gzip or bzip2 around it.

    Raises BrokenImageError where it cannot be unpacked, or unpacks to more than ``MAX_BYTES``.
    """
    if data.startswith(_GZIP):
        stream: gzip.GzipFile | bz2.BZ2File = gzip.GzipFile(fileobj=BytesIO(data))
    elif data.startswith(_BZIP2):
        stream = bz2.BZ2File(BytesIO(data))
    else:
        return data
    unpacked = bytearray()
    try:
        while chunk := stream.read(_CHUNK):
            unpacked += chunk
            if len(unpacked) > MAX_BYTES:
                raise BrokenImageError(f"it unpacks to more than {MAX_BYTES} bytes; use a .npy")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BrokenImageError(f"it cannot be unpacked ({error}); pack it anew") from error
    return bytes(unpacked)


def decode_image(data: bytes) -> tuple[str, NDArray[Any]]:
    """Return the name of the format and the pixels of ``data``, the content of a file.

    Raises UnknownFormatError where it is in none of these formats, BrokenImageError where it is
    wrong in its own.
    """
    name = next((name for name, begin in _FORMAT_SIGNATURES.items() if begin.match(data)), None)
    if name is None:
        raise UnknownFormatError(
            f"it is no image of a format read here ({', '.join(_FORMAT_SIGNATURES)}, .npy, .bin) "
            "or, by "
            "its name, of another that fabio opens; convert it"
        )
    logging.getLogger("fabio").addHandler(_SILENT)
    try:
        pixels = _DECODERS[name](data)
    except BrokenImageError:
        raise
    except Exception as error:
        raise BrokenImageError(f"it cannot be read as {name}; write it anew") from error
    if pixels.ndim != 2 or pixels.size == 0 or pixels.dtype.kind not in "biuf":
        raise BrokenImageError(
            f"it gives {shape_text(pixels.shape)} {pixels.dtype.name}; write it anew"
        )
    return name, pixels


class _FabioStream(BytesIO):
    """``data`` as the kind of file that fabio reads: with a name, a lock, and a limit on reads.

    A header that points back to itself would keep fabio reading for ever.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.name = "image"
        self.lock = nullcontext()
        self._left = 1000 + len(data) // 64

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise EOFError
        return super().read(size)


# fabio is slow to import, and few scans have such an image.


def _decode_smv(data: bytes) -> NDArray[Any]:
    from fabio.dtrekimage import DtrekImage  # noqa: PLC0415

    image = DtrekImage()
    try:
        pixels: NDArray[Any] | None = image.read(_FabioStream(data)).data
    except Exception:  # noqa: BLE001 - fabio does not catch what its own arithmetic raises
        pixels = None
    # fabio guesses where a header is wrong, so its pixels are used only after these checks.
    shape = _smv_shape(image.header, len(data))
    if pixels is None or pixels.shape != shape:
        raise BrokenImageError("it cannot be read as SMV; write it anew")
    return pixels


def _smv_shape(header: Mapping[str, str], size: int) -> tuple[int, int]:
    try:
        return shape_from_header(header, size)
    except ValueError as error:
        raise BrokenImageError(str(error)) from error


def _decode_edf(data: bytes) -> NDArray[Any]:
    from fabio.edfimage import EdfImage  # noqa: PLC0415

    # fabio loops up to the highest dimension in the header, however high.
    if _EDF_DIMENSIONS.search(data):
        raise BrokenImageError("it has more than 99 dimensions; write one image, slow x fast")
    image = EdfImage().read(_FabioStream(data))
    check_single(image.nframes)
    frame = image.get_frame(0)
    header = {key.upper(): value.upper() for key, value in frame.header.items()}
    if "EDF_BINARYFILENAME" in header:
        raise BrokenImageError("it stores its pixels in another file; write both in one")
    if not header.get("COMPRESSION", "NO").startswith("NO"):
        raise UnknownFormatError(
            "its pixels are compressed; write it uncompressed, or pack all of it"
        )
    if len(frame.shape) != 2:
        raise BrokenImageError(
            f"it has {len(frame.shape)} dimensions; write one image, slow x fast"
        )
    # fabio fills missing pixels with zeros, and padding may follow the pixels.
    end = min(len(data), frame.start + max(frame.blobsize, 0))
    check_size(end, frame.start, frame.shape, frame.dtype, exact=False)
    pixels: NDArray[Any] = frame.data
    return pixels


def _decode_cbf(data: bytes) -> NDArray[Any]:
    """Decode integers compressed by byte offsets; the headers around them are read here.

    fabio would search for the start of the pixels for ever, decode past their end and ignore a
    wrong checksum.
    """
    from fabio.cbfimage import DATA_TYPES  # noqa: PLC0415
    from fabio.compression import decByteOffset  # noqa: PLC0415

    section = _CBF_SECTION.search(data, 0, _CBF_HEADER)
    start = -1 if section is None else data.find(_CBF_START, section.end(), _CBF_HEADER)
    if section is None or start < 0:
        raise BrokenImageError("it has no binary section, which a CBF needs; write it anew")
    header = _cbf_header(data[section.end() : start])
    dtype = DATA_TYPES.get(header.get("X-BINARY-ELEMENT-TYPE", ""))
    if dtype is None or "X-CBF_BYTE_OFFSET" not in header.get("CONVERSIONS", "").upper():
        raise BrokenImageError("its pixels are no integers in byte offsets; write it so")
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
    """Return keyword in capitals -> value from lines ``keyword: value`` or ``keyword="value"``."""
    lines = (re.split("[:=]", line, maxsplit=1) for line in text.decode("latin-1").splitlines())
    pairs = (line for line in lines if len(line) == 2)
    return {key.strip().upper(): value.strip(' \t"') for key, value in pairs}


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
            "its pixels do not give its Content-MD5; they are damaged, copy it anew"
        )


def _decode_tiff(data: bytes) -> NDArray[Any]:
    """Decode plain numbers in strips, without fabio, which repeats or leaves out rows."""
    order = "<" if data.startswith(b"II") else ">"
    tags = _tiff_tags(data, order)
    compression, bits, kind = (tags.get(tag, [1])[0] for tag in ("compression", "bits", "kind"))
    if compression != 1:
        raise BrokenImageError(f"its pixels are compressed (scheme {compression}); write it plain")
    if "colours" in tags or tags.get("samples", [1]) != [1]:
        raise BrokenImageError("it is a picture in colours; write one number a pixel")
    dtype = np.dtype(f"{order}{_TIFF_KINDS.get(kind, 'u')}{bits // 8}")
    rows, columns = tags["rows"][0], tags["columns"][0]
    # Checked before the strips are counted, so that there are no more strips than bytes.
    check_size(len(data), 8, (rows, columns), dtype, exact=False)
    most = min(tags.get("rows_per_strip", [rows])[0], rows)
    sizes = [min(most, rows - row) * columns * dtype.itemsize for row in range(0, rows, most)]
    starts = tags.get("starts", [])
    if len(starts) != len(sizes) or tags.get("sizes", sizes) != sizes:
        raise BrokenImageError(
            f"its strips do not make up {rows} x {columns} pixels of {dtype.name}; write it anew"
        )
    end = max(start + size for start, size in zip(starts, sizes, strict=True))
    if end > len(data):
        raise BrokenImageError(
            f"it is truncated: {len(data)} bytes, where {end} are needed; write it anew"
        )
    strips = (data[start : start + size] for start, size in zip(starts, sizes, strict=True))
    return np.frombuffer(b"".join(strips), dtype).reshape(rows, columns)


def _tiff_tags(data: bytes, order: str) -> dict[str, list[int]]:
    """Return the values of those ``_TIFF_TAGS`` that the only directory of a TIFF has."""
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    if not place:
        raise BrokenImageError("it holds no image; name another file")
    (count,) = struct.unpack_from(f"{order}H", data, place)
    ends = place + 2 + 12 * count
    check_single(2 if any(struct.unpack_from("4B", data, ends)) else 1)
    tags: dict[str, list[int]] = {}
    for entry in range(place + 2, ends, 12):
        tag, kind, number, at = struct.unpack_from(f"{order}HHII", data, entry)
        if tag in _TIFF_TAGS and kind in _TIFF_NUMBERS:
            dtype = np.dtype(f"{order}{_TIFF_NUMBERS[kind]}")
            # Values that fit stand in place of their offset.
            at = entry + 8 if number * dtype.itemsize <= 4 else at
            tags[_TIFF_TAGS[tag]] = np.frombuffer(data, dtype, number, at).tolist()
    return tags


_FORMAT_SIGNATURES = {
    "SMV": re.compile(rb"\{\s*HEADER_BYTES"),
    "EDF": re.compile(rb"\s*\{"),
    "CBF": re.compile(rb"###CBF"),
    "TIFF": re.compile(rb"II\*\0|MM\0\*"),
}
_DECODERS: dict[str, Callable[[bytes], NDArray[Any]]] = {
    "SMV": _decode_smv,
    "EDF": _decode_edf,
    "CBF": _decode_cbf,
    "TIFF": _decode_tiff,
}
