"""The values of a port as they are searched: distinct elements of all of them, end to end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.matching.information import is_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Elements of a value by which candidates are found.
_ANCHORS = 6


@dataclass(frozen=True)
class Sought:
    """All values of one search."""

    arrays: Sequence[Floats]
    #: Unit roundoff of each.
    roundoffs: NDArray[np.float64]
    #: Distinct finite elements of each value, in order, and where those of each begin; the end is
    #: last.
    elements: Floats
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, arrays: Sequence[Floats], roundoffs: Sequence[float]) -> Sought:
        """Prepare ``arrays``."""
        distinct = [np.unique(flat[np.isfinite(flat)]) for flat in map(np.ravel, arrays)]
        starts = np.cumsum([0, *map(len, distinct)])
        elements = np.concatenate(distinct) if distinct else np.zeros(0)
        return cls(arrays, np.array(roundoffs, dtype=np.float64), elements, starts)

    @cached_property
    def informative(self) -> NDArray[np.bool_]:
        """Which elements are no round numbers."""
        return ~is_round(self.elements)

    @cached_property
    def anchors(self) -> tuple[Floats, NDArray[np.int64]]:
        """Some telling elements of each value, spread evenly, and the value of each."""
        telling = np.flatnonzero(self.informative)
        owners = np.searchsorted(self.starts, telling, "right") - 1
        counts = np.bincount(owners, minlength=len(self.arrays))
        first = np.cumsum(counts) - counts
        rank = np.arange(len(telling)) - first[owners]
        own = counts[owners]
        step = np.maximum((own - 1) / max(_ANCHORS - 1, 1), 1.0)
        chosen = np.isclose(rank, np.round(np.round(rank / step) * step)) & (
            np.round(rank / step) < _ANCHORS
        )
        return self.elements[telling[chosen]], owners[chosen]

    def distinct(self, number: int) -> Floats:
        """Return the distinct finite elements of a value."""
        return self.elements[self.starts[number] : self.starts[number + 1]]

    def is_telling(self, number: int) -> bool:
        """Return whether a value has an element that is no round number."""
        return bool(self.informative[self.starts[number] : self.starts[number + 1]].any())
