"""Events and values as they come in, within the limits of a capture."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from parity_bridge.locate.capture.arrays import Kind, byte_size, kind_of
from parity_bridge.locate.capture.events import Event, EventKind, Site
from parity_bridge.locate.capture.known_objects import Events, KnownObjects
from parity_bridge.locate.capture.limits import Limits
from parity_bridge.locate.capture.sites import WatchedSite, lookup_key
from parity_bridge.locate.capture.value_store import ValueStore

#: Most parents of an event, most that stand for an event that was not kept, most names of a value.
_MOST_PARENTS = 256
_MOST_STANDING_IN = 32
_MOST_NAMES = 8

#: How many bytes may be hashed where one may be held.
_HASHED_FOR_HELD = 16


class _Draft:
    """An event whose names may still grow."""

    __slots__ = ("kind", "names", "operation", "parents", "site", "value")

    def __init__(
        self, site: Site, kind: EventKind, operation: str, value: int, parents: Events
    ) -> None:
        self.site, self.kind, self.operation = site, kind, operation
        self.value, self.parents = value, parents
        self.names: dict[str, None] = {}


class Recording:
    """Events and values as they come in, each numbered in its order; any thread may record."""

    def __init__(self, limits: Limits) -> None:
        """Begin without events."""
        self.objects = KnownObjects()
        self.values = ValueStore(limits)
        self.dropped: Counter[Site] = Counter()
        self._limits = limits
        self._drafts: list[_Draft] = []
        self._counts: Counter[WatchedSite] = Counter()
        self._sizes: Counter[WatchedSite] = Counter()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self._drafts)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events so far."""
        return tuple(
            Event(
                number, draft.site, draft.kind, draft.operation, draft.value,
                tuple(draft.names), draft.parents,
            )
            for number, draft in enumerate(self._drafts)
        )  # fmt: skip

    def record(
        self,
        value: Any,
        site: WatchedSite,
        parents: Iterable[int] = (),
        kind: EventKind | None = None,
        operation: str | None = None,
    ) -> Events:
        """Add an event and return its number; the parents instead where it is not kept."""
        kind = kind or site.kind
        what = kind_of(value)
        with self._lock:
            index = self._admitted(value, what, site)
            if index is None:
                made = _some(parents, _MOST_STANDING_IN)
                if what in (Kind.ARRAY, Kind.TENSOR):
                    self.objects.pass_on(value, made)
                return made
            made, used = (len(self._drafts),), _some(parents, _MOST_PARENTS)
            self._drafts.append(_Draft(site.site, kind, operation or site.operation, index, used))
            self.objects.register(value, what, made, is_store=kind == "store")
        return made

    def passed_on(self, value: Any, parents: Iterable[int]) -> Events:
        """Note what ``value`` came from, without an event; return these events."""
        events = _some(parents, _MOST_STANDING_IN)
        self.objects.register(value, kind_of(value), events)
        return events

    def name(self, value: Any, name: str, events: Events) -> None:
        """Note that ``name`` is bound to ``value``, which ``events`` made."""
        if name:
            self.objects.bind(value, lookup_key(name), events)
            if len(events) == 1 and len(names := self._drafts[events[0]].names) < _MOST_NAMES:
                names[name] = None

    def _admitted(self, value: Any, what: Kind, site: WatchedSite) -> int | None:
        """Return the index of the value of an event that is kept; None for one that is not."""
        self._counts[site] += 1
        count = self._counts[site]
        is_full = len(self._drafts) >= self._limits.events and count > 1
        if is_full or not self._limits.keeps(count, self._sizes[site]):
            self.dropped[site.site] += 1
            return None
        held = len(self.values.values)
        index = self.values.add(value, what)
        if what > Kind.SCALAR:
            # What is held already has only been hashed.
            is_new = len(self.values.values) > held
            self._sizes[site] += byte_size(value, what) // (1 if is_new else _HASHED_FOR_HELD)
        return index


def _some(events: Iterable[int], most: int) -> Events:
    """Return the events sorted; of too many, the first and the last."""
    numbers = sorted(set(events))
    if len(numbers) > most:
        numbers = numbers[: most // 2] + numbers[-most // 2 :]
    return tuple(numbers)
