"""Source texts run instrumented, without files or imports."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from parity_bridge.locate.capture.events import Event
from parity_bridge.locate.capture.expressions import SITES
from parity_bridge.locate.capture.hooks import Hooks
from parity_bridge.locate.capture.instrument import instrument
from parity_bridge.locate.capture.limits import Limits
from parity_bridge.locate.capture.recording import Recording

#: Of a source text that lies nowhere.
FILE = "/port/source.py"


@dataclass(frozen=True)
class Watched:
    """A program that was run, and what was captured of it."""

    module: ModuleType
    hooks: Hooks
    recording: Recording

    @property
    def namespace(self) -> dict[str, Any]:
        return vars(self.module)

    @property
    def events(self) -> tuple[Event, ...]:
        return self.recording.events

    def value(self, event: Event) -> NDArray[Any]:
        return self.recording.values.values[event.value]

    def of(self, expression: str, kind: str | None = None) -> list[Event]:
        """Return the events of this text, in order."""
        return [
            event
            for event in self.events
            if event.site.expression == expression and kind in (None, event.kind)
        ]

    def one(self, expression: str, kind: str | None = None) -> Event:
        (event,) = self.of(expression, kind)
        return event

    def parents(self, event: Event) -> list[str]:
        """Return the texts of what an event used."""
        events = self.events
        return [events[number].site.expression for number in event.parents]

    def ancestors(self, event: Event) -> set[str]:
        """Return the texts of all that an event depends on."""
        events = self.events
        reached, waiting = set(), [event.number]
        while waiting:
            number = waiting.pop()
            if number not in reached:
                reached.add(number)
                waiting += events[number].parents
        return {events[number].site.expression for number in reached - {event.number}}


def watch(
    source: str, file: str = FILE, limits: Limits | None = None, name: str = __name__
) -> Watched:
    """Run ``source`` as a module of its own, instrumented."""
    recording = Recording(limits or Limits())
    hooks = Hooks(recording)
    module = _run(source, file, name, hooks)
    assert not hooks.failures
    return Watched(module, hooks, recording)


def _run(source: str, file: str, name: str, hooks: Hooks) -> ModuleType:
    instrumented = instrument(dedent(source), file)
    module = ModuleType(name)
    vars(module).update(hooks.by_name(), **{"__file__": file, SITES: instrumented.sites})
    exec(instrumented.code, vars(module))  # noqa: S102
    return module


def plain(source: str, file: str = FILE) -> dict[str, Any]:
    """Run ``source`` as it is."""
    module = ModuleType(__name__)
    vars(module)["__file__"] = file
    exec(compile(dedent(source), file, "exec", dont_inherit=True), vars(module))  # noqa: S102
    return vars(module)
