"""SMV, EDF, CBF, TIFF and binary PGM images, each checked against its own header, pixel by pixel.

fabio is less strict: it fills missing pixels with zeros, reads some broken files for ever, and
leaves out rows of a TIFF. A file in none of these formats may be one that fabio reads
(``by_fabio.py``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.images.cbf_image import decode_cbf
from parity_bridge.images.edf_image import decode_edf
from parity_bridge.images.image_checks import BrokenImageError, UnknownFormatError, shape_text
from parity_bridge.images.pgm_image import PGM_HEADER, decode_pgm
from parity_bridge.images.smv_image import decode_smv
from parity_bridge.images.tiff_image import decode_tiff

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Keeps fabio from writing to the terminal: its warnings are harmless or an error here says them.
_SILENT = logging.NullHandler()

_FORMAT_SIGNATURES = {
    "SMV": re.compile(rb"\{\s*HEADER_BYTES"),
    "EDF": re.compile(rb"\s*\{"),
    "CBF": re.compile(rb"###CBF"),
    "TIFF": re.compile(rb"II\*\0|MM\0\*"),
    "PGM": PGM_HEADER,
}
_DECODERS: dict[str, Callable[[bytes], NDArray[Any]]] = {
    "SMV": decode_smv,
    "EDF": decode_edf,
    "CBF": decode_cbf,
    "TIFF": decode_tiff,
    "PGM": decode_pgm,
}


def decode_image(data: bytes) -> tuple[str, NDArray[Any]]:
    """Return the name of the format and the pixels of ``data``, the content of a file.

    Raises UnknownFormatError where it is in none of these formats, BrokenImageError where it is
    wrong in its own.
    """
    name = next((name for name, begin in _FORMAT_SIGNATURES.items() if begin.match(data)), None)
    if name is None:
        raise UnknownFormatError(_unknown_text(data))
    logging.getLogger("fabio").addHandler(_SILENT)
    try:
        pixels = _DECODERS[name](data)
    except (BrokenImageError, MemoryError):
        raise
    except Exception as error:
        raise BrokenImageError(f"it cannot be read as {name}; write it anew") from error
    if pixels.ndim != 2 or pixels.size == 0 or pixels.dtype.kind not in "biuf":
        raise BrokenImageError(
            f"it gives {shape_text(pixels.shape)} {pixels.dtype.name}; write it anew"
        )
    return name, pixels


def _unknown_text(data: bytes) -> str:
    """Say what a file is that is in none of the formats here; ``data`` is unpacked already."""
    kind = file_kind(data)
    if kind is not None and kind.name == "a .npy file":
        return "it is a .npy file that is packed, which is not read; unpack it"
    if kind is not None and kind.holds == "packed":
        return f"it is {kind.name}; unpack it"
    known = "it is" if kind is None else f"it is {kind.name},"
    return (
        f"{known} no image of a format read here ({', '.join(_FORMAT_SIGNATURES)}, .npy, .bin) or, "
        "by its name, of another that fabio opens; convert it"
    )
