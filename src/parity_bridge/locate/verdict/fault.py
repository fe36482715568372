"""Where the fault is: the first missing figure, the first suspects, and the lines between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.match import Agreement
from parity_bridge.locate.verdict.expectation import ARITHMETIC
from parity_bridge.locate.verdict.flow import short_name
from parity_bridge.locate.verdict.states import State, findings_of, selected
from parity_bridge.locate.verdict.suspects import SURE, Suspects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity_bridge.locate.capture.events import Site
    from parity_bridge.locate.matching.catalogue import Catalogue
    from parity_bridge.locate.verdict.expectation import Expectation
    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow

_FIGURES = (State.RIGHT, State.PART)
#: Operations at which a value can be left short.
_COMPUTES = {*ARITHMETIC, "USub", "neg"}
RUNNING_SUM, WHOLE_SUM = "intensity_pre_norm.running_sum", "intensity_pre_norm.sum"


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
        _blame_the_caller(flow, number, _fault_at(suspects, missing, number))
        for number in suspects.first
    ]
    sure = [fault for fault in faults if fault.figure is not None]
    if not suspects.all:
        sure = [
            replace(_fault_at(suspects, missing, number), is_certain=False)
            for number in suspects.parts
        ]
        sure = [fault for fault in sure if fault.figure is not None]
    if not sure:
        return Fault(missing[0] if missing else None, suspects.first, is_certain=False)
    shared = _shared_figures(flow, sure)
    figure = min(shared or [fault.figure for fault in sure if fault.figure is not None])
    own = [fault for fault in sure if fault.figure == figure]
    chosen = [fault for fault in own if fault.is_expected] or own
    begin = tuple(dict.fromkeys(number for fault in chosen for number in fault.events))
    # Several places that blame one value are as good as the line alone.
    heads = [fault.events[0] for fault in chosen] if shared else begin
    lines = {_line(flow, number) for number in heads}
    certain = len(lines) == 1 and all(fault.is_certain for fault in chosen)
    # A sum that went wrong among right terms has lost some: a loop or a condition is at fault.
    certain = certain and graph.quantities[figure].name != RUNNING_SUM
    expected = chosen[0].is_expected
    rest = () if expected or certain else _rest(suspects, figure, begin)
    return Fault(figure, begin + rest, is_expected=expected, is_certain=certain)


def _shared_figures(flow: Flow, faults: Sequence[Fault]) -> list[int]:
    """Return the figures that one value should be which several places blame."""
    places: dict[tuple[int, int], set[Site]] = {}
    for fault in faults:
        if fault.figure is not None and len(fault.events) > 1:
            key = fault.figure, flow.capture.events[fault.events[0]].value
            places.setdefault(key, set()).add(flow.capture.events[fault.events[1]].site)
    return [figure for (figure, _), sites in places.items() if len(sites) > 1]


def _line(flow: Flow, number: int) -> tuple[str, int]:
    site = flow.capture.events[number].site
    return site.file, site.line


def _is_sound(flow: Flow, number: int) -> bool:
    """Return whether an event computes, at a place that never computed anything right."""
    event = flow.capture.events[number]
    return short_name(event) in _COMPUTES and event.site not in flow.right_sites


def _fault_at(suspects: Suspects, missing: tuple[int, ...], number: int) -> Fault:
    """Return the fault that a first suspect shows: its own, or that of an operand."""
    graph = suspects.graph
    flow = suspects.flow
    sound = _is_sound(flow, number)
    turned = _turned(flow, number)
    if turned is not None:
        return _fault_of_sign(suspects, graph.step_from(turned), number)
    expected = suspects.expected(number)
    if expected is None:
        # Round operands may be wrong and not show it.
        sound = sound and all(flow.state(p) in _FIGURES for p in flow.parents(number))
        return Fault(_figure_of(suspects, missing, number), (number,), is_certain=sound)
    if expected.operand is None or expected.wanted is None:
        figure = graph.step_from(expected.figure)
        sound = sound and not expected.is_mixed
        return Fault(figure, (number,), is_expected=True, is_certain=sound)
    return _fault_of_operand(suspects, expected, number)


def _fault_of_sign(suspects: Suspects, figure: int, number: int) -> Fault:
    """Return the fault of a value with the sign turned: where it was computed, not handed on."""
    flow = suspects.flow
    origin = flow.chain(number)[-1]
    site = flow.capture.events[origin].site
    operands = flow.parents(origin)
    is_made = bool(operands) and all(flow.state(operand) in _FIGURES for operand in operands)
    certain = _is_sound(flow, origin) or (is_made and site not in flow.right_sites)
    return Fault(figure, (origin,), is_expected=True, is_certain=certain)


def _blame_the_caller(flow: Flow, number: int, fault: Fault) -> Fault:
    """Return the fault at the call, where the expression computed right values in other calls."""
    if fault.events[0] != number or flow.capture.events[number].site not in flow.right_sites:
        return fault
    caller = flow.caller(number)
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
        # Beside another operand that fits, it is this expression that takes it too early.
        certain = _is_sound(flow, number) and (at_home or expected.score > SURE)
        return Fault(figure, (number,), is_expected=True, is_certain=certain)
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
