"""Sets of hypotheses held against further pixels, at which the other side is run again.

A set may reproduce a few pixels by coincidence, above all where the other side records little more
than an intensity. So it must also reproduce pixels at which it changes the reference, among them
the one that would tell several sets apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.comparison.agreement import taps_agree
from parity_bridge.comparison.tolerances import EXACT
from parity_bridge.errors import BridgeError
from parity_bridge.explain.deciding_pixels import intensities_at, spread_pixels
from parity_bridge.explain.explanation import DecidingPixel
from parity_bridge.explain.other_runner import OtherRunner
from parity_bridge.explain.trial_runner import Candidate, TrialRunner
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How many pixels are tried at most, and how many of the frame they are chosen from.
_MOST_PIXELS = 6
_CANDIDATES = 144
#: Taps of a pixel that are one intensity in several units, and pixels that are few.
_INTENSITIES = {"intensity_post_scale", "final_output"}
_FEW = 2
#: Evaluations that both sides together may cost at these pixels.
_MAX_EVALUATIONS = 200_000


@dataclass(frozen=True)
class FurtherPixels:
    """Pixels beyond those compared, and both sides there."""

    #: Runs the reference at these pixels and compares it with the other side.
    trial_runner: TrialRunner

    @property
    def pixels(self) -> tuple[tuple[int, int], ...]:
        """The pixels: slow, fast."""
        return self.trial_runner.reference.pixels

    def surviving(self, sets: Sequence[tuple[Candidate, ...]]) -> list[tuple[Candidate, ...]]:
        """Return those of ``sets`` that reproduce the other side at these pixels too."""
        return [chosen for chosen in sets if self.trial_runner.suffices(chosen)]

    def first_failing(self, chosen: tuple[Candidate, ...]) -> tuple[int, int] | None:
        """Return the first pixel that a set does not reproduce; None where it does all."""
        runner = self.trial_runner
        reruns = runner.run_or_none(chosen)
        if reruns is None:
            return self.pixels[0]
        agree = (
            taps_agree(rerun, other, runner.loosest)
            for rerun, other in zip(reruns, runner.others, strict=True)
        )
        return next(
            (pixel for pixel, holds in zip(self.pixels, agree, strict=True) if not holds), None
        )

    def joined_to(self, trial_runner: TrialRunner) -> TrialRunner:
        """Return a trial runner at the pixels of ``trial_runner`` and these."""
        reference = trial_runner.reference
        pixels = (*reference.pixels, *self.pixels)
        others = [*trial_runner.others, *self.trial_runner.others]
        return TrialRunner(
            replace(reference, pixels=pixels),
            others,
            trial_runner.tolerances,
            rounding=trial_runner.rounding,
        )


def are_few_intensities(others: Sequence[PixelTaps]) -> bool:
    """Return whether a side recorded the intensities of one or two pixels and nothing else."""
    return len(others) <= _FEW and all(side.taps.keys() <= _INTENSITIES for side in others)


def needs_further_pixels(trial_runner: TrialRunner, sets: int) -> bool:
    """Return whether ``sets`` sets that suffice are too many, or shown by too few figures."""
    is_partial = any(
        side.coverage is not None or len(side.taps) < len(TAPS_BY_ID)
        for side in trial_runner.others
    )
    return sets > 1 or (sets == 1 and is_partial)


def run_further_pixels(
    trial_runner: TrialRunner,
    other: OtherRunner,
    sets: Sequence[tuple[Candidate, ...]],
    deciding: DecidingPixel | None,
) -> FurtherPixels | None:
    """Run both sides at further pixels; None where there are none or they cannot be run."""
    reference = trial_runner.reference
    try:
        pixels = _chosen_pixels(trial_runner, sets, deciding)
        if not pixels:
            return None
        further = replace(reference, pixels=tuple(pixels))
        again, *others = other.figures(
            other.run.parsed.experiment, [trial_runner.others[0].pixel, *pixels]
        )
        if not taps_agree(again, trial_runner.others[0], EXACT):
            # It is not what it was: what it does at other pixels says nothing of the records.
            return None
        return FurtherPixels(
            TrialRunner(further, others, trial_runner.tolerances, rounding=trial_runner.rounding)
        )
    except (BridgeError, ValueError, KeyError):
        # One of them does not allow some of the pixels, or records others.
        return None


def _chosen_pixels(
    trial_runner: TrialRunner,
    sets: Sequence[tuple[Candidate, ...]],
    deciding: DecidingPixel | None,
) -> list[tuple[int, int]]:
    """Return the deciding pixel, then those at which the sets change the reference most."""
    reference = trial_runner.reference
    each = max(1, reference.evaluation_count // len(reference.pixels))
    most = min(_MOST_PIXELS, _MAX_EVALUATIONS // (each * (len(sets) + 2)))
    if not most:
        return []
    chosen = [] if deciding is None or deciding.pixel is None else [deciding.pixel]
    tried = min(_CANDIDATES, _MAX_EVALUATIONS // (each * 2))
    taken = {*reference.pixels, *chosen}
    spread = [pixel for pixel in spread_pixels(trial_runner, tried) if pixel not in taken]
    if spread:
        ours, changed = (
            intensities_at(trial_runner, candidates, spread) for candidates in ((), sets[0])
        )
        order = np.argsort(-_relative_change(ours, changed), kind="stable")
        chosen += [spread[place] for place in order.tolist()]
    return chosen[:most]


def _relative_change(
    ours: NDArray[np.float64], changed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far each intensity is changed, over the larger; 0 for what is not finite."""
    largest = np.maximum(np.abs(ours), np.abs(changed))
    change = np.abs(changed - ours) / np.where(largest > 0, largest, math.inf)
    finite: NDArray[np.float64] = np.nan_to_num(change, posinf=0.0)
    return finite
