"""SMV images written by hand, valid and broken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 512

#: The dtype of each type name that is read, little-endian.
DTYPES = {
    "unsigned_short": "<u2",
    "signed char": "<i1",
    "unsigned char": "<u1",
    "short int": "<i2",
    "unsigned short int": "<u2",
    "long int": "<i4",
    "unsigned long int": "<u4",
    "float IEEE": "<f4",
}

#: 2 slow x 3 fast.
PIXELS = np.array([[0, 1, 65535], [7, 0, 256]], dtype="<u2")

#: Every keyword of the geometry, each with a different value.
GEOMETRY = {
    "PIXEL_SIZE": 0.1024,
    "DISTANCE": 250.5,
    "CLOSE_DISTANCE": 249.25,
    "WAVELENGTH": 0.979,
    "BEAM_CENTER_X": 105.1,
    "BEAM_CENTER_Y": -3.5,
    "ORGX": 1024.5,
    "ORGY": -20.25,
    "PHI": 12.5,
    "OSC_RANGE": 0.5,
    "TWOTHETA": -15.0,
}


def smv(
    pixels: NDArray[np.generic] = PIXELS, keywords: Mapping[str, object] = GEOMETRY, **more: object
) -> bytes:
    """Return an image of ``pixels`` (slow, fast), its header with ``keywords``.

    ``more`` replaces any keyword; a value of ``None`` leaves it out.
    """
    slow, fast = pixels.shape
    header = {
        "HEADER_BYTES": HEADER_BYTES,
        "DIM": 2,
        "BYTE_ORDER": "little_endian",
        "TYPE": "unsigned_short",
        "SIZE1": fast,
        "SIZE2": slow,
        **keywords,
        **more,
    }
    lines = "".join(f"{key}={value};\n" for key, value in header.items() if value is not None)
    return f"{{\n{lines}}}\f".encode().ljust(HEADER_BYTES) + pixels.tobytes()


def write_file(path: Path, content: bytes) -> Path:
    """Write ``content`` to ``path`` and return ``path``."""
    path.write_bytes(content)
    return path
