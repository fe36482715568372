"""Whether a seed draws exactly the counts of a noise image (contract §10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.integer_images import LARGEST_SEED, noise_image
from parity_bridge.errors import BridgeError
from parity_bridge.explain.images.arrangements import Arrangement
from parity_bridge.explain.images.value_reason import ImageCase

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


def reproducing_seed(
    experiment: Experiment,
    case: ImageCase,
    arrangement: Arrangement,
    offset: float,
    seeds: Iterable[int],
) -> int | None:
    """Return the first of ``seeds`` that gives every pixel of the region; None where none does."""
    photons = np.zeros(case.image.shape, np.float32)
    photons[case.region.slices] = case.reference
    expected = arrangement.undo(case.image)[case.region.slices]
    try:
        finished = FinishedImage.of(experiment, photons)
        for seed in seeds:
            if 0 <= seed <= LARGEST_SEED:
                drawn = noise_image(finished, seed=seed, adc=offset).pixels[case.region.slices]
                if np.array_equal(drawn, expected):
                    return seed
    except BridgeError:
        # The experiment is of another detector, or holds a pixel that is not finite.
        return None
    return None
