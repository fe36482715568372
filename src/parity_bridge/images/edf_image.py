"""EDF images, decoded by fabio between checks of their header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parity_bridge.images.fabio_stream import FabioStream
from parity_bridge.images.image_checks import (
    BrokenImageError,
    UnknownFormatError,
    check_single,
    check_size,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EDF_DIMENSIONS = re.compile(rb"dim_0*[1-9][0-9]{2}", re.IGNORECASE)


def decode_edf(data: bytes) -> NDArray[Any]:
    """Return the pixels of an EDF, (slow, fast), in the dtype of the file.

    Raises BrokenImageError where header and pixels do not fit, UnknownFormatError where the pixels
    are compressed, and whatever fabio raises.
    """
    from fabio.edfimage import EdfImage  # noqa: PLC0415

    # fabio loops up to the highest dimension in the header, however high.
    if _EDF_DIMENSIONS.search(data):
        raise BrokenImageError("it has more than 99 dimensions; write one image, slow x fast")
    image = EdfImage().read(FabioStream(data))
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
