"""Where the fault is: the first missing figure, the first suspects, and the lines between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.verdict.expectation import ARITHMETIC
from parity_bridge.locate.verdict.flow import short_name
from parity_bridge.locate.verdict.states import State, findings_of, selected
from parity_bridge.locate.verdict.suspects import Suspects

if TYPE_CHECKING:
    from parity_bridge.locate.matching.catalogue import Catalogue
    from parity_bridge.locate.verdict.expectation import Expectation
    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow


@dataclass(frozen=True)
class Fault:
    """The first missing figure, and the events that may hold the fault, nearest first."""

    figure: int | None
    events: tuple[int, ...]
    #: Whether the contract says what should have come of the first event.
    is_expected: bool = False
    #: Whether the events are where the value went wrong, not only where that shows.
    is_certain: bool = True


NO_FAULT = Fault(None, ())


def find_fault(flow: Flow, graph: FigureGraph, found: frozenset[int]) -> Fault:
    """Return the fault of a port whose image is wrong."""
    suspects = Suspects(flow, graph)
    missing = graph.unmatched(found)
    faults = [_fault_at(suspects, missing, number) for number in suspects.first]
    sure = [fault for fault in faults if fault.figure is not None]
    if not sure:
        return Fault(missing[0] if missing else None, suspects.first)
    figure = min(fault.figure for fault in sure if fault.figure is not None)
    own = [fault for fault in sure if fault.figure == figure]
    expected = [fault for fault in own if fault.is_expected]
    begin = tuple(number for fault in expected or own for number in fault.events)
    if expected:
        sure_of_it = all(fault.is_certain for fault in expected)
        return Fault(figure, begin, is_expected=True, is_certain=sure_of_it)
    certain = all(fault.is_certain for fault in own)
    return Fault(figure, begin + _rest(suspects, figure, begin), is_certain=certain)


def _fault_at(suspects: Suspects, missing: tuple[int, ...], number: int) -> Fault:
    """Return the fault that a first suspect shows: its own, or that of an operand."""
    graph = suspects.graph
    expected = suspects.expected(number)
    if expected is None:
        return Fault(_figure_of(suspects, missing, number), (number,))
    if expected.is_mixed:
        return Fault(graph.step_from(expected.figure), (number,), is_certain=False)
    if expected.operand is None or expected.wanted is None:
        return Fault(graph.step_from(expected.figure), (number,), is_expected=True)
    return _fault_of_operand(suspects, expected, number)


def _fault_of_operand(suspects: Suspects, expected: Expectation, number: int) -> Fault:
    """Return the fault of an operand that does not fit.

    It was left short where it was made, unless it is complete by itself: then this is the place.
    """
    flow, graph = suspects.flow, suspects.graph
    if expected.operand is None or expected.wanted is None:
        raise ValueError("no operand is at fault")
    figure = graph.step_from(expected.wanted)
    chain = flow.chain(expected.operand)
    origin = flow.capture.events[chain[-1]]
    if expected.is_other:
        named = origin.kind == "constant" or short_name(origin) in ARITHMETIC
        return Fault(figure, (chain[-1], number), is_expected=True, is_certain=named)
    given = flow.finding(expected.operand).matches
    is_given = bool(given) and all(match.quantity.rank is Rank.GIVEN for match in given)
    is_part = graph.quantities[expected.wanted].rank is not Rank.STEP
    if is_given or is_part or flow.is_used_rightly(chain):
        return Fault(figure, (number,), is_expected=True)
    return Fault(figure, (chain[-1], number), is_expected=True)


def _rest(suspects: Suspects, figure: int, begin: tuple[int, ...]) -> tuple[int, ...]:
    """Return what was made from the first suspects of what the missing figure is made from."""
    flow = suspects.flow
    behind = set(begin)
    rest = []
    for number in suspects.all:
        if number in behind or not behind.intersection(flow.parents(number)):
            continue
        if suspects.graph.covers(figure, flow.sources(number)):
            behind.add(number)
            rest.append(number)
    return tuple(rest)


def with_variant(
    flow: Flow, graph: FigureGraph, variant: Catalogue, fault: Fault, dtype: str
) -> Fault:
    """Return the fault at the first suspect that fits a variant of the reference, if one does."""
    suspects = Suspects(flow, graph).all
    values = [flow.capture.events[number].value for number in suspects]
    findings = findings_of(variant, selected(flow.capture, values), dtype)
    for number, finding in zip(suspects, findings, strict=True):
        if finding.state in (State.RIGHT, State.PART):
            return Fault(fault.figure, (number,), is_expected=True)
    return fault


def _figure_of(suspects: Suspects, missing: tuple[int, ...], number: int) -> int | None:
    """Return the first missing figure that can be made from what a suspect was made from."""
    flow, graph = suspects.flow, suspects.graph
    own = {m.quantity.number for m in flow.finding(number).matches if m.is_sure}
    for figure in missing:
        if figure in own:
            return figure
    groups = flow.sources(number)
    return next((figure for figure in missing if groups and graph.covers(figure, groups)), None)
