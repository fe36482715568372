"""A beam centre from the header of a mask, written as a plain ``y_beam`` (contract §8)."""

from __future__ import annotations

import math
from collections.abc import Callable

from parity_bridge.experiment.model import Detector

#: Neighbours tried on either side of a number, in steps of its last place.
_NEIGHBOURS = 8


def with_plain_beam_centre(detector: Detector) -> Detector:
    """Return ``detector`` with the beam centre of its mask as ``y_beam``.

    The length in metres is the same bit for bit wherever a number in mm gives it.
    """
    mask = detector.mask_beam_centre
    if mask is None:
        return detector
    metres = mask.pixel_size / 1000.0 * mask.pixels_slow - mask.y_beam / 1000.0
    y_beam = nearest_number(metres * 1000.0, lambda mm: mm / 1000.0, metres)
    return detector.model_copy(update={"y_beam": y_beam, "mask_beam_centre": None})


def nearest_number(guess: float, result_of: Callable[[float], float], target: float) -> float:
    """Return the number near ``guess`` whose ``result_of`` is closest to ``target``."""
    candidates = [guess]
    below = above = guess
    for _ in range(_NEIGHBOURS):
        below, above = math.nextafter(below, -math.inf), math.nextafter(above, math.inf)
        candidates += [below, above]
    return min(candidates, key=lambda number: abs(result_of(number) - target))
