"""What is wrong with an image, and the checks that all formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class BrokenImageError(Exception):
    """What is wrong with an image, to follow its name in a message; fabio never raises this."""


class UnknownFormatError(BrokenImageError):
    """The file is in none of the formats read here, but may be in one that fabio reads."""


def check_size(
    size: int, start: int, shape: tuple[int, int], dtype: np.dtype[Any], *, exact: bool = True
) -> None:
    """Check that ``size`` bytes hold an image of ``shape`` from ``start`` on, and no more.

    Without ``exact`` more bytes may follow. Raises BrokenImageError.
    """
    if min(shape) < 1:
        raise BrokenImageError(
            f"its header has {shape_text(shape)} pixels, which is no image; write it anew"
        )
    needed = start + shape[0] * shape[1] * dtype.itemsize
    if size < needed or (exact and size != needed):
        trouble = "truncated" if size < needed else "too long"
        raise BrokenImageError(
            f"it is {trouble}: {size} bytes, where a header of {start} and {shape_text(shape)} "
            "pixels "
            f"of {dtype.name} need {needed}; write it anew"
        )


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as ``slow x fast``."""
    return " x ".join(map(str, shape))


def check_single(images: int) -> None:
    """Check that a file holds one image; raise BrokenImageError where it holds more."""
    if images != 1:
        raise BrokenImageError("it holds more than one image; write the one to compare on its own")
