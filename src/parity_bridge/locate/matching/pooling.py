"""The values that one place computes run after run: what single numbers tell, taken together.

A port that computes pixel by pixel has one number of a figure at a time. One number may be a figure
by chance, in particular where the figure is known to few digits; many numbers of one place, each
another element of one figure, are not.
"""

from __future__ import annotations

from dataclasses import replace
from math import lgamma, log
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.matching.information import ENOUGH_BITS, SEARCH_BITS
from parity_bridge.locate.matching.match import Agreement, Match, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from parity_bridge.locate.matching.catalogue import Catalogue

    Floats = NDArray[np.float64]

#: Fewer values of one place are not taken together.
LEAST_RUNS = 8


def pool(
    catalogue: Catalogue,
    arrays: Sequence[Floats],
    matches: Sequence[list[Match]],
    runs: Iterable[Sequence[int]],
) -> list[list[Match]]:
    """Return ``matches`` of ``arrays``, with those made sure that the values of a place share.

    ``runs`` are the numbers of the values that each place computed, repeated where it computed one
    again.
    """
    pooled = [list(own) for own in matches]
    for run in map(tuple, map(dict.fromkeys, runs)):
        for (figure, factor), places in _shared(matches, run).items():
            entry = catalogue.entries[figure]
            elements = np.concatenate([np.ravel(arrays[number]) / factor for number, _ in places])
            at_places = nearest(entry.values, elements[np.isfinite(elements)])
            distinct = min(len(places), len(np.unique(at_places)))
            if distinct < LEAST_RUNS:
                continue
            bits = [matches[number][at].bits for number, at in places]
            total = distinct * float(np.mean(bits)) - _choices(len(run), distinct)
            if total < SEARCH_BITS + ENOUGH_BITS:
                continue
            pixels = frozenset(entry.pixels[np.unique(at_places)].tolist())
            for number, at in places:
                own = pooled[number][at]
                pooled[number][at] = replace(
                    own, bits=max(own.bits, total), pixels=pixels | (own.pixels or frozenset())
                )
    return pooled


def _shared(
    matches: Sequence[Sequence[Match]], run: Sequence[int]
) -> dict[tuple[int, float], list[tuple[int, int]]]:
    """Return for each figure and unit the values that are some element of it, and which match.

    Figures that fewer than ``LEAST_RUNS`` values are some element of are left out.
    """
    shared: dict[tuple[int, float], list[tuple[int, int]]] = {}
    for number in run:
        for at, match in enumerate(matches[number]):
            if match.agreement is Agreement.FULL:
                key = match.quantity.number, match.scale.factor
                shared.setdefault(key, []).append((number, at))
    return {key: places for key, places in shared.items() if len(places) >= LEAST_RUNS}


def _choices(size: int, some: int) -> float:
    """Return the bits that it costs to choose ``some`` of ``size`` values."""
    some = min(some, size)
    return (lgamma(size + 1) - lgamma(some + 1) - lgamma(size - some + 1)) / log(2.0)
