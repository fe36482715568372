"""One value of a port against the figures: which figure it is, in which unit, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.quantity import Quantity, Rank
from parity_bridge.locate.matching.candidates import SAFETY, Group, candidate_groups
from parity_bridge.locate.matching.information import ENOUGH_BITS, SEARCH_BITS, bits_of
from parity_bridge.locate.matching.scales import ONE, Scale
from parity_bridge.locate.matching.sought import Sought
from parity_bridge.locate.matching.structure import aligned_part, is_scattered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.locate.matching.catalogue import Catalogue, Entry

    Floats = NDArray[np.float64]

#: From this share of its elements on, a value is a figure that has gone wrong in places.
_NEARLY, _PARTLY, _NEARLY_IN_PLACE = 0.5, 0.1, 0.7
#: Fewer round numbers have no places.
_FEW = 3
#: Below this a tolerance is 0.
_SMALLEST = float(np.finfo(np.float64).tiny)


class Agreement(Enum):
    """How far a value and a figure agree."""

    FULL = "full"
    #: Most elements agree, not all: it is this figure, and wrong in places.
    NEARLY = "nearly"
    #: Some elements agree: it holds this figure, among others perhaps.
    PARTLY = "partly"
    #: All elements, with the sign turned.
    OPPOSITE = "opposite sign"


@dataclass(frozen=True)
class Match:
    """A figure that a value was found to be."""

    quantity: Quantity
    scale: Scale
    agreement: Agreement
    bits: float
    #: Largest deviation, in units of the tolerance.
    error: float
    #: Components of the figure that the value holds, of ``Entry.components``.
    components: frozenset[int] = frozenset()
    #: Whether round numbers were told apart by their places: what they were rounded from may have
    #: been wrong.
    is_by_place: bool = False
    #: Which of the distinct elements agree, where not all do.
    agreeing: NDArray[np.bool_] | None = None
    #: Pixels of the figure that the values of one place hold together, where each holds one of
    #: them only; None: this value is the figure by itself.
    pixels: frozenset[int] | None = None

    @property
    def is_sure(self) -> bool:
        """Whether chance is ruled out."""
        return bool(self.bits >= SEARCH_BITS + ENOUGH_BITS)


def match_all(
    catalogue: Catalogue, arrays: Sequence[Floats], roundoffs: Sequence[float]
) -> list[list[Match]]:
    """Return for each of ``arrays`` the figures that it is, the surest first."""
    sought = Sought.of(arrays, roundoffs)
    matches: list[list[Match]] = [[] for _ in arrays]
    for group in candidate_groups(catalogue, sought):
        for number, match in _verified(catalogue.entries[group.figure], sought, group):
            matches[number].append(match)
    for number, array in enumerate(arrays):
        if array.size > _FEW and not sought.is_telling(number):
            matches[number] += _by_place(catalogue, array, sought.distinct(number))
    return [sorted(own, key=match_order) for own in matches]


def match_order(match: Match) -> tuple[bool, bool, bool, float]:
    """Return the key that sorts matches, the surest first."""
    return (
        match.agreement is not Agreement.FULL,
        not match.is_sure,
        match.quantity.rank is not Rank.STEP,
        -match.bits,
    )


def _verified(entry: Entry, sought: Sought, group: Group) -> Iterator[tuple[int, Match]]:
    """Check every element of the values of a group; yield those of which enough agree."""
    starts, counts = sought.starts[group.values], np.diff(sought.starts)[group.values]
    ends = np.cumsum(counts)
    begins = ends - counts
    places = np.arange(ends[-1]) - np.repeat(begins - starts, counts)
    wanted = group.sign * sought.elements[places] / group.scale.factor
    at = nearest(entry.values, wanted)
    noise = entry.noise[at] + (0.0 if group.scale is ONE else 2.0 * np.abs(wanted))
    roundoff = np.repeat(sought.roundoffs[group.values], counts)
    tolerance = np.maximum(SAFETY * roundoff * noise, _SMALLEST)
    with np.errstate(over="ignore"):
        distance = np.abs(entry.values[at] - wanted) / tolerance
    agrees = distance <= 1.0
    telling = agrees & sought.informative[places]
    bits = np.add.reduceat(
        np.where(telling, bits_of(wanted, tolerance, len(entry.values)), 0.0), begins
    )
    shares = np.add.reduceat(agrees.astype(np.float64), begins) / counts
    worst = np.maximum.reduceat(np.where(agrees, distance, 0.0), begins)
    for each in np.flatnonzero((shares >= _PARTLY) & (bits > 0.0)).tolist():
        own = slice(begins[each], ends[each])
        agreement = _agreement(group.sign, float(shares[each]))
        unique = agrees[own] & (entry.counts[at[own]] == 1)
        strewn = is_scattered(entry.quantity.values.shape, entry.places[at[own][unique]])
        if entry.quantity.is_looked_up:
            array = sought.arrays[group.values[each]]
            share = aligned_part(entry.quantity.values, array) if array.size > _FEW else 0.0
            strewn = share < (1.0 if agreement is Agreement.FULL else _NEARLY)
        if agreement is not None and not strewn:
            match = Match(
                entry.quantity,
                group.scale,
                agreement,
                float(bits[each]),
                float(worst[each]),
                entry.components_at(entry.places[at[own][agrees[own]]]),
                agreeing=agrees[own] if shares[each] < 1.0 else None,
            )
            yield int(group.values[each]), match


def _agreement(sign: int, share: float) -> Agreement | None:
    if sign < 0:
        return Agreement.OPPOSITE if share == 1.0 else None
    if share == 1.0:
        return Agreement.FULL
    return Agreement.NEARLY if share >= _NEARLY else Agreement.PARTLY


def nearest(values: Floats, wanted: Floats) -> NDArray[np.int64]:
    """Return the places in sorted ``values`` that are nearest to those ``wanted``."""
    if len(values) == 1:
        return np.zeros(len(wanted), dtype=np.int64)
    right = np.clip(np.searchsorted(values, wanted), 1, len(values) - 1)
    left = right - 1
    closer = np.abs(values[left] - wanted) <= np.abs(values[right] - wanted)
    return np.where(closer, left, right)


def _by_place(catalogue: Catalogue, array: Floats, distinct: Floats) -> Iterator[Match]:
    """Match round numbers, Miller indices say, which only their places tell apart."""
    if len(distinct) < 2:
        return
    for entry in catalogue.round_entries:
        if distinct[0] < entry.values[0] or distinct[-1] > entry.values[-1]:
            continue
        if not np.isin(distinct, entry.values).all():
            continue
        share = aligned_part(entry.quantity.values, array)
        bits = array.size * np.log2(len(entry.values)) * share
        if share == 1.0:
            yield Match(
                entry.quantity, ONE, Agreement.FULL, bits, 0.0, entry.components, is_by_place=True
            )
        elif share >= _NEARLY_IN_PLACE and len(distinct) > _FEW:
            yield Match(entry.quantity, ONE, Agreement.NEARLY, bits, 0.0, is_by_place=True)
