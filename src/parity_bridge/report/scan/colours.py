"""The RGB of every colour index of a map, from matplotlib's colour maps.

matplotlib is slow to import and is imported only where colours are computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parity_bridge.report.scan.scales import FIRST, LAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORANGE, BLUE = "#d55e00", "#0072b2"
GREY, WHITE, BLACK = "#dcdcdc", "#ffffff", "#000000"
DARK_GREY, MIDDLE_GREY = "#444444", "#777777"


class Ramp(NamedTuple):
    """A part of a colour map: without colours that may be taken for zero or for no value."""

    name: str
    first: float
    last: float


#: Of images and lookups, and of counts.
SEQUENTIAL = Ramp("viridis", 0.0, 1.0)
COUNTS = Ramp("inferno_r", 0.45, 0.95)
_DIVERGING = Ramp("RdBu_r", 0.06, 0.94)


def sequential_colours(ramp: Ramp) -> NDArray[np.uint8]:
    """Return the RGB of every index of a scale that is not symmetric, (256, 3)."""
    ends = [
        _rgb_of_hex(WHITE),
        _rgb_of_hex(GREY),
        _sample_ramp(ramp, LAST - FIRST + 1),
        _rgb_of_hex(ORANGE),
    ]
    return np.concatenate(ends)


def diverging_colours() -> NDArray[np.uint8]:
    """Return the RGB of every index of a symmetric scale, (256, 3)."""
    return np.concatenate([_rgb_of_hex(BLACK), _sample_ramp(_DIVERGING, 255)])


def hex_colour(colours: NDArray[np.uint8], index: int) -> str:
    """Return one of ``colours`` as ``#rrggbb``."""
    return f"#{colours[index].tobytes().hex()}"


def _sample_ramp(ramp: Ramp, count: int) -> NDArray[np.uint8]:
    from matplotlib import colormaps  # noqa: PLC0415 - slow to import

    places = np.linspace(ramp.first, ramp.last, count)
    return colormaps[ramp.name](places, bytes=True)[:, :3].astype(np.uint8)


def _rgb_of_hex(colour: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)[None]
