"""Every other format, as fabio reads it: nothing here can check that such a file is whole.

The format follows from the ending of the file's name, which its author chose. Its first bytes are
no guide: by them fabio takes ten zeros for an image.
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

#: Keeps fabio from writing to the terminal what an error here says.
_SILENT = logging.NullHandler()

#: Endings that fabio knows but that mean no image of a detector, or a format read elsewhere.
_NOT_TAKEN = {"bin", "cbf", "cor", "edf", "img", "npy", "tif", "tiff", "xml", "xsd"}
_PACKED = {"gz", "bz2"}


def read_with_fabio(path: Path, refusal: str) -> tuple[str, NDArray[Any]]:
    """Return fabio's name of the format and the pixels of the image ``path``.

    Raises BrokenImageError where fabio cannot read it, with ``refusal`` where fabio does not know
    its ending: the sentence with which the readers here refused it.
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
