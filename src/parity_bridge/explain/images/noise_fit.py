"""Whether an image is the reference's with Poisson noise and an offset (contract §10).

Mean and variance of what is left must be those of Poisson's law, over all pixels and over dark and
bright ones by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Standard deviations within which mean and variance must lie.
_SIGMAS = 5.0
#: Least number of pixels with photons, and of photons expected in them.
_FEWEST_PIXELS = 50
_FEWEST_PHOTONS = 100.0
#: Groups of pixels by their intensity, each with about the same number of pixels.
_GROUPS = 4
#: Pixels of the sample that rules most images out.
_SAMPLE = 65536
#: Values near the largest of 16 bits may be clipped.
_LARGEST = 65535.0


@dataclass(frozen=True)
class NoiseFit:
    """How the residuals ``image - offset - I`` compare with Poisson's law."""

    offset: float
    #: Their sum, over the standard deviation that it should have.
    mean_sigmas: float
    #: Their mean square over the intensity: 1 for Poisson noise.
    variance_ratio: float
    pixels: int


def fit_noise(
    reference: NDArray[np.float64], image: NDArray[np.float64], offsets: tuple[float, ...]
) -> NoiseFit | None:
    """Return the fit with the first of ``offsets`` that will do, else the likeliest whole one.

    Both are one-dimensional: photons, and whole numbers. Return None where no offset will do.
    """
    if not np.array_equal(image, np.rint(image)) or reference.min(initial=0.0) < 0:
        return None
    likeliest = float(np.rint(image.mean() - reference.mean()))
    step = -(-image.size // _SAMPLE)
    for offset in dict.fromkeys((*offsets, likeliest)):
        # Sorting all pixels takes long: a sample rules most images out.
        if not _is_ruled_out(reference[::step], image[::step], offset):
            fit = _fit(reference, image, offset)
            if fit is not None:
                return fit
    return None


def _is_ruled_out(
    reference: NDArray[np.float64], image: NDArray[np.float64], offset: float
) -> bool:
    """Return whether these pixels by themselves show that the image is no such noise."""
    lit = reference > 0
    expected, residuals = reference[lit], (image - offset - reference)[lit]
    if expected.sum() < _FEWEST_PHOTONS or image.max(initial=0.0) >= _LARGEST:
        return False
    return not _is_poisson(expected, residuals)


def _fit(
    reference: NDArray[np.float64], image: NDArray[np.float64], offset: float
) -> NoiseFit | None:
    dark = reference == 0
    if (image[dark] != offset).any() or (image < offset).any():
        return None
    bright = reference + offset + 10 * np.sqrt(reference) > _LARGEST
    lit = ~dark & ~bright
    expected, residuals = reference[lit], (image - offset - reference)[lit]
    if expected.size < _FEWEST_PIXELS or expected.sum() < _FEWEST_PHOTONS:
        return None
    order = np.argsort(expected, kind="stable")
    groups = [order, *np.array_split(order, _GROUPS)]
    if not all(_is_poisson(expected[group], residuals[group]) for group in groups):
        return None
    return NoiseFit(
        offset,
        float(residuals.sum()) / float(expected.sum()) ** 0.5,
        _weighted_squares(expected, residuals) / _weighted(expected, expected),
        int(expected.size),
    )


def _is_poisson(expected: NDArray[np.float64], residuals: NDArray[np.float64]) -> bool:
    """Return whether sum and sum of squares lie within ``_SIGMAS`` of what they should be."""
    off_mean = abs(float(residuals.sum())) / float(expected.sum()) ** 0.5
    off = _weighted_squares(expected, residuals) - _weighted(expected, expected)
    # Poisson's law: the fourth central moment is m + 3 m^2, so the variance of squares m + 2 m^2.
    weights = np.maximum(expected, 1.0)
    spread = float(((expected + 2.0 * expected**2) / weights**2).sum()) ** 0.5
    return bool(off_mean <= _SIGMAS and abs(off) <= _SIGMAS * spread)


def _weighted_squares(expected: NDArray[np.float64], residuals: NDArray[np.float64]) -> float:
    return _weighted(expected, residuals**2)


def _weighted(expected: NDArray[np.float64], numbers: NDArray[np.float64]) -> float:
    """Sum ``numbers``, each over its variance or 1, so that bright pixels do not outweigh all."""
    return float((numbers / np.maximum(expected, 1.0)).sum())
