"""Which values of a port are suspect: no figure, and nothing right came of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from parity_bridge.locate.matching.match import Agreement
from parity_bridge.locate.verdict.expectation import Expectation, expectation
from parity_bridge.locate.verdict.states import State

if TYPE_CHECKING:
    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow

#: Score of an expectation from which on it is one: an operand is a parent of the figure, and
#: another one leads to the other parent.
SURE = 1.5


@dataclass(frozen=True)
class Suspects:
    """The suspects among the events from which a wrong image was made."""

    flow: Flow
    graph: FigureGraph

    def expected(self, number: int) -> Expectation | None:
        """Return what should have come of an event, where the contract says it."""
        if number not in self._expected:
            found = expectation(self.flow, self.graph, number)
            self._expected[number] = found if found and found.score >= SURE else None
        return self._expected[number]

    @cached_property
    def _expected(self) -> dict[int, Expectation | None]:
        return {}

    @cached_property
    def all(self) -> tuple[int, ...]:
        """All suspects, in the order of computation."""
        return tuple(number for number in sorted(self.flow.region) if self._is_suspect(number))

    def _is_suspect(self, number: int) -> bool:
        flow = self.flow
        if flow.state(number) not in (State.UNKNOWN, State.RELATED) or not flow.parents(number):
            return False
        # Memory that is still to be filled, and round numbers, which tell nothing by themselves.
        is_unfilled = flow.capture.events[number].value in flow.unfilled
        if is_unfilled or flow.is_plain(number) or flow.is_given(number):
            return False
        if flow.decides_only(number):
            return False
        if number not in flow.vindicated:
            return True
        # An invariant can be right whatever went into it; what contradicts the contract is wrong.
        turned = any(m.agreement is Agreement.OPPOSITE for m in flow.finding(number).matches)
        return not turned and self.expected(number) is not None

    @cached_property
    def first(self) -> tuple[int, ...]:
        """The suspects that no other suspect leads to."""
        after: set[int] = set()
        suspects = set(self.all)
        first = []
        for number in sorted(self.flow.region):
            behind = any(parent in after for parent in self.flow.parents(number))
            if number in suspects and not behind:
                first.append(number)
            if behind or number in suspects:
                after.add(number)
        return tuple(first)

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """The parts of figures that came to nothing whole: something was left out after them."""
        flow = self.flow
        return tuple(
            number
            for number in sorted(flow.region)
            if flow.state(number) is State.PART
            and number not in flow.vindicated
            and not flow.is_given(number)
        )
