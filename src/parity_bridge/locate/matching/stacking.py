"""The values that one place computes run after run, as the one array that they are together.

A port that computes pixel by pixel never has a whole figure. Round numbers and looked-up ones,
which only their places tell apart, are found where the values of all pixels stand side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.matching.match import Agreement, Match, match_all, match_order
from parity_bridge.locate.matching.pooling import LEAST_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from parity_bridge.locate.matching.catalogue import Catalogue

    Floats = NDArray[np.float64]

#: A stack of more elements is no row of pixels.
_MOST_ELEMENTS = 1 << 16


def match_stacks(
    catalogue: Catalogue,
    arrays: Sequence[Floats],
    roundoffs: Sequence[float],
    matches: Sequence[list[Match]],
    runs: Iterable[Sequence[int]],
) -> list[list[Match]]:
    """Return ``matches`` of ``arrays``, with the figures that the values of a place are together.

    ``runs`` are the numbers of the values that each place computed, in order, repeated where it
    computed one again.
    """
    wanted = [run for run in runs if _is_stack(arrays, matches, run)]
    stacks = [np.stack([arrays[number] for number in run]) for run in wanted]
    precisions = [max(roundoffs[number] for number in run) for run in wanted]
    joined = [list(own) for own in matches]
    for run, found in zip(wanted, match_all(catalogue, stacks, precisions), strict=True):
        whole = [m for m in found if m.is_sure and m.agreement is Agreement.FULL]
        for number in set(run):
            joined[number] = sorted([*whole, *joined[number]], key=match_order)
    return joined


def _is_stack(
    arrays: Sequence[Floats], matches: Sequence[Sequence[Match]], run: Sequence[int]
) -> bool:
    """Return whether values have one shape, and not all of them are figures by themselves."""
    if len(run) < LEAST_RUNS or len(set(run)) == 1:
        return False
    first = arrays[run[0]]
    if first.size * len(run) > _MOST_ELEMENTS:
        return False
    if any(arrays[number].shape != first.shape for number in run):
        return False
    return not all(any(_is_found(match) for match in matches[number]) for number in run)


def _is_found(match: Match) -> bool:
    return match.is_sure and match.agreement is Agreement.FULL
