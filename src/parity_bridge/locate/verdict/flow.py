"""The dataflow of a port: what came of what, and which part of it can hold the fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.information import is_round
from parity_bridge.locate.verdict.states import Finding, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.locate.capture.events import Capture, Event, Site

#: So many computations below a value something right was made of it, or it shows nothing: further
#: down an invariant, such as a volume, can be right whatever was wrong.
_REACH = 6
#: Operations that take single elements out of a value; these may be right where others are not.
_TAKES_ELEMENTS = ("tolist", "item")
#: Operations whose result does not depend on the values of their operand.
_SHAPE_ONLY = {
    "zeros_like",
    "ones_like",
    "new_zeros",
    "new_ones",
    "new_empty",
    "shape",
    "size",
    "numel",
    "dim",
    "dtype",
    "device",
    "len",
}
#: A count, an index, a switch or a vector of them.
_FEW = 3
#: A place that computes more different values than these computes a figure.
_MOST_PLAIN = 4
_UNFILLED = ("empty_like", "empty", "new_empty")
_FILLED = {"full_like", "new_full"}


def short_name(event: Event) -> str:
    """Return the last name of an operation: ``full_like`` of ``call torch.full_like``."""
    return event.operation.split(" ")[-1].rpartition(".")[2]


@dataclass(frozen=True)
class Flow:
    """Events and what their values are."""

    capture: Capture
    findings: Sequence[Finding]

    def state(self, number: int) -> State:
        """Return what the value of an event is."""
        return self.findings[self.capture.events[number].value].state

    def finding(self, number: int) -> Finding:
        """Return the figures that the value of an event is."""
        return self.findings[self.capture.events[number].value]

    def parents(self, number: int) -> tuple[int, ...]:
        """Return the events whose values an event used, of ``_parents_of``."""
        return self._all_parents[number]

    @cached_property
    def _all_parents(self) -> list[tuple[int, ...]]:
        return [self._parents_of(event.number) for event in self.capture.events]

    @cached_property
    def _sources(self) -> list[int]:
        """Values that are figures and lie nearest above each event, as bits."""
        bits: list[int] = []
        for parents in self._all_parents:
            own = 0
            for parent in parents:
                if self.state(parent) in (State.RIGHT, State.PART):
                    own |= 1 << self.capture.events[parent].value
                else:
                    own |= bits[parent]
            bits.append(own)
        return bits

    def sources(self, number: int) -> frozenset[frozenset[int]]:
        """Return the nearest figures an event was made from, alternatives of each together."""
        return self._groups(self._sources[number])

    def _groups(self, bits: int) -> frozenset[frozenset[int]]:
        known = self._groups_of_bits.get(bits)
        if known is None:
            places = [at for at, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"]
            known = frozenset(
                frozenset(match.quantity.number for match in self.findings[at].matches)
                for at in places
            )
            self._groups_of_bits[bits] = known
        return known

    @cached_property
    def _groups_of_bits(self) -> dict[int, frozenset[frozenset[int]]]:
        return {}

    def _parents_of(self, number: int) -> tuple[int, ...]:
        """Return the events whose values an event used.

        Where it handed a value on, or chose one, these are the chosen one and what decided.
        """
        event = self.capture.events[number]
        name = short_name(event)
        if name in _SHAPE_ONLY:
            return ()
        if name in _FILLED:
            return tuple(parent for parent in event.parents if self.value(parent).size == 1)
        same = [parent for parent in event.parents if self._has_value(parent, event.value)]
        if not same:
            return event.parents
        masks = [parent for parent in event.parents if self.state(parent) is State.MASK]
        return (*same, *masks)

    def value(self, number: int) -> NDArray[Any]:
        """Return the value of an event."""
        return self.capture.values[self.capture.events[number].value]

    @cached_property
    def right_sites(self) -> frozenset[Site]:
        """Expressions that computed something right at least once."""
        return frozenset(event.site for event in self.capture.events if self._is_computed(event))

    def caller(self, number: int) -> int | None:
        """Return the event of the call in which an event was computed; None at the top."""
        function = self.capture.events[number].site.function.rpartition(".")[2]
        for event in self.capture.events[number + 1 :]:
            if event.operation.startswith("call ") and short_name(event) == function:
                return event.number
        return None

    @cached_property
    def unfilled(self) -> frozenset[int]:
        """Values of memory that was still to be filled."""
        return frozenset(
            event.value for event in self.capture.events if short_name(event) in _UNFILLED
        )

    def is_given(self, number: int) -> bool:
        """Return whether a value came into the port as it is."""
        root = self.chain(number)[-1]
        return not self.parents(root) and self.capture.events[root].kind != "constant"

    def is_plain(self, number: int) -> bool:
        """Return whether a value is a few round numbers: a count, an index, a switch.

        What a place computes anew for each pixel is none, however round.
        """
        value = self.value(number)
        if value.size > _FEW or value.dtype.kind not in "if":
            return False
        if value.dtype.kind == "f" and self.capture.events[number].site in self._varied:
            return False
        return bool(is_round(value.astype(np.float64).ravel()).all())

    @cached_property
    def _varied(self) -> frozenset[Site]:
        """Places that computed many different values."""
        values: dict[Site, set[int]] = {}
        for event in self.capture.events:
            values.setdefault(event.site, set()).add(event.value)
        return frozenset(site for site, own in values.items() if len(own) > _MOST_PLAIN)

    def chain(self, number: int) -> tuple[int, ...]:
        """Return the events that handed the value of an event on to it, itself first."""
        chain = [number]
        while True:
            own = self.capture.events[chain[-1]]
            same = [p for p in own.parents if self._has_value(p, own.value)]
            if not same:
                return tuple(chain)
            chain.append(same[-1])

    @cached_property
    def consumers(self) -> list[list[int]]:
        """The events that used each event."""
        consumers: list[list[int]] = [[] for _ in self.capture.events]
        for number, parents in enumerate(self._all_parents):
            for parent in parents:
                consumers[parent].append(number)
        return consumers

    def decides_only(self, number: int) -> bool:
        """Return whether nothing but true and false was made of a value."""
        return self._decide_only[number]

    @cached_property
    def _decide_only(self) -> list[bool]:
        decides = [False] * len(self.capture.events)
        for number in range(len(decides) - 1, -1, -1):
            consumers = self.consumers[number]
            decides[number] = bool(consumers) and all(
                decides[other] or self.state(other) is State.MASK for other in consumers
            )
        return decides

    def own_chain(self, number: int) -> tuple[int, ...]:
        """Return the part of ``chain`` of which nothing right was made, the nearest first.

        It goes on with the array where a value is elements of one.
        """
        own: list[int] = []
        start: int | None = number
        while start is not None:
            for link in self.chain(start):
                if self._is_put_to_use(link):
                    return tuple(own)
                own.append(link)
            start = self._whole_of(own[-1])
        return tuple(own)

    def _is_put_to_use(self, number: int) -> bool:
        """Return whether something right was made of a value, and not only elements taken."""
        value = self.capture.events[number].value
        return any(
            self.capture.events[other].value != value
            and self._is_computed(self.capture.events[other])
            and self._whole_of(other) != number
            for other in self.consumers[number]
        )

    def _whole_of(self, number: int) -> int | None:
        """Return the part of a figure from which an event took elements, itself that part."""
        if short_name(self.capture.events[number]) != "Subscript":
            return None
        own = self._figures(number)
        parts = (p for p in self.parents(number) if self.state(p) is State.PART)
        return next((part for part in parts if own & self._figures(part)), None)

    def _figures(self, number: int) -> frozenset[int]:
        return frozenset(match.quantity.number for match in self.finding(number).matches)

    def _has_value(self, number: int, value: int) -> bool:
        return self.capture.events[number].value == value

    @cached_property
    def vindicated(self) -> frozenset[int]:
        """Events of which something right was computed: their values cannot be wrong."""
        near: dict[int, int] = {}
        for event in reversed(self.capture.events):
            number = event.number
            left = _REACH if self._is_computed(event) else near.get(number, 0)
            if left == 0 or self._is_square(event):
                continue
            for parent in self.parents(number):
                # Handing a value on takes it no further away.
                own = left if self._has_value(parent, event.value) else left - 1
                if self.state(parent) not in (State.RIGHT, State.PART):
                    near[parent] = max(near.get(parent, -1), own)
        return frozenset(near)

    def _is_square(self, event: Event) -> bool:
        """Return whether the sign of a value does not matter: a square, a cosine."""
        if short_name(event) in ("cos", "abs", "fabs"):
            return True
        values = {self.capture.events[parent].value for parent in event.parents}
        return len(values) == 1 and short_name(event) in ("Mult", "mul", "Pow", "pow", "square")

    def _is_computed(self, event: Event) -> bool:
        """Return whether a value is a figure that has to be computed, not one that was given."""
        if short_name(event) in _TAKES_ELEMENTS:
            return False
        matches = self.findings[event.value].matches
        return self.findings[event.value].state in (State.RIGHT, State.PART) and any(
            match.quantity.rank is not Rank.GIVEN and not match.is_by_place for match in matches
        )

    @cached_property
    def region(self) -> frozenset[int]:
        """Events from which the image was made, back to values that are right."""
        end = self.capture.image_event
        if end is None:
            return frozenset()
        return frozenset({end, *self._above([end])})

    def _above(self, numbers: Sequence[int]) -> set[int]:
        above: set[int] = set()
        stack = list(numbers)
        while stack:
            for parent in self.parents(stack.pop()):
                if parent in above or self.state(parent) is State.RIGHT:
                    continue
                above.add(parent)
                stack.append(parent)
        return above
