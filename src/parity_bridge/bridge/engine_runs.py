"""Engines run at pixels, and the notes about what they are given; cheap to import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from parity_bridge.bridge.question import EngineSource
from parity_bridge.engines.choice import Target
from parity_bridge.engines.run import EngineRun, notes, observe

#: Receives a note about what an engine is given.
OnNote = Callable[[str], None]


def ignore_note(_note: str) -> None:
    """Drop a note."""


def run_engine(source: EngineSource, targets: Sequence[Target]) -> EngineRun:
    """Run an engine at ``targets``; raises as ``engines.run.observe``."""
    if source.given is None:
        raise ValueError("an engine needs an experiment to be run")
    return observe(source.choice, source.given, targets, source.instance)


def announce(sources: Iterable[EngineSource], targets: Sequence[Target], on_note: OnNote) -> None:
    """Pass on each note about what the engines are given once."""
    pixels = [target.coords for target in targets]
    given = [source.given for source in sources if source.given is not None]
    for note in dict.fromkeys(note for parsed in given for note in notes(parsed, pixels)):
        on_note(note)
