"""Every other format, as fabio reads it: nothing here can tell whether such a file is whole.

A format is taken from the ending of a file's name, which somebody chose, and not from its first
bytes, by which fabio takes ten zeros for an image.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import error_text
from parity_bridge.images.image_checks import BrokenImageError, check_single, shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What fabio would write to the terminal is told by an error here.
_SILENT = logging.NullHandler()

#: Endings that fabio knows and that are of no image of a detector, or of formats read elsewhere.
_NOT_TAKEN = {"bin", "cbf", "cor", "edf", "img", "npy", "tif", "tiff", "xml", "xsd"}
_PACKED = {"gz", "bz2"}


def read_with_fabio(path: Path, refusal: str) -> tuple[str, NDArray[Any]]:
    """fabio's name of the format, and the pixels; ``refusal`` says why it is read by nobody else.

    Raises BrokenImageError where fabio does not read it either.
    """
    import fabio  # noqa: PLC0415 - slow to import, and few scans have such an image

    if not _is_known(path):
        raise BrokenImageError(refusal)
    logging.getLogger("fabio").addHandler(_SILENT)
    try:
        image = fabio.open(str(path))
        check_single(image.nframes)
        pixels = np.asarray(image.data)
    except BrokenImageError:
        raise
    except Exception as error:
        raise BrokenImageError(
            f"fabio cannot read it ({error_text(error)[:120]}); convert it"
        ) from error
    if pixels.ndim != 2 or pixels.size == 0 or pixels.dtype.kind not in "biuf":
        raise BrokenImageError(
            f"fabio reads {shape_text(pixels.shape)} {pixels.dtype.name}; write one image, slow x "
            "fast"
        )
    return f"{type(image).__name__} of fabio", pixels


def _is_known(path: Path) -> bool:
    from fabio.fabioformats import get_all_classes  # noqa: PLC0415

    endings = [word.lower() for word in path.name.split(".")[1:]]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    known = {ending for kind in get_all_classes() for ending in kind.DEFAULT_EXTENSIONS or ()}
    return bool(endings) and endings[-1] in known - _NOT_TAKEN
