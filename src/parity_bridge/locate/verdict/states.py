"""What is known of each value of a port once the figures have been searched among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.information import is_round
from parity_bridge.locate.matching.match import Agreement, Match, match_all
from parity_bridge.locate.matching.pooling import LEAST_RUNS, pool
from parity_bridge.locate.matching.stacking import match_stacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parity_bridge.locate.capture.events import Capture, Site
    from parity_bridge.locate.matching.catalogue import Catalogue

DOUBLE, SINGLE = 2.0**-53, 2.0**-24
#: Longer than this an axis does not hold figures side by side.
_SIDE_BY_SIDE = 9
#: Integers of loops and shapes.
_SMALL = 64


class State(Enum):
    """What a value is."""

    #: A step of the contract.
    RIGHT = "right"
    #: A part of a step, or a number that was given.
    PART = "part"
    #: A round number that is known, which tells little.
    KNOWN = "known"
    #: True and false.
    MASK = "mask"
    #: A figure that is wrong in places, or has the sign turned.
    RELATED = "related"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A value's state and the figures it is, the surest first."""

    state: State
    matches: tuple[Match, ...] = ()


def findings_of(catalogue: Catalogue, capture: Capture, dtype: str) -> list[Finding]:
    """Return what each value of the capture is, of a port that computes in ``dtype``.

    A float64 number of a port in float32 may have passed through float32: where it is no figure by
    its own precision, it is searched by that of float32.
    """
    own = [SINGLE if name == "float32" else DOUBLE for name in capture.dtypes]
    runs = _runs(capture)
    findings = _search(catalogue, capture.values, own, runs)
    if dtype != "float32":
        return findings
    again = [
        at
        for at, finding in enumerate(findings)
        if finding.state in (State.UNKNOWN, State.RELATED) and own[at] == DOUBLE
    ]
    values = [capture.values[at] for at in again]
    found = _search(catalogue, values, [SINGLE] * len(again), _renumbered(runs, again))
    for at, finding in zip(again, found, strict=True):
        findings[at] = finding
    return findings


def _runs(capture: Capture) -> tuple[tuple[int, ...], ...]:
    """Return the values that each place computed, in order, of places that computed many."""
    runs: dict[tuple[Site, str], list[int]] = {}
    for event in capture.events:
        runs.setdefault((event.site, event.operation), []).append(event.value)
    return tuple(tuple(values) for values in runs.values() if len(values) >= LEAST_RUNS)


def _renumbered(runs: Sequence[Sequence[int]], numbers: Sequence[int]) -> list[list[int]]:
    """Return the values of each run that are among ``numbers``, by their place there."""
    places = {number: at for at, number in enumerate(numbers)}
    return [[places[number] for number in run if number in places] for run in runs]


def selected(capture: Capture, values: Sequence[int]) -> Capture:
    """Return the capture with these values, by number, and no events."""
    return replace(
        capture,
        events=(),
        values=tuple(capture.values[number] for number in values),
        dtypes=tuple(capture.dtypes[number] for number in values),
        image_event=None,
    )


def _search(
    catalogue: Catalogue,
    values: Sequence[NDArray[Any]],
    roundoffs: Sequence[float],
    runs: Sequence[Sequence[int]],
) -> list[Finding]:
    arrays = [_as_floats(value) for value in values]
    numbers = [at for at, array in enumerate(arrays) if array is not None and array.size]
    floats: list[NDArray[np.float64]] = [arrays[at] for at in numbers]  # type: ignore[misc]
    matches = match_all(catalogue, floats, [roundoffs[at] for at in numbers])
    own = _renumbered(runs, numbers)
    matches = pool(catalogue, floats, matches, own)
    matches = match_stacks(catalogue, floats, [roundoffs[at] for at in numbers], matches, own)
    findings = [Finding(State.MASK)] * len(arrays)
    for at, array, found in zip(numbers, floats, matches, strict=True):
        findings[at] = _finding(catalogue, array, found)
    _find_side_by_side(catalogue, arrays, roundoffs, findings)
    return findings


def _as_floats(value: NDArray[Any]) -> NDArray[np.float64] | None:
    if value.dtype.kind == "b":
        return None
    if value.dtype.kind == "c":
        parts: NDArray[np.float64] = np.stack((value.real, value.imag), axis=-1)
        return parts
    return value.astype(np.float64)


def _finding(catalogue: Catalogue, array: NDArray[np.float64], matches: Sequence[Match]) -> Finding:
    sure = tuple(match for match in matches if match.is_sure)
    full = tuple(match for match in sure if match.agreement is Agreement.FULL)
    if full:
        is_step = any(match.quantity.rank is Rank.STEP for match in full)
        return Finding(State.RIGHT if is_step else State.PART, full)
    if _is_gathered(sure):
        return Finding(State.PART, sure)
    related = tuple(match for match in sure if match.agreement is not Agreement.PARTLY)
    if related:
        return Finding(State.RELATED, related)
    if _is_known(catalogue, array):
        return Finding(State.KNOWN)
    return Finding(State.UNKNOWN)


def _is_gathered(matches: Sequence[Match]) -> bool:
    """Return whether several figures of one unit together have every element of a value."""
    for match in matches:
        alike = [
            other.agreeing
            for other in matches
            if other.agreeing is not None
            and other.quantity.rank is Rank.STEP
            and (other.quantity.power, other.scale) == (match.quantity.power, match.scale)
        ]
        if len(alike) > 1 and np.logical_or.reduce(alike).all():
            return True
    return False


def _is_known(catalogue: Catalogue, array: NDArray[np.float64]) -> bool:
    """Return whether all elements are round numbers that some figure has, or not finite."""
    distinct = np.unique(array[np.isfinite(array)])
    if len(distinct) > 3 or not is_round(distinct).all():
        return not len(distinct)
    at = np.clip(np.searchsorted(catalogue.scalars, distinct), 0, len(catalogue.scalars) - 1)
    near = np.minimum(
        np.abs(catalogue.scalars[at] - distinct),
        np.abs(catalogue.scalars[np.maximum(at - 1, 0)] - distinct),
    )
    return bool((near <= 1e-12 * np.abs(distinct)).all())


def _find_side_by_side(
    catalogue: Catalogue,
    arrays: Sequence[NDArray[np.float64] | None],
    roundoffs: Sequence[float],
    findings: list[Finding],
) -> None:
    """Find figures that stand side by side along an axis: stacked, or as a complex number."""
    slices, owners = [], []
    for at, array in enumerate(arrays):
        if array is None or findings[at].state not in (State.UNKNOWN, State.RELATED):
            continue
        axis = _short_axis(array)
        if axis is not None:
            parts = [np.take(array, place, axis) for place in range(array.shape[axis])]
            slices += parts
            owners += [at] * len(parts)
    matches = match_all(catalogue, slices, [roundoffs[at] for at in owners])
    by_owner: dict[int, list[Finding]] = {}
    for at, part, found in zip(owners, slices, matches, strict=True):
        by_owner.setdefault(at, []).append(_finding(catalogue, part, found))
    for at, parts in by_owner.items():
        states = {part.state for part in parts}
        if states <= {State.RIGHT, State.PART, State.KNOWN} and states != {State.KNOWN}:
            state = State.PART if State.PART in states else State.RIGHT
            findings[at] = Finding(state, tuple(m for part in parts for m in part.matches[:2]))


def _short_axis(array: NDArray[np.float64]) -> int | None:
    for axis in (array.ndim - 1, 0):
        if array.ndim and 2 <= array.shape[axis] <= _SIDE_BY_SIDE:
            return axis
    return None
