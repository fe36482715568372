"""The search for what an image is of the reference's: layout, values, noise, in this order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.explain.images.arrangements import AS_IT_IS, Arrangement, rearrangements
from parity_bridge.explain.images.noise_fit import NoiseFit, fit_noise
from parity_bridge.explain.images.value_fit import KnownNumbers, ValueFit, Values, fit_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.regions import Region

#: Offset of the original program's integer and noise images (contract §9).
DEFAULT_OFFSET = 40.0


@dataclass(frozen=True)
class ImageCase:
    """A reference's region, and the whole image that is held against it."""

    #: Photons over ``region``, (slow, fast).
    reference: NDArray[np.floating]
    #: The whole detector, (slow, fast).
    image: NDArray[Any]
    region: Region
    #: Where the reference was computed, over ``region``; None: everywhere.
    computed: NDArray[np.bool_] | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    #: What the command line says: scale of the integer image and of the PGM, not positive where the
    #: program chooses them, and the offset.
    scales: tuple[float, float] = (0.0, 0.0)
    offset: float = DEFAULT_OFFSET

    def values(self, arrangement: Arrangement) -> Values:
        """Return the pixels that are finite on both sides, the image laid out as the reference."""
        image = np.asarray(arrangement.undo(self.image)[self.region.slices], np.float64)
        reference = np.asarray(self.reference, np.float64)
        kept = np.isfinite(image) & np.isfinite(reference)
        if self.computed is not None:
            kept &= self.computed
        return Values(reference[kept], image[kept], self.tolerance)

    @cached_property
    def chosen_scales(self) -> dict[str, float]:
        """The scales that the original program chooses (contract §9), by their formula."""
        reference = np.asarray(self.reference, np.float64)
        reference = reference[np.isfinite(reference)]
        largest = float(reference.max(initial=0.0))
        spread = float(reference.std(ddof=1)) if reference.size > 1 else 0.0
        scales = {}
        if 0 < largest < np.inf:
            scales["55000/max(I)"] = 55000.0 / largest
        if 0 < spread < np.inf:
            scales["50/rmsd(I)"] = 50.0 / spread
        return scales

    @property
    def known(self) -> KnownNumbers:
        """Slopes and offsets that are likelier than others."""
        given = (scale for scale in self.scales if scale > 0)
        slopes = (1.0, *given, *self.chosen_scales.values())
        return KnownNumbers(slopes, tuple(dict.fromkeys((self.offset, DEFAULT_OFFSET, 0.0))))


@dataclass(frozen=True)
class ImageMatch:
    """A layout, and either the values or the noise that fit with it."""

    arrangement: Arrangement
    fit: ValueFit | NoiseFit


def matches(case: ImageCase) -> tuple[ImageMatch, ...]:
    """Return what the image may be; several where its pixels cannot tell.

    An image that needs no other layout is not tried in another.
    """
    return _matches(case, _value_matches) or _matches(case, _noise_matches)


def matches_as_it_is(case: ImageCase) -> tuple[ImageMatch, ...]:
    """Return what the image may be in the reference's own layout."""
    return tuple(_value_matches(case, AS_IT_IS)) or tuple(_noise_matches(case, AS_IT_IS))


def _matches(case: ImageCase, search: Any) -> tuple[ImageMatch, ...]:
    as_it_is = tuple(search(case, AS_IT_IS))
    if as_it_is:
        return as_it_is
    return tuple(
        match
        for arrangement in rearrangements(case.image.shape)
        for match in search(case, arrangement)
    )


def _value_matches(case: ImageCase, arrangement: Arrangement) -> Iterator[ImageMatch]:
    for fit in fit_values(case.values(arrangement), case.known):
        yield ImageMatch(arrangement, fit)


def _noise_matches(case: ImageCase, arrangement: Arrangement) -> Iterator[ImageMatch]:
    values = case.values(arrangement)
    fit = fit_noise(values.reference, values.image, case.known.offsets)
    if fit is not None:
        yield ImageMatch(arrangement, fit)


def deciding_pixel(case: ImageCase, found: tuple[ImageMatch, ...]) -> tuple[int, int] | None:
    """Return the pixel (slow, fast) outside the region that tells two layouts apart best.

    Return None where there is none.
    """
    layouts = {match.arrangement.name: match.arrangement for match in found}
    if len(layouts) < 2:
        return None
    first, second, *_ = layouts.values()
    ours, theirs = (np.asarray(item.undo(case.image), np.float64) for item in (first, second))
    distance = np.nan_to_num(np.abs(ours - theirs))
    distance[case.region.slices] = 0.0
    slow, fast = np.unravel_index(int(distance.argmax()), distance.shape)
    return (int(slow), int(fast)) if distance[slow, fast] > 0 else None
