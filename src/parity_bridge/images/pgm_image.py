"""Binary PGM images of one byte a pixel, as the original program writes them (contract §9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.images.image_checks import BrokenImageError, check_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Remarks may stand between the numbers; fabio, which reads other PNM files, stops at them.
_BETWEEN = rb"(?:\s|#[^\n]*\n)+"
#: Fast, slow and the largest value, and the one byte after it.
PGM_HEADER = re.compile(rb"P5" + 2 * (_BETWEEN + rb"(\d{1,9})") + _BETWEEN + rb"(\d{1,3})\s")


def decode_pgm(data: bytes) -> NDArray[Any]:
    """Return the pixels of a binary PGM, (slow, fast), uint8.

    Raises BrokenImageError where header and pixels do not fit.
    """
    header = PGM_HEADER.match(data)
    if header is None:
        raise BrokenImageError("its header does not state three numbers; write it anew")
    fast, slow, largest = map(int, header.groups())
    if not 0 < largest < 2**8:
        raise BrokenImageError(f"its largest value is said to be {largest}; write it with 255")
    dtype = np.dtype(np.uint8)
    check_size(len(data), header.end(), (slow, fast), dtype)
    return np.frombuffer(data, dtype, offset=header.end()).reshape(slow, fast)
