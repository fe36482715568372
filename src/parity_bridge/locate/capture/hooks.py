"""What an instrumented module calls while it runs; each hook returns the value it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from parity_bridge.errors import one_line
from parity_bridge.locate.capture.arrays import Kind, kind_of, port_modes_off
from parity_bridge.locate.capture.dataflow import Dataflow
from parity_bridge.locate.capture.events import EventKind
from parity_bridge.locate.capture.expressions import HOOKS, hook_name
from parity_bridge.locate.capture.known_objects import Events
from parity_bridge.locate.capture.operands import (
    Operand,
    ThreadState,
    attribute_of,
)
from parity_bridge.locate.capture.recording import Recording
from parity_bridge.locate.capture.sites import WatchedSite


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
        self._flow = Dataflow(recording)
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
        self.thread.add(self._flow.computed(site, expression, value))

    @_hook
    def load(self, site: WatchedSite, value: Any) -> None:
        """Report the value of a name or attribute."""
        self.thread.add(self._flow.loaded(site, value))

    @_hook
    def owner(self, site: WatchedSite, value: Any) -> None:
        """Report the object of which a method is called or an item read."""
        self.thread.add(self._flow.owner(site, value))

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
        self._flow.assigned(site, expression, value, site.names)

    @_hook
    def returned(self, site: WatchedSite, token: int, value: Any) -> None:
        """Report a value that a function is about to return."""
        expression = self.thread.close(token)
        self.thread.add(self._flow.returned(site, expression, value))

    def bind(self, site: WatchedSite, value: Any) -> bool:
        """Report what a loop or an unpacking has bound to a name; return True."""
        self._bound(site, value)
        return True

    @_hook
    def enter(self, site: WatchedSite, values: tuple[Any, ...]) -> None:
        """Report the arguments with which a function was entered."""
        given = self.thread.innermost.copy()
        for part, value in zip(site.parts, values, strict=True):
            default = self.thread.in_hand.get(part.source, ())
            self._flow.argument(part, given, value, default)

    @_hook
    def base(self, site: WatchedSite, token: int, owner: Any) -> None:
        """Report an object in which an item, or an attribute, is about to be stored."""
        self.thread.in_hand[site] = token, owner
        if site.names:
            self.thread.add(self._flow.loaded(site, attribute_of(owner, _attribute(site))))
        elif isinstance(owner, dict):
            self.thread.add(self._flow.items(site, dict.values(owner)))

    @_hook
    def stored(self, site: WatchedSite) -> None:
        """Report that the store announced by ``base`` is done."""
        token, owner = self.thread.in_hand.pop(site, (None, None))
        if token is None:
            return
        parents = self.thread.close(token).events | self.thread.in_hand.get(site.source, set())
        if site.names:
            value = attribute_of(owner, _attribute(site))
            if kind_of(value) > Kind.SEQUENCE:
                events = self._recording.record(value, site, parents)
                self._recording.name(value, str(site.names[0]), events)
        else:
            self._flow.stored(site, owner, parents)

    @_hook
    def increment(self, site: WatchedSite, token: int, current: Any, value: Any) -> None:  # noqa: ARG002
        """Report a variable, and what is about to be added to it or the like."""
        events = self.thread.close(token).events
        if kind_of(current) > Kind.SEQUENCE:
            events |= set(self._flow.known_events(site, current) or ())
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
        self._flow.bound(site, value, self.thread.in_hand.get(site.source, ()))


def _attribute(site: WatchedSite) -> str:
    return str(site.names[0]).removeprefix(".")
