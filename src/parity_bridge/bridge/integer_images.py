"""Integer images of photons that any engine computed, for programs (contract §9, §10).

Each function takes an experiment, or its nanoBragg flags, and the image of the whole detector:
photons, (slow, fast). It raises UsageError for an argument of a wrong type, an image of another
size, a number that makes no sense and a pixel that is NaN or infinite, and FileError for a mask
that cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.bridge.python_arguments import checked_experiment
from parity_bridge.engines.c_core import integer_images as core
from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.integer_images import DEFAULT_ADC, IntegerImage, NoiseImage
from parity_bridge.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from parity_bridge.experiment.model import Experiment


def integer_image(
    experiment: Experiment | str | Sequence[str],
    image: ArrayLike,
    *,
    scale: float | None = None,
    adc: float = DEFAULT_ADC,
) -> IntegerImage:
    """Return the SMV image of ``-intfile``: photons times ``scale`` plus ``adc``.

    Without a ``scale`` the largest pixel becomes 55000.
    """
    return core.integer_image(
        finished_image(experiment, image), scale=_scale(scale), adc=_number(adc)
    )


def pgm_image(
    experiment: Experiment | str | Sequence[str], image: ArrayLike, *, scale: float | None = None
) -> IntegerImage:
    """Return the PGM of ``-pgmfile``: photons times ``scale``.

    Without a ``scale`` five standard deviations become 250.
    """
    return core.pgm_image(finished_image(experiment, image), scale=_scale(scale))


def noise_image(
    experiment: Experiment | str | Sequence[str],
    image: ArrayLike,
    seed: int,
    *,
    adc: float = DEFAULT_ADC,
) -> NoiseImage:
    """Return the SMV image of ``-noisefile``: counts drawn with ``seed``, plus ``adc``."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise UsageError(f"seed is {seed!r}; give a whole number of 0 to {core.LARGEST_SEED}")
    return core.noise_image(finished_image(experiment, image), seed=int(seed), adc=_number(adc))


def finished_image(experiment: Experiment | str | Sequence[str], image: ArrayLike) -> FinishedImage:
    """Return what all of these are made from; its ``statistics`` are those of contract §9."""
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "iuf":
        raise UsageError(
            f"image holds {pixels.dtype} instead of numbers; give the photons of a frame"
        )
    return FinishedImage.of(checked_experiment(experiment), pixels)


def _scale(value: float | None) -> float | None:
    """Return a scale; the core takes one of 0 or below as none, which only ``-scale 0`` may."""
    if value is None:
        return None
    scale = _number(value)
    if scale <= 0.0:
        raise UsageError(
            f"scale is {scale:g}; give one above 0, or leave it out for a scale by the image"
        )
    return scale


def _number(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise UsageError(f"{value!r} is no number; give one as scale or adc")
    return float(value)
