"""Which event an object came from, by identity, for as long as the object lives."""

from __future__ import annotations

import weakref
from typing import Any

from parity_bridge.locate.capture.arrays import Kind, addresses, is_shared, version

#: Most sequences that are kept alive so that their identity is not used again.
_MOST_WRITTEN = 10_000

#: Numbers of events, sorted.
Events = tuple[int, ...]


class Known:
    """What is known of one object."""

    __slots__ = ("by_name", "events", "holder", "version")

    def __init__(self, holder: Any, events: Events, state: int | None) -> None:
        #: The events that made it; several where the one that did was not kept.
        self.events = events
        #: Name bound to it -> the events as of then.
        self.by_name: dict[str, Events] = {}
        #: Keeps the object alive, or hears of its end; its identity is not used again before.
        self.holder = holder
        #: Its version when the events were recorded; None where they do not have its content.
        self.version = state


class KnownObjects:
    """The objects that events have made."""

    def __init__(self) -> None:
        """Begin without objects."""
        self._known: dict[int, Known] = {}
        #: Numbers that are one object wherever they come from: (type, value, name) -> events.
        self._shared: dict[tuple[type, Any, str], Events] = {}
        #: Identity of a sequence -> the sequence, and the events of what it was written with.
        self._written: dict[int, tuple[Any, Events]] = {}
        #: Address -> the last event that stored there.
        self._stores: dict[int, int] = {}

    def register(self, value: Any, kind: Kind, events: Events, *, is_store: bool = False) -> None:
        """Note that ``value`` is what ``events`` made, or that they stored in it."""
        if is_shared(value):
            return
        key, state = id(value), version(value, kind)
        known = self._known.get(key)
        if known is not None:
            known.events, known.version = events, state
            if is_store:
                known.by_name.clear()
        else:
            self._known[key] = Known(self._holder(value, key), events, state)
        if is_store and events:
            self._stores.update(dict.fromkeys(addresses(value, kind), events[-1]))

    def pass_on(self, value: Any, events: Events) -> None:
        """Note that what made an array was not kept; its next use is to be an event."""
        key = id(value)
        self._known[key] = Known(self._holder(value, key), events, None)

    def bind(self, value: Any, name: str, events: Events) -> None:
        """Note that ``name`` is bound to ``value`` as ``events`` made it."""
        if is_shared(value):
            self._shared[type(value), value, name] = events
        elif (known := self._known.get(id(value))) is not None:
            known.by_name[name] = events

    def note_written(self, sequence: Any, events: Events) -> None:
        """Note the events that gave a sequence its items, among them numbers without identity."""
        if len(self._written) < _MOST_WRITTEN:
            self._written[id(sequence)] = sequence, events

    def events_of_written(self, sequence: Any) -> Events:
        """Return the events that gave a sequence its items; none where that was not noted."""
        return self._written.get(id(sequence), (None, ()))[1]

    def events_of(self, value: Any, name: str = "") -> Events | None:
        """Return the events that made ``value``, as it was bound to ``name`` if it was."""
        if is_shared(value):
            key = type(value), value
            # A field's default is bound to a plain name in its class.
            return self._shared.get((*key, name)) or self._shared.get((*key, name.lstrip(".")))
        known = self._known.get(id(value))
        return None if known is None else known.by_name.get(name, known.events)

    def has_changed(self, value: Any, kind: Kind) -> bool:
        """Return whether the content of a known array or tensor is no longer what it was."""
        if kind not in (Kind.ARRAY, Kind.TENSOR):
            return False
        known = self._known.get(id(value))
        if known is None:
            return False
        return version(value, kind) != known.version or bool(self.stores_since(value, kind))

    def stores_since(self, value: Any, kind: Kind) -> Events:
        """Return the events that stored in the memory of ``value`` since its last event."""
        known = self._known.get(id(value))
        if known is None or not self._stores:
            return ()
        last = known.events[-1] if known.events else -1
        stores = {self._stores.get(address, -1) for address in addresses(value, kind)}
        return tuple(sorted(number for number in stores if number > last))

    def _holder(self, value: Any, key: int) -> Any:
        try:
            return weakref.ref(value, lambda _: self._known.pop(key, None))
        except TypeError:  # numbers have no weak references; they are small
            return value
