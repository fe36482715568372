"""Why a whole image differs from the reference's, from its values alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parity_bridge.comparison.image_reason import ImageReason
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
    found = matches(case)
    if not found:
        return None
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
