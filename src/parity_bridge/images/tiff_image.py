"""TIFF images of plain numbers in strips."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.images.image_checks import BrokenImageError, check_single, check_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    324: "tiles",
    339: "kind",
}
_TAG_NAMES = {"rows": "height", "columns": "width", "starts": "strips"}
#: Dtypes of the values of tags: BYTE, SHORT and LONG.
_TIFF_NUMBERS = {1: "u1", 3: "u2", 4: "u4"}
#: TIFF sample format -> kind of dtype, for those that are not unsigned integers.
_TIFF_KINDS = {2: "i", 3: "f"}


def decode_tiff(data: bytes) -> NDArray[Any]:
    """Decode plain numbers in strips, without fabio, which repeats or leaves out rows."""
    order = "<" if data.startswith(b"II") else ">"
    tags = _tiff_tags(data, order)
    compression, bits, kind = (tags.get(tag, [1])[0] for tag in ("compression", "bits", "kind"))
    if compression != 1:
        raise BrokenImageError(f"its pixels are compressed (scheme {compression}); write it plain")
    _check_numbers(tags)
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


def _check_numbers(tags: dict[str, list[int]]) -> None:
    """Raise BrokenImageError where the pixels are not plain numbers in strips."""
    samples, bits = tags.get("samples", [1])[0], tags.get("bits", [1])
    if "colours" in tags:
        raise BrokenImageError("its pixels are places in a list of colours; write plain numbers")
    if samples != 1:
        raise BrokenImageError(f"it has {samples} numbers a pixel; write one number a pixel")
    if bits not in ([8], [16], [32], [64]):
        text = ", ".join(map(str, bits[:4]))
        raise BrokenImageError(f"its numbers have {text} bits; write 8, 16, 32 or 64")
    if "tiles" in tags and "starts" not in tags:
        raise BrokenImageError("its pixels are in tiles; write them in strips")
    missing = next((name for name in ("rows", "columns", "starts") if name not in tags), None)
    if missing is not None:
        raise BrokenImageError(f"it has no tag for its {_TAG_NAMES[missing]}; write it anew")


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
