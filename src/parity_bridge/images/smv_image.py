"""SMV (ADSC, d*TREK) images, decoded by fabio between checks of their header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from parity_bridge.experiment.smv_header import shape_from_header
from parity_bridge.images.fabio_stream import FabioStream
from parity_bridge.images.image_checks import BrokenImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_smv(data: bytes) -> NDArray[Any]:
    """Return the pixels of an SMV image, (slow, fast); raise BrokenImageError where it is wrong."""
    from fabio.dtrekimage import DtrekImage  # noqa: PLC0415

    image = DtrekImage()
    try:
        pixels: NDArray[Any] | None = image.read(FabioStream(data)).data
    except MemoryError:
        raise
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
