"""The C core as an instrument of which only the intensities are read, and trials with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.comparison.agreement import taps_agree
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.explain.trial_runner import (
    FULL_AGREEMENT,
    AgreementDepth,
    Candidate,
    TrialRunner,
)
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation

_TAP, _FIELD = "final_output", "image"


@dataclass(frozen=True)
class IntensityRunner(ReferenceRunner):
    """A ``ReferenceRunner`` whose figures are what an image has: a float32 at each pixel."""

    def figures(self, observations: Sequence[Observation]) -> list[PixelTaps]:
        """Return the values of the image at ``pixels``."""
        values = [float(observation.totals[_FIELD]) for observation in observations]
        return [intensity_taps(*pair) for pair in zip(self.pixels, values, strict=True)]


def intensity_taps(pixel: tuple[int, int], value: float) -> PixelTaps:
    """Return a pixel of which only the value of the image is known, photons.

    How finely it was sampled is not known: that is 0 for all.
    """
    fields = TapFields({_FIELD: value}, {}, np.zeros((0, 6), dtype=np.int64))
    return PixelTaps("image", pixel, 0, {_TAP: fields})


class IntensityTrialRunner(TrialRunner):
    """A ``TrialRunner`` for which sides that differ agree the further the nearer they are.

    Without taps there is no chain along which a set of hypotheses could be grown.
    """

    def agreement_depth(self, chosen: Sequence[Candidate]) -> AgreementDepth:
        """Return minus the largest relative difference of any pixel."""
        reruns = self.run_or_none(chosen)
        if reruns is None:
            return -1.0, 0.0
        pairs = list(zip(reruns, self.others, strict=True))
        if all(taps_agree(*pair, self.tolerances) for pair in pairs):
            return FULL_AGREEMENT
        return 0.0, -max(_relative_difference(*pair) for pair in pairs)


def _relative_difference(ours: PixelTaps, theirs: PixelTaps) -> float:
    first, second = (float(side.taps[_TAP].pixel[_FIELD] or 0.0) for side in (ours, theirs))
    largest = max(abs(first), abs(second))
    return abs(first - second) / largest if largest else 0.0
