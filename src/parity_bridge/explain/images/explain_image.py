"""Why a whole image differs from the reference's, from its values alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.explain.images.framed_values import lit_part, only_value, roi_text
from parity_bridge.explain.images.noise_fit import NoiseFit
from parity_bridge.explain.images.noise_seed import reproducing_seed
from parity_bridge.explain.images.value_reason import (
    ImageCase,
    ImageMatch,
    deciding_pixel,
    matches,
)
from parity_bridge.explain.images.value_sentences import match_evidence, match_names, match_text

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

UNEXPLAINED = (
    "no scale and offset, rounding, clipping, flip or transposition of the reference's image gives "
    "every pixel, nor is it that image with Poisson noise"
)


def explain_values(
    case: ImageCase, name: str, experiment: Experiment | None, seeds: Sequence[int]
) -> ImageReason | None:
    """Return what the image ``name`` is of the reference's; None where nothing fits all pixels.

    ``seeds`` are tried for a noise image of ``experiment``, the reference's.
    """
    value = only_value(case)
    if value is not None:
        return _one_value_reason(case, name, value)
    found = matches(case)
    if not found:
        part = lit_part(case)
        return None if part is None else _part_reason(part, name)
    first, *others = found
    clause = f"{name} {match_text(case, first)}{_seed_text(case, first, experiment, seeds)}"
    pixel = deciding_pixel(case, found)
    if others:
        clause += f"; {_alternatives_text(case, others, pixel)}"
    return ImageReason(
        kind="noise" if isinstance(first.fit, NoiseFit) else "values",
        clause=clause,
        names=tuple(match_names(match) for match in found),
        evidence=tuple(match_evidence(case, first)),
        deciding=() if pixel is None else (pixel,),
    )


def _one_value_reason(case: ImageCase, name: str, value: float) -> ImageReason:
    """Say that the image has one value: so many things make that, that none is named."""
    largest = float(np.nanmax(case.reference))
    return ImageReason(
        kind="unexplained",
        clause=(
            f"{name} is {value:.9g} at every pixel, where the reference has up to {largest:.9g} "
            "photons: from one value nothing more can be told; `run` can, where the "
            "program is an engine"
        ),
    )


def _part_reason(part: ImageCase, name: str) -> ImageReason | None:
    """Return what an image that is 0 outside a part is inside; None where nothing fits there."""
    found = matches(part)
    if not found:
        return None
    match = found[0]
    clause = f"{name} {match_text(part, match)}, inside `{roi_text(part.region)}`; outside it is 0"
    return ImageReason(
        kind="noise" if isinstance(match.fit, NoiseFit) else "values",
        clause=clause,
        names=(("part", *match_names(match)),),
        evidence=tuple(match_evidence(part, match)),
    )


def _alternatives_text(
    case: ImageCase, others: Sequence[ImageMatch], pixel: tuple[int, int] | None
) -> str:
    texts = " or ".join(match_text(case, match).removeprefix("is ") for match in others)
    text = f"these pixels cannot tell that from {texts}"
    if pixel is None:
        return f"{text}, which an image with more or brighter pixels would"
    return f"{text}, which pixel {pixel[0]} {pixel[1]} outside the region would"


def _seed_text(
    case: ImageCase, match: ImageMatch, experiment: Experiment | None, seeds: Sequence[int]
) -> str:
    """Say which seed draws the very counts of a noise image, or how to find out."""
    if not isinstance(match.fit, NoiseFit) or experiment is None:
        return ""
    seed = reproducing_seed(experiment, case, match.arrangement, match.fit.offset, seeds)
    if seed is not None:
        return f", and bit for bit that of seed {seed}"
    if seeds:
        return f", but not that of seed {' or '.join(map(str, seeds))}"
    return "; with its `-seed` among the flags its counts are compared bit for bit"
