"""What an instrumented module calls while it runs; each hook returns the value it was given.

Which results an expression used is known from its syntax where it is nested, and from the identity
of the object where it is a name, an attribute or an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from parity_bridge.errors import one_line
from parity_bridge.locate.capture.arrays import Kind, is_shared, kind_of, port_modes_off
from parity_bridge.locate.capture.events import EventKind
from parity_bridge.locate.capture.expressions import HOOKS, hook_name
from parity_bridge.locate.capture.known_objects import Events
from parity_bridge.locate.capture.operands import (
    OpenExpression,
    Operand,
    ThreadState,
    fields_of,
    numeric_items,
)
from parity_bridge.locate.capture.recording import Recording
from parity_bridge.locate.capture.sites import Names, WatchedSite, lookup_key

#: Expressions that only read what may have been there before.
_READING = frozenset({"load", "Subscript"})

#: Sequences written with integers in them.
_WRITTEN = frozenset({"Tuple", "List"})


def _hook(method: Callable[..., None]) -> Callable[..., Any]:
    """Make a hook of a method: it returns its last argument, and does not watch itself."""

    @wraps(method)
    def hook(self: Hooks, *arguments: Any) -> Any:
        thread = self.thread
        if not (self.is_closed or thread.is_off):
            thread.is_off = True
            try:
                with port_modes_off():
                    method(self, *arguments)
            except Exception as error:  # noqa: BLE001 - the watched program must not notice
                self.failures[one_line(error)] += 1
            finally:
                thread.is_off = False
        return arguments[-1]

    return hook


class Hooks:
    """The hooks of one capture."""

    def __init__(self, recording: Recording) -> None:
        """Report to ``recording``."""
        self.thread = ThreadState()
        #: Whether the capture has ended; what is left of the instrumented code then runs on.
        self.is_closed = False
        #: What went wrong in a hook -> how often; the values concerned are not captured.
        self.failures: Counter[str] = Counter()
        self._recording = recording
        self._objects = recording.objects
        self._constants: dict[WatchedSite, Events] = {}

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """Return the hooks under the names by which an instrumented module calls them."""
        return {hook_name(hook): getattr(self, hook) for hook in HOOKS}

    def open(self) -> int:
        """Open an expression; the token that is returned closes it."""
        if self.is_closed or self.thread.is_off:
            return 0
        return self.thread.open(len(self._recording))

    @_hook
    def value(self, site: WatchedSite, token: int, value: Any) -> None:
        """Report the value of an expression whose operands have been reported."""
        expression = self.thread.close(token)
        self.thread.add(self._computed(site, expression, value))

    @_hook
    def load(self, site: WatchedSite, value: Any) -> None:
        """Report the value of a name or attribute."""
        self.thread.add(self._loaded(site, value))

    @_hook
    def owner(self, site: WatchedSite, value: Any) -> None:
        """Report the object of which a method is called or an item read.

        The items of a list are known by their identity, but for small integers.
        """
        if kind_of(value) is not Kind.SEQUENCE:
            self.thread.add(self._loaded(site, value))
        elif events := self._objects.events_of_written(value):
            self.thread.add([Operand(value, events, site, is_load=True)])

    @_hook
    def constant(self, site: WatchedSite, value: Any) -> None:
        """Report a number in the source; it is one event, however often it is evaluated."""
        if site not in self._constants:
            self._constants[site] = self._recording.record(value, site)
        self.thread.add([Operand(value, self._constants[site], site, is_load=False)])

    @_hook
    def root(self, site: WatchedSite, token: int, value: Any) -> None:  # noqa: ARG002
        """Report an expression that is part of no other: a condition, an iterable."""
        self.thread.in_hand[site] = self.thread.close(token).events

    @_hook
    def assigned(self, site: WatchedSite, token: int, value: Any) -> None:
        """Report a value that is about to be bound to names."""
        expression = self.thread.close(token)
        self.thread.in_hand[site] = expression.events
        self._bind(site, expression, value, site.names)

    @_hook
    def returned(self, site: WatchedSite, token: int, value: Any) -> None:
        """Report a value that a function is about to return."""
        expression = self.thread.close(token)
        is_sequence = kind_of(value) is Kind.SEQUENCE
        for item in numeric_items(value) if is_sequence else (value,):
            if kind_of(item) > Kind.SEQUENCE:
                events = self._own_event(site, expression, item)
                self.thread.add([Operand(item, events, site, is_load=False)])

    def bind(self, site: WatchedSite, value: Any) -> bool:
        """Report what a loop or an unpacking has bound to a name; return True."""
        self._bound(site, value)
        return True

    @_hook
    def enter(self, site: WatchedSite, values: tuple[Any, ...]) -> None:
        """Report the arguments with which a function was entered."""
        given = self.thread.innermost.copy()
        for part, value in zip(site.parts, values, strict=True):
            if kind_of(value) > Kind.SEQUENCE:
                events = self._argument(part, given, value)
                self._recording.name(value, str(part.names[0]), events)

    @_hook
    def base(self, site: WatchedSite, token: int, owner: Any) -> None:
        """Report an object in which an item, or an attribute, is about to be stored."""
        self.thread.in_hand[site] = token, owner
        if site.names:
            self.thread.add(self._loaded(site, getattr(owner, _attribute(site), None)))
        elif isinstance(owner, dict):
            self.thread.add(self._items(site, OpenExpression(0), owner.values(), is_new=False))

    @_hook
    def stored(self, site: WatchedSite) -> None:
        """Report that the store announced by ``base`` is done."""
        token, owner = self.thread.in_hand.pop(site, (None, None))
        if token is None:
            return
        parents = self.thread.close(token).events | self.thread.in_hand.get(site.source, set())
        if site.names:
            value = getattr(owner, _attribute(site), None)
            if kind_of(value) > Kind.SEQUENCE:
                events = self._recording.record(value, site, parents)
                self._recording.name(value, str(site.names[0]), events)
        elif kind_of(owner) > Kind.SCALAR:
            self._recording.record(owner, site, parents | set(self._objects.events_of(owner) or ()))
        else:
            self._stored_in_container(site, owner, parents)

    @_hook
    def increment(self, site: WatchedSite, token: int, current: Any, value: Any) -> None:  # noqa: ARG002
        """Report a variable, and what is about to be added to it or the like."""
        events = self.thread.close(token).events
        if kind_of(current) > Kind.SEQUENCE:
            events |= set(self._known_events(site, current) or ())
        self.thread.in_hand[site] = current, events

    @_hook
    def incremented(self, site: WatchedSite, value: Any) -> None:
        """Report a variable to which something was added."""
        before, parents = self.thread.in_hand.pop(site, (None, set()))
        if kind_of(value) > Kind.SEQUENCE:
            in_place = before is value and kind_of(value) > Kind.SCALAR
            kind: EventKind = "store" if in_place else "operation"
            events = self._recording.record(value, site, parents, kind=kind)
            self._recording.name(value, str(site.names[0]), events)

    @_hook
    def _bound(self, site: WatchedSite, value: Any) -> None:
        if kind_of(value) > Kind.SEQUENCE:
            events = None if is_shared(value) else self._objects.events_of(value)
            if events is None:
                parents = self.thread.in_hand.get(site.source, ())
                events = self._recording.record(value, site, parents)
            self._recording.name(value, str(site.names[0]), events)

    def _computed(
        self, site: WatchedSite, expression: OpenExpression, value: Any
    ) -> Iterator[Operand] | list[Operand]:
        """Record the value of an expression; return what it is to the expression around it."""
        is_call = site.operation.startswith("call ")
        if is_call:
            self._changed_operands(site, expression)
            self._bind_fields(expression, value)
        if kind_of(value) is Kind.OTHER:
            return expression
        if kind_of(value) is Kind.SEQUENCE:
            if site.operation in _WRITTEN:
                self._objects.note_written(value, tuple(sorted(expression.events)))
                return expression
            return self._items(site, expression, value, is_new=is_call) or expression
        if site.operation in _READING and self._known_events(site, value) is not None:
            return self._loaded(site, value)
        return [Operand(value, self._record(site, expression, value), site, is_load=False)]

    def _record(self, site: WatchedSite, expression: OpenExpression, value: Any) -> Events:
        known = self._objects.events_of(value) or ()
        # What a watched function returned has come about within the call, from its arguments.
        is_from_within = bool(known) and known[-1] >= expression.start
        parents = set(known) if is_from_within else expression.events | set(known)
        return self._recording.record(value, site, parents)

    def _items(
        self, site: WatchedSite, expression: OpenExpression, value: Any, *, is_new: bool
    ) -> list[Operand]:
        operands = []
        written = self._objects.events_of_written(value)
        for item in numeric_items(value):
            events = self._objects.events_of(item) or written
            if not events and is_new:
                events = self._recording.record(item, site, expression.events)
            operands.append(Operand(item, events, site, is_load=True))
        return operands

    def _bind_fields(self, expression: OpenExpression, value: Any) -> None:
        """Note which numbers that were given to a call are fields of the object it made.

        Small integers have no identity, and a dataclass sets its fields unseen.
        """
        given = expression.copy()
        for name, item in fields_of(value) if expression else ():
            operand = _matching(given, item, name)
            if operand is not None:
                given[:] = [other for other in given if other is not operand]
                if is_shared(item):
                    self._objects.bind(item, f".{name}", operand.events)

    def _changed_operands(self, site: WatchedSite, expression: OpenExpression) -> None:
        """Record the arrays among the operands that a call has changed in place."""
        for operand in list(expression):
            kind = kind_of(operand.value)
            if self._objects.has_changed(operand.value, kind):
                before = set(self._objects.stores_since(operand.value, kind)) | expression.events
                self._recording.record(operand.value, site, before, kind="store")

    def _loaded(self, site: WatchedSite, value: Any) -> list[Operand]:
        kind = kind_of(value)
        if kind is Kind.OTHER:
            return []
        if kind is Kind.SEQUENCE:
            return self._items(site, OpenExpression(0), value, is_new=False)
        events = self._known_events(site, value)
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

    def _known_events(self, site: WatchedSite, value: Any) -> Events | None:
        name = lookup_key(str(site.names[0])) if site.names else ""
        return self._objects.events_of(value, name)

    def _own_event(self, site: WatchedSite, expression: OpenExpression, value: Any) -> Events:
        """Return the event that computed ``value``; a new one where it was only read."""
        operand = expression.operand(value)
        if operand is not None and not operand.is_load:
            return operand.events
        known = self._objects.events_of(value) if operand is None else operand.events
        return self._recording.record(value, site, expression.events if known is None else known)

    def _bind(
        self, site: WatchedSite, expression: OpenExpression, value: Any, names: Names
    ) -> None:
        own = tuple(name for name in names if isinstance(name, str))
        if own and kind_of(value) > Kind.SEQUENCE:
            events = self._own_event(site, expression, value)
            for name in own:
                self._recording.name(value, name, events)
        if kind_of(value) is not Kind.SEQUENCE:
            return
        for unpacked in names:
            if isinstance(unpacked, tuple) and len(unpacked) == len(value):
                for part, item in zip(unpacked, value, strict=True):
                    self._bind(site, expression, item, (part,) if part else ())

    def _argument(self, part: WatchedSite, given: list[Operand], value: Any) -> Events:
        """Return the event that gave ``value`` to a parameter; take its operand out of ``given``.

        Where the caller is not watched, all that it was given may have made the value.
        """
        operand = _matching(given, value, str(part.names[0]))
        if operand is None:
            known = self._objects.events_of(value) or self.thread.in_hand.get(part.source)
            parents = {number for other in given for number in other.events}
            return self._recording.record(value, part, parents) if known is None else tuple(known)
        given[:] = [other for other in given if other is not operand]
        if not operand.is_load:
            return operand.events
        return self._recording.record(value, part, operand.events, at=operand.site.site)

    def _stored_in_container(self, site: WatchedSite, owner: Any, parents: set[int]) -> None:
        """Record the numbers of a list or dictionary that nothing has reported yet."""
        items = owner.values() if isinstance(owner, dict) else owner
        if isinstance(owner, list | dict):
            for item in numeric_items(items):
                if self._objects.events_of(item) is None and not is_shared(item):
                    self._recording.record(item, site, parents)


def _matching(given: list[Operand], value: object, name: str) -> Operand | None:
    """Return the operand that is ``value``; of several, one of the parameter's own name."""
    same = [operand for operand in given if operand.value is value]
    named = [operand for operand in same if name in operand.site.names]
    return next(iter(named or same), None)


def _attribute(site: WatchedSite) -> str:
    return str(site.names[0]).removeprefix(".")
