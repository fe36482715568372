"""Which behaviours or slips an image shows, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.errors import BridgeError
from parity_bridge.explain.experiment_changes import change
from parity_bridge.explain.images.intensity_runner import IntensityRunner
from parity_bridge.explain.images.intensity_search import (
    HypothesisSet,
    IntensityCase,
    IntensityMatch,
    hypothesis_frame,
    search_intensities,
)
from parity_bridge.explain.trial_runner import TrialRunner


def explain_intensities(case: IntensityCase, name: str) -> ImageReason | None:
    """Return the smallest set of hypotheses under which the C core computes the image ``name``.

    Return None where there is none. Raise what the C core raises where it cannot be run as the
    reference was.
    """
    match = search_intensities(case)
    if match is None:
        return None
    pixel = _deciding_pixel(case, match.sets) if len(match.sets) > 1 else None
    sets = match.sets if pixel is not None else _named_by_contract(match.sets)
    first, *others = sets
    does = _joined([item.hypothesis.does for item in first])
    clause = (
        f"{name} {does}: with {_quoted(first)} the C core computes it at {_pixels_text(match)} "
        f"{_closeness_text(case, match)}"
    )
    if others:
        names = " or ".join(map(_quoted, others))
        clause += f"; these pixels cannot tell it from {names}, {_deciding_text(pixel)}"
    return ImageReason(
        kind="hypotheses",
        clause=clause,
        names=tuple(tuple(item.hypothesis.name for item in chosen) for chosen in sets),
        deciding=() if pixel is None else (pixel,),
    )


def _named_by_contract(sets: Sequence[HypothesisSet]) -> Sequence[HypothesisSet]:
    """Return the sets of behaviours alone, if any: what no pixel tells apart is the same thing."""
    named = [
        chosen for chosen in sets if all(item.hypothesis.kind == "behaviour" for item in chosen)
    ]
    return named or sets


def _pixels_text(match: IntensityMatch) -> str:
    if not match.is_whole:
        return f"the {match.pixels} worst pixels (the region has too many evaluations)"
    return f"all {match.pixels} pixels"


def _closeness_text(case: IntensityCase, match: IntensityMatch) -> str:
    if match.is_exact:
        return "to the bit"
    return f"within the tolerances of {case.tolerances.file or case.tolerances.case}"


def _deciding_text(pixel: tuple[int, int] | None) -> str:
    if pixel is None:
        return "and no pixel of this detector can; the taps of `run` would"
    return f"which pixel {pixel[0]} {pixel[1]} outside the region would"


def _deciding_pixel(case: IntensityCase, sets: Sequence[HypothesisSet]) -> tuple[int, int] | None:
    """Return the pixel of the detector (slow, fast) at which the first two sets differ most."""
    without_mask = change("detector", mask=None)(case.experiment)
    whole = change("sampling", roi=None)(without_mask)
    trial_runner = TrialRunner(IntensityRunner(whole, (), case.behaviours), (), case.tolerances)
    try:
        first, second = (
            hypothesis_frame(case, trial_runner, chosen, None).astype(np.float64)
            for chosen in sets[:2]
        )
    except BridgeError:
        return None
    tolerance = case.tolerances.of("final_output", "image")
    differs = exceeds_tolerance(first, second, tolerance)
    if not differs.any():
        return None
    distance = np.where(differs, np.abs(first - second), 0.0)
    slow, fast = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(slow), int(fast)


def _quoted(chosen: HypothesisSet) -> str:
    return " and ".join(f"`{item.hypothesis.name}`" for item in chosen)


def _joined(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
