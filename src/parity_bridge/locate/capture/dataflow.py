"""Which events a value came from, and which new ones it makes.

Nested expressions hand their operands on by syntax; names, attributes and arguments are followed by
the identity of the object.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any

from parity_bridge.locate.capture.arrays import Kind, is_shared, kind_of
from parity_bridge.locate.capture.known_objects import Events
from parity_bridge.locate.capture.operands import (
    OpenExpression,
    Operand,
    fields_of,
    numeric_items,
    plain_iterator,
)
from parity_bridge.locate.capture.recording import Recording
from parity_bridge.locate.capture.sites import Names, WatchedSite, lookup_key

#: Expressions that only read what may have been there before.
_READING = frozenset({"load", "Subscript"})

#: Sequences written with integers in them.
_WRITTEN = frozenset({"Tuple", "List"})

#: Most components of a vector that are followed one by one where it is handed on.
_MOST_COMPONENTS = 16


class Dataflow:
    """The dataflow of one capture; its operands are those of the thread that calls."""

    def __init__(self, recording: Recording) -> None:
        """Record in ``recording``."""
        self._recording = recording
        self._objects = recording.objects

    def computed(
        self, site: WatchedSite, expression: OpenExpression, value: Any
    ) -> Sequence[Operand]:
        """Record the value of an expression; return what it is to the expression around it."""
        is_call = site.operation.startswith("call ")
        if is_call:
            self._changed_operands(site, expression)
            self._fields(expression, value)
        if kind_of(value) is Kind.OTHER:
            return expression
        if kind_of(value) is Kind.SEQUENCE:
            if site.operation in _WRITTEN:
                self._objects.note_written(value, tuple(sorted(expression.events)))
                return expression
            return (self._results if is_call else self._items)(site, expression, value)
        if site.operation in _READING and self.known_events(site, value) is not None:
            return self.loaded(site, value)
        return [self._result(site, expression, value)]

    def loaded(self, site: WatchedSite, value: Any) -> Sequence[Operand]:
        """Return the operands that a name or attribute is; record what nothing has reported."""
        kind = kind_of(value)
        if kind is Kind.OTHER:
            return ()
        if kind is Kind.SEQUENCE:
            return self._items(site, (), value)
        events = self.known_events(site, value)
        if events is None:
            events = self._recording.record(value, site)
            for name in site.names:
                self._objects.bind(value, lookup_key(str(name)), events)
        elif self._objects.has_changed(value, kind):
            before = {*events, *self._objects.stores_since(value, kind)}
            events = self._recording.record(
                value, site, before, kind="store", operation="changed in place"
            )
        return [Operand(value, events, site, is_load=True)]

    def owner(self, site: WatchedSite, value: Any) -> Sequence[Operand]:
        """Return the operands that an object is whose method is called or item read.

        The items of a list are known by their identity, but for small integers.
        """
        if kind_of(value) is not Kind.SEQUENCE:
            return self.loaded(site, value)
        events = self._objects.events_of_written(value)
        return [Operand(value, events, site, is_load=True)] if events else ()

    def returned(
        self, site: WatchedSite, expression: OpenExpression, value: Any
    ) -> Sequence[Operand]:
        """Return the operands that the value of a function is to its caller."""
        components = _components(value)
        if not components and kind_of(value) is Kind.SEQUENCE:
            return self._items(site, expression, value)
        return [
            Operand(item, self._own_event(site, expression, item), site, is_load=False)
            for item in components
        ]

    def assigned(
        self, site: WatchedSite, expression: OpenExpression, value: Any, names: Names
    ) -> None:
        """Bind names to a value; an event of its own where it was there before."""
        own = [name for name in names if isinstance(name, str)]
        is_sequence = kind_of(value) is Kind.SEQUENCE
        for item in _components(value) if own else ():
            events = self._own_event(site, expression, item)
            for name in () if is_sequence else own:
                self._recording.name(value, name, events)
        for unpacked in names if is_sequence else ():
            items = tuple(islice(plain_iterator(value), len(unpacked) + 1))
            if isinstance(unpacked, tuple) and len(unpacked) == len(items):
                for part, item in zip(unpacked, items, strict=True):
                    self.assigned(site, expression, item, (part,) if part else ())

    def bound(self, site: WatchedSite, value: Any, parents: Collection[int]) -> None:
        """Bind a name to what a loop or an unpacking gave, which came from ``parents``."""
        if kind_of(value) > Kind.SEQUENCE:
            events = None if is_shared(value) else self._objects.events_of(value)
            if events is None:
                events = self._recording.record(value, site, parents)
            self._recording.name(value, str(site.names[0]), events)

    def argument(
        self, part: WatchedSite, given: list[Operand], value: Any, default: Collection[int]
    ) -> None:
        """Bind a parameter to the argument that a caller gave; take that out of ``given``.

        It is an event at the place of the argument. ``default`` are the events of the parameter's
        default. Where the caller is not watched, all that it was given may have made the value.
        """
        is_number = kind_of(value) > Kind.SEQUENCE
        for item in _components(value):
            operand = _taken(given, item, str(part.names[0]))
            if operand is not None and operand.is_load:
                events = self._recording.record(
                    item, operand.site, operand.events, kind="argument", operation=part.operation
                )
            elif operand is not None:
                events = operand.events
            elif (known := self._objects.events_of(item) or tuple(default)) or not is_number:
                events = known
            else:
                parents = {number for other in given for number in other.events}
                events = self._recording.record(item, part, parents)
            if is_number:
                self._recording.name(item, str(part.names[0]), events)

    def stored(self, site: WatchedSite, owner: Any, parents: set[int]) -> None:
        """Record a store in an array, or the numbers it has put into a list or dictionary."""
        if kind_of(owner) > Kind.SCALAR:
            self._recording.record(owner, site, parents | set(self._objects.events_of(owner) or ()))
        elif isinstance(owner, list | dict):
            for item in numeric_items(dict.values(owner) if isinstance(owner, dict) else owner):
                if self._objects.events_of(item) is None and not is_shared(item):
                    self._recording.record(item, site, parents)

    def items(self, site: WatchedSite, values: Any) -> Sequence[Operand]:
        """Return the operands that the numbers among ``values`` are."""
        return self._items(site, (), values)

    def known_events(self, site: WatchedSite, value: Any) -> Events | None:
        """Return the events that made ``value``, as it was bound to the name at ``site``."""
        name = lookup_key(str(site.names[0])) if site.names else ""
        return self._objects.events_of(value, name)

    def _result(
        self, site: WatchedSite, expression: OpenExpression, value: Any, *, is_part: bool = False
    ) -> Operand:
        """Record what an expression gave; a part of that may be one of its operands."""
        known = self._objects.events_of(value) or ()
        operand = expression.operand(value) if is_part and not is_shared(value) else None
        # What a watched function returned has come about within the call, from its arguments.
        if known and known[-1] >= expression.start:
            parents = set(known)
        elif operand is not None:
            parents = set(operand.events)
        else:
            parents = expression.events | set(known)
        return Operand(value, self._recording.record(value, site, parents), site, is_load=False)

    def _results(
        self, site: WatchedSite, expression: OpenExpression, value: Any
    ) -> Sequence[Operand]:
        """Record each component of a vector that a call gave."""
        components = _components(value)
        if not components:
            return self._items(site, expression, value)
        return [self._result(site, expression, item, is_part=True) for item in components]

    def _items(
        self, site: WatchedSite, expression: Sequence[Operand], value: Any
    ) -> Sequence[Operand]:
        written = self._objects.events_of_written(value)
        operands = []
        for item in numeric_items(value):
            events = self._objects.events_of(item) or written
            if not events and isinstance(expression, OpenExpression):
                # One of many: what it came from is noted, and it is an event where it is used.
                events = self._recording.passed_on(item, expression.events)
            operands.append(Operand(item, events, site, is_load=True))
        return operands or expression

    def _fields(self, expression: OpenExpression, value: Any) -> None:
        """Record which of the values given to a call are fields of the object it made.

        A dataclass sets its fields unseen. Small integers have no identity but by name.
        """
        given = expression.copy()
        for name, item in fields_of(value) if expression else ():
            for number in _components(item):
                operand = _taken(given, number, name)
                if operand is None:
                    continue
                known, events = self._objects.events_of(number), operand.events
                if operand.is_load and not isinstance(value, tuple) and (
                    is_shared(number) or not known or known[-1] < expression.start
                ):  # fmt: skip
                    events = self._recording.record(
                        number, operand.site, events, kind="argument", operation=f"field {name}"
                    )
                if is_shared(item):
                    self._objects.bind(item, f".{name}", events)

    def _changed_operands(self, site: WatchedSite, expression: OpenExpression) -> None:
        """Record the arrays among the operands that a call has changed in place."""
        for operand in list(expression):
            kind = kind_of(operand.value)
            if self._objects.has_changed(operand.value, kind):
                before = set(self._objects.stores_since(operand.value, kind)) | expression.events
                self._recording.record(operand.value, site, before, kind="store")

    def _own_event(self, site: WatchedSite, expression: OpenExpression, value: Any) -> Events:
        """Return the event that computed ``value``; a new one where it was only read."""
        operand = expression.operand(value)
        if operand is not None and not operand.is_load:
            return operand.events
        known = self._objects.events_of(value) if operand is None else operand.events
        return self._recording.record(value, site, expression.events if known is None else known)


def _components(value: Any) -> list[Any]:
    """Return a number or array, or the components of a vector; none of a long list."""
    kind = kind_of(value)
    if kind is Kind.SEQUENCE:
        components = list(numeric_items(value))
        return components if len(components) <= _MOST_COMPONENTS else []
    return [] if kind is Kind.OTHER else [value]


def _taken(given: list[Operand], value: object, name: str) -> Operand | None:
    """Take out the operand that is ``value``; of several, one of the parameter's own name."""
    same = [operand for operand in given if operand.value is value]
    named = [operand for operand in same if name in operand.site.names]
    chosen = next(iter(named or same), None)
    if chosen is not None:
        given[:] = [other for other in given if other is not chosen]
    return chosen
