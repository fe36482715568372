"""Where the fault is: the first missing figure, the first suspects, and the lines between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.match import Agreement
from parity_bridge.locate.verdict.expectation import ARITHMETIC
from parity_bridge.locate.verdict.flow import short_name
from parity_bridge.locate.verdict.states import State, findings_of, selected
from parity_bridge.locate.verdict.suspects import Suspects

if TYPE_CHECKING:
    from parity_bridge.locate.matching.catalogue import Catalogue
    from parity_bridge.locate.verdict.expectation import Expectation
    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow

#: Operations at which a value can be left short.
_COMPUTES = {*ARITHMETIC, "USub", "neg"}
WHOLE_SUM = "intensity_pre_norm.sum"


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
    faults = [
        _blame_the_caller(flow, _fault_at(suspects, missing, number)) for number in suspects.first
    ]
    sure = [fault for fault in faults if fault.figure is not None]
    if not suspects.all:
        sure = [
            replace(_fault_at(suspects, missing, number), is_certain=False)
            for number in suspects.parts
        ]
        sure = [fault for fault in sure if fault.figure is not None]
    if not sure:
        return Fault(missing[0] if missing else None, suspects.first)
    figure = min(fault.figure for fault in sure if fault.figure is not None)
    own = [fault for fault in sure if fault.figure == figure]
    expected = [fault for fault in own if fault.is_expected]
    begin = tuple(number for fault in expected or own for number in fault.events)
    if expected:
        sure_of_it = all(fault.is_certain for fault in expected)
        return Fault(figure, begin, is_expected=True, is_certain=sure_of_it)
    return Fault(figure, begin + _rest(suspects, figure, begin), is_certain=False)


def _fault_at(suspects: Suspects, missing: tuple[int, ...], number: int) -> Fault:
    """Return the fault that a first suspect shows: its own, or that of an operand."""
    graph = suspects.graph
    turned = _turned(suspects.flow, number)
    if turned is not None:
        return Fault(graph.step_from(turned), (number,), is_expected=True)
    expected = suspects.expected(number)
    if expected is None:
        return Fault(_figure_of(suspects, missing, number), (number,))
    if expected.operand is None or expected.wanted is None:
        return Fault(graph.step_from(expected.figure), (number,), is_expected=True)
    return _fault_of_operand(suspects, expected, number)


def _blame_the_caller(flow: Flow, fault: Fault) -> Fault:
    """Return the fault at the call, where the expression computed right values in other calls."""
    first = fault.events[0]
    if flow.capture.events[first].site not in flow.right_sites:
        return fault
    caller = flow.caller(first)
    if caller is None:
        return replace(fault, is_certain=False)
    return replace(fault, events=(caller, *fault.events), is_certain=False)


def _turned(flow: Flow, number: int) -> int | None:
    """Return the figure that a suspect is with the sign turned."""
    matches = flow.finding(number).matches
    turned = (m for m in matches if m.agreement is Agreement.OPPOSITE and m.is_sure)
    return next((m.quantity.number for m in turned if m.quantity.rank is Rank.STEP), None)


def _fault_of_operand(suspects: Suspects, expected: Expectation, number: int) -> Fault:
    """Return the fault of an operand that does not fit.

    It was left short where it was made, or where it was taken for another use than the right ones.
    """
    flow, graph = suspects.flow, suspects.graph
    if expected.operand is None or expected.wanted is None:
        raise ValueError("no operand is at fault")
    figure = graph.step_from(expected.wanted)
    chain = flow.chain(expected.operand)
    origin = flow.capture.events[chain[-1]]
    if expected.is_other:
        named = origin.kind == "constant" or short_name(origin) in _COMPUTES
        return Fault(figure, (chain[-1], number), is_expected=True, is_certain=named)
    if graph.quantities[expected.wanted].name == WHOLE_SUM:
        # A sum of too few terms: the loop is at fault, not the addition.
        return Fault(figure, (chain[-1], number), is_certain=False)
    own = flow.own_chain(expected.operand)
    if not own:
        here = flow.capture.events[expected.operand].site.function
        at_home = here == flow.capture.events[number].site.function
        return Fault(figure, (number,), is_expected=True, is_certain=at_home)
    made = flow.capture.events[own[-1]]
    is_line = made.site.line == made.site.end_line and short_name(made) in _COMPUTES
    return Fault(figure, (own[-1], number), is_expected=True, is_certain=is_line)


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
