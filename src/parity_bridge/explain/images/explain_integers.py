"""Which behaviour or slip, and which scale, rounding or noise, make an image of whole numbers.

The C core is run under one hypothesis after the other, and what comes out is fitted as the
reference's own photons are. A block of pixels rules most hypotheses out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.comparison.tolerances import EXACT
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.regions import Region
from parity_bridge.explain.hypothesis_search import behaviour_candidates, slip_candidates
from parity_bridge.explain.images.intensity_runner import IntensityRunner
from parity_bridge.explain.images.intensity_search import IntensityCase, hypothesis_frame
from parity_bridge.explain.images.value_reason import ImageCase, ImageMatch, matches_as_it_is
from parity_bridge.explain.images.value_sentences import match_names, match_text
from parity_bridge.explain.trial_runner import Candidate, TrialRunner

#: Pixels along an edge of the block, and evaluations that all runs over it may cost.
_BLOCK = 96
_MAX_EVALUATIONS = 300_000_000
#: About how many hypotheses there are.
_HYPOTHESES = 120
#: Sets that are held against the whole region.
_MOST_SETS = 4


class IntegerMatch(NamedTuple):
    """A hypothesis, and what the image is of the photons under it."""

    candidate: Candidate
    case: ImageCase
    fit: ImageMatch


def explain_integers(case: IntensityCase, image_case: ImageCase, name: str) -> ImageReason | None:
    """Return the hypotheses under which the image ``name`` is one of whole numbers of the C core's.

    Return None where there is none. Raise what the C core raises where it cannot be run as the
    reference was.
    """
    found = list(_search(case, image_case))
    if not found:
        return None
    first, *others = found
    hypothesis = first.candidate.hypothesis
    clause = (
        f"{name} {match_text(first.case, first.fit)}, I being the photons of a program that "
        f"{hypothesis.does} (`{hypothesis.name}`)"
    )
    if others:
        names = " or ".join(f"`{item.candidate.hypothesis.name}`" for item in others)
        clause += f"; these pixels cannot tell that from {names}"
    return ImageReason(
        kind="hypotheses",
        clause=clause,
        names=tuple((item.candidate.hypothesis.name, *match_names(item.fit)) for item in found),
    )


def _search(case: IntensityCase, image_case: ImageCase) -> Iterator[IntegerMatch]:
    runner = IntensityRunner(case.experiment, case.pixels[:1], case.behaviours)
    block = _block(case, runner.evaluation_count)
    if block is None:
        return
    trial_runner = TrialRunner(replace(runner, pixels=()), (), EXACT)
    kept = 0
    for candidate in _candidates(runner):
        match = _match(case, image_case, trial_runner, candidate, block)
        if match is not None and block != case.region:
            match = _match(case, image_case, trial_runner, candidate, case.region)
        if match is not None:
            yield match
            kept += 1
        if kept == _MOST_SETS:
            return


def _candidates(runner: IntensityRunner) -> Iterator[Candidate]:
    yield from behaviour_candidates(runner)
    # A transposed image is recognized from its values.
    yield from (item for item in slip_candidates(runner) if not item.swaps_pixels)


def _block(case: IntensityCase, evaluations: int) -> Region | None:
    """Return a block around the brightest pixel; None where a pixel has too many evaluations."""
    edge = min(_BLOCK, int((_MAX_EVALUATIONS / _HYPOTHESES / max(1, evaluations)) ** 0.5))
    if edge < 8:
        return None
    at = np.unravel_index(int(np.argmax(case.image)), case.image.shape)
    ranges = []
    for whole, place in zip((case.region.slow, case.region.fast), at, strict=True):
        start = max(0, min(int(place) - edge // 2, len(whole) - edge))
        ranges.append(whole[start : start + edge])
    return Region(*ranges)


def _match(
    case: IntensityCase,
    image_case: ImageCase,
    trial_runner: TrialRunner,
    candidate: Candidate,
    region: Region,
) -> IntegerMatch | None:
    """Return how the image over ``region`` follows from the photons under a hypothesis."""
    try:
        photons = hypothesis_frame(case, trial_runner, (candidate,), region)
    except (BridgeError, ValueError):
        # The C core cannot be run under it.
        return None
    start = case.region.slow.start, case.region.fast.start
    place = tuple(
        slice(chosen.start - first, chosen.stop - first)
        for chosen, first in zip((region.slow, region.fast), start, strict=True)
    )
    if photons.shape != image_case.reference[place].shape or np.array_equal(
        photons, image_case.reference[place]
    ):
        return None
    computed = None if image_case.computed is None else image_case.computed[place]
    there = replace(image_case, reference=photons, region=region, computed=computed)
    fits = matches_as_it_is(there)
    return IntegerMatch(candidate, there, fits[0]) if fits else None
