"""Images of one value, and images that are 0 outside a rectangle: what a part of them shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity_bridge.experiment.regions import Region
from parity_bridge.explain.images.value_reason import ImageCase


def only_value(case: ImageCase) -> float | None:
    """Return the value that every pixel of the image's region has; None where there are two.

    Also None where the reference's photons, too, are the same at every pixel.
    """
    image, reference = case.image[case.region.slices], np.asarray(case.reference)
    if case.computed is not None:
        image, reference = image[case.computed], reference[case.computed]
    if not image.size or (image != image.flat[0]).any() or (reference == reference.flat[0]).all():
        return None
    return float(image.flat[0])


def lit_part(case: ImageCase) -> ImageCase | None:
    """Return the smallest rectangle outside which the image is 0; None where that is all of it."""
    image = case.image[case.region.slices]
    lit = np.argwhere(image != 0)
    if not len(lit):
        return None
    (slow, fast), (slow_end, fast_end) = lit.min(axis=0), lit.max(axis=0) + 1
    if (slow_end - slow, fast_end - fast) == image.shape:
        return None
    place = slice(slow, slow_end), slice(fast, fast_end)
    region = case.region
    part = Region(region.slow[place[0]], region.fast[place[1]])
    computed = None if case.computed is None else case.computed[place]
    return replace(case, reference=case.reference[place], region=part, computed=computed)


def roi_text(region: Region) -> str:
    """Return the ``-roi`` that computes ``region``: fast, then slow, both ends inclusive."""
    slow, fast = region.slow, region.fast
    return f"-roi {fast.start} {fast.stop - 1} {slow.start} {slow.stop - 1}"
