"""SMV (ADSC) images, read with fabio: masks, and the geometry in their headers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from parity_bridge.errors import FileError
from parity_bridge.files.reading import FileVersion, file_version, read_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
from parity_bridge.experiment.smv_header import geometry, shape_from_header

#: A larger file is no image of one detector.
MAX_BYTES = 2 * 2**30


class _SmvImage(NamedTuple):
    geometry: Mapping[str, float]
    mask: NDArray[np.uint8]  # (slow, fast)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Return the mask in the SMV image ``path``: (slow, fast), 1 where a pixel is not 0, read-only.

    It is cached until the file changes. Raises FileError for a file that cannot be read, is no SMV
    image, is larger than 2 GiB or not as large as its header says, and for a header with an
    impossible value.
    """
    return _read_image(path).mask


def read_header(path: Path) -> Mapping[str, float]:
    """Return the geometry in the header of the SMV image ``path``, keyword -> value, read-only.

    SIZE1 and SIZE2, the pixels along fast and slow, are always present, as ``int``. The others are
    present where the header has them, be it inside a longer keyword (contract §8): PIXEL_SIZE,
    DISTANCE, CLOSE_DISTANCE, BEAM_CENTER_X and BEAM_CENTER_Y (mm), WAVELENGTH (Å), ORGX and ORGY
    (pixels from 1), PHI and OSC_RANGE (degrees); and TWOTHETA, which the original does not use,
    where it is not 0. Raises as ``read_mask`` does.
    """
    return _read_image(path).geometry


def _read_image(path: Path) -> _SmvImage:
    version = file_version(path, "image")
    if version.size > MAX_BYTES:
        raise FileError(
            f"image {path} has {version.size} bytes, more than the {MAX_BYTES} allowed; "
            "name an SMV image"
        )
    return _read_version(path, version)


@lru_cache(maxsize=4)
def _read_version(path: Path, _version: FileVersion) -> _SmvImage:
    data = read_file(path, "image")
    try:
        return _decode_image(data)
    except ValueError as error:
        raise FileError(f"image {path}: {error}") from error


def _decode_image(data: bytes) -> _SmvImage:
    """Decode ``data``, the content of a file; raise ValueError saying what is wrong with it."""
    reader = _smv_reader()()
    try:
        reader.read(BytesIO(data))
        pixels = reader.data
    except Exception:  # noqa: BLE001 - fabio does not catch what its own arithmetic raises
        pixels = None
    # fabio guesses where a header is wrong, so its pixels are used only after these checks.
    shape = shape_from_header(reader.header, len(data))
    if pixels is None or pixels.shape != shape:
        raise ValueError("fabio cannot read it as an SMV image; write it anew")
    mask = (pixels != 0).astype("uint8", order="C")
    mask.setflags(write=False)
    text = data[: int(reader.header["HEADER_BYTES"])].decode("latin-1")
    values = geometry(text)
    slow, fast = values.get("SIZE2"), values.get("SIZE1")
    if slow != shape[0] or fast != shape[1]:
        # They stand past HEADER_BYTES, or once more as a part of another keyword.
        raise ValueError(
            f"the last SIZE2 and SIZE1 of its header are {slow} and {fast}, but its pixels are "
            f"{shape[0]} and {shape[1]}; write it anew"
        )
    return _SmvImage(MappingProxyType(values), mask)


@lru_cache(maxsize=1)
def _smv_reader() -> Callable[[], Any]:
    """Return fabio's reader of SMV images; fabio is slow to import, and few runs have an image."""
    from fabio.dtrekimage import DtrekImage  # noqa: PLC0415

    # Keep fabio from writing to the terminal: its warnings are harmless or an error here says them.
    logging.getLogger("fabio").addHandler(logging.NullHandler())
    return DtrekImage  # type: ignore[no-any-return]
