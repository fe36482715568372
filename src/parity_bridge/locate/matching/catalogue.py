"""The figures of the reference, sorted, so that thousands of values are looked up at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.matching.information import is_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parity_bridge.locate.figures.quantity import Quantity

    Floats = NDArray[np.float64]

#: Figures known no better than this, relative, anchor no search.
_LOOSEST_ANCHOR = 1e-9


@dataclass(frozen=True)
class Entry:
    """One figure as it is searched: its distinct finite values in order."""

    quantity: Quantity
    values: Floats
    #: Noise of each, in units of the unit roundoff.
    noise: Floats
    #: Where each stands in the figure, and how often.
    places: NDArray[np.int64]
    counts: NDArray[np.int64]

    @cached_property
    def is_round(self) -> bool:
        """Whether its values are round numbers, which are matched by their places only."""
        return bool(len(self.values)) and float(is_round(self.values).mean()) > 0.5

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """The pixel of each value: the first, where several have it."""
        return self.places // int(np.prod(self.quantity.values.shape[1:]))

    @cached_property
    def telling_pixels(self) -> frozenset[int]:
        """The pixels in which a number can be found by itself."""
        return frozenset(self.pixels[_is_tight(self.values, self.noise)].tolist())

    @cached_property
    def components(self) -> frozenset[int]:
        """The components that tell something: flat places along ``cell``, ``row`` and ``xyz``."""
        return self.components_at(self.places[~is_round(self.values)])

    def components_at(self, places: NDArray[np.int64]) -> frozenset[int]:
        """Return the components in which ``places`` lie."""
        return frozenset(np.unique(places % int(np.prod(self.quantity.values.shape[-3:]))).tolist())


@dataclass(frozen=True)
class Shelf:
    """The values of all figures of one unit dimension, by size."""

    sizes: Floats
    values: Floats
    noise: Floats
    numbers: NDArray[np.int64]


class Catalogue:
    """All figures of an experiment, ready to be searched."""

    def __init__(self, quantities: Sequence[Quantity]) -> None:
        """Sort ``quantities``."""
        self.quantities = tuple(quantities)
        self.entries = tuple(map(_entry, quantities))

    @cached_property
    def shelves(self) -> dict[int | None, Shelf]:
        """Unit dimension -> the values that can anchor a search."""
        powers = {entry.quantity.power for entry in self.entries}
        return {power: self._shelf(power) for power in powers}

    @cached_property
    def round_entries(self) -> tuple[Entry, ...]:
        """The figures that are matched by their places."""
        return tuple(entry for entry in self.entries if entry.is_round and len(entry.values) > 3)

    @cached_property
    def scalars(self) -> Floats:
        """The values of the figures that have few, sorted: known, but telling little."""
        few = [entry.values for entry in self.entries if len(entry.values) <= 16]
        return np.unique(np.concatenate([*few, [0.0, 1.0, -1.0, 2.0, 0.5]]))

    def _shelf(self, power: int | None) -> Shelf:
        own = [e for e in self.entries if e.quantity.power == power and len(e.values)]
        values = np.concatenate([e.values for e in own] or [np.zeros(0)])
        noise = np.concatenate([e.noise for e in own] or [np.zeros(0)])
        numbers = np.concatenate(
            [np.full(len(e.values), e.quantity.number) for e in own] or [np.zeros(0, dtype=int)]
        )
        keep = np.flatnonzero(_is_tight(values, noise))
        order = keep[np.argsort(np.abs(values[keep]), kind="stable")]
        return Shelf(np.abs(values[order]), values[order], noise[order], numbers[order])


def _is_tight(values: Floats, noise: Floats) -> NDArray[np.bool_]:
    """Return which values are known so well that they can anchor a search."""
    with np.errstate(all="ignore"):
        tight: NDArray[np.bool_] = noise * 2.0**-53 < _LOOSEST_ANCHOR * np.abs(values)
    return tight


def _entry(quantity: Quantity) -> Entry:
    flat = np.ravel(quantity.values)
    finite = np.flatnonzero(np.isfinite(flat))
    values, first, counts = np.unique(flat[finite], return_index=True, return_counts=True)
    places = finite[first]
    return Entry(quantity, values, np.ravel(quantity.noise)[places], places, counts)
