"""A pixel that tells hypotheses apart which the given pixels cannot.

The C core is run under each of them at pixels spread over the frame. The pixel at which most of
them give different intensities, by the largest factor, is the one to look at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.errors import BridgeError
from parity_bridge.explain.explanation import DecidingPixel
from parity_bridge.explain.trial_runner import Candidate, TrialRunner

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The most pixels that are tried, and evaluations that all runs together may cost.
_MOST_PIXELS = 1024
_MAX_EVALUATIONS = 1_000_000
#: Relative difference of two intensities that a comparison sees, if its tolerance is no larger.
_LEAST_DIFFERENCE = 1e-6


def deciding_pixel(
    trial_runner: TrialRunner, sets: Sequence[Sequence[Candidate]]
) -> DecidingPixel | None:
    """Return the pixel that tells most of ``sets`` apart, or how many pixels were tried in vain.

    Return None where there is nothing to tell apart, or a run would take too long.
    """
    pixels = spread_pixels(trial_runner, _affordable(trial_runner, len(sets)))
    if len(sets) < 2 or not pixels:
        return None
    try:
        intensities = np.stack([intensities_at(trial_runner, chosen, pixels) for chosen in sets])
    except (BridgeError, ValueError):
        # One of them does not allow some of the pixels.
        return None
    limit = trial_runner.tolerances.of("final_output", "image")
    least = max(_LEAST_DIFFERENCE, 0.0 if limit is None else 2.0 * limit.rtol)
    kinds, gaps = _told_apart(intensities, least)
    best = int(np.lexsort((-gaps, -kinds))[0])
    if kinds[best] < 2:
        return DecidingPixel(pixel=None, told_apart=1, tried=len(pixels))
    return DecidingPixel(pixel=pixels[best], told_apart=int(kinds[best]), tried=len(pixels))


def _affordable(trial_runner: TrialRunner, sets: int) -> int:
    """Return the most pixels at which the reference may be run under each of ``sets``."""
    reference = trial_runner.reference
    cost = max(1, reference.evaluation_count // len(reference.pixels)) * max(1, sets)
    return min(_MOST_PIXELS, _MAX_EVALUATIONS // cost)


def spread_pixels(trial_runner: TrialRunner, most: int) -> list[tuple[int, int]]:
    """Return at most ``most`` pixels evenly spread over the frame."""
    derived = trial_runner.reference.observations[0].derived
    slow, fast = (int(str(derived[f"{name}pixels"])) for name in "sf")
    if most < 1:
        return []
    step = max(1, math.ceil(math.sqrt(slow * fast / most)))
    return [(s, f) for s in range(step // 2, slow, step) for f in range(step // 2, fast, step)]


def intensities_at(
    trial_runner: TrialRunner, chosen: Sequence[Candidate], pixels: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """Return what an image holds at each pixel under a set of hypotheses: 0 outside the region."""
    turned = any(item.swaps_pixels for item in chosen)
    asked = [(fast, slow) if turned else (slow, fast) for slow, fast in pixels]
    changed = trial_runner.changes(chosen)
    observed = trial_runner.reference.observe(**changed, pixels=asked, in_frame=False)
    return np.array([item.totals["image"] for item in observed], dtype=np.float64)


def _told_apart(
    intensities: NDArray[np.float64], least: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return how many sets each pixel tells apart, and the smallest relative gap between two.

    ``intensities`` are of shape (sets, pixels); both results have one number a pixel. ``least`` is
    the smallest relative difference that counts.
    """
    ordered = np.sort(np.nan_to_num(intensities, posinf=0.0, neginf=0.0), axis=0)
    largest = np.maximum(np.abs(ordered).max(axis=0), np.finfo(np.float64).tiny)
    gaps = np.diff(ordered, axis=0) / largest
    differ = gaps > least
    smallest = np.where(differ, gaps, np.inf).min(axis=0)
    return 1 + differ.sum(axis=0), np.where(differ.any(axis=0), smallest, 0.0)
