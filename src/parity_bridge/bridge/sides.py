"""The sides of a question: records read, engines run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity_bridge.bridge.answer import Side
from parity_bridge.bridge.engine_runs import OnNote, announce, run_engine
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.comparison.provenance import Provenance
from parity_bridge.engines.choice import Target
from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags, to_flags
from parity_bridge.records.reading import RecordedSide, read_side
from parity_bridge.taps.registry import Tap, choose_taps


def sides_of(question: Question, on_note: OnNote) -> list[Side]:
    """Return every side of ``question``, the reference first; notes go to ``on_note``.

    Records are read before an engine is run: an engine that is compared with records is run as
    they were, as far as the question leaves that open, and is compared in the taps that they hold.
    Raises UsageError where no pixel is named, and what the readers and engines raise.
    """
    recorded = {
        source: limit_taps(recorded_side(read_side(source)), question.taps)
        for source in question.sources
        if isinstance(source, Path)
    }
    if question.targets and all(source in recorded for source in question.sources):
        raise UsageError("--pixel means nothing where both sides are records; leave it out")
    counterpart = next(iter(recorded.values()), None)
    targets = question.targets or _recorded_targets(counterpart)
    engines = {
        place: _complete_source(source, counterpart)
        for place, source in enumerate(question.sources)
        if isinstance(source, EngineSource)
    }
    if engines and not targets:
        raise UsageError("give at least one --pixel SLOW FAST")
    announce(engines.values(), targets, on_note)
    sides = [
        recorded[source]
        if isinstance(source, Path)
        else _observe_beside(counterpart, engines[place], targets, question.taps)
        for place, source in enumerate(question.sources)
    ]
    for note in (note for side in sides if side.run is not None for note in side.run.limits):
        on_note(note)
    return sides


def recorded_side(recorded: RecordedSide) -> Side:
    """Return what was read from files as a side.

    Raises FileError where the records were computed with different variants of the C library.
    """
    fingerprints = sorted({item.libm_fingerprint or "" for item in recorded.metadata} - {""})
    if len(fingerprints) > 1:
        raise FileError(
            f"{recorded.source} holds records of two libm variants (fingerprints "
            f"{fingerprints[0]} and {fingerprints[1]}), whose last bits differ; write them again "
            "on one machine"
        )
    provenance = Provenance.of_metadata(recorded.metadata[0]) if recorded.metadata else None
    return Side(recorded.pixels, recorded.metadata, recorded.noise, provenance, recorded=recorded)


def observe_side(source: EngineSource, targets: Sequence[Target], taps: Sequence[Tap]) -> Side:
    """Run an engine at ``targets`` and take those of ``taps`` that it records.

    Raises as ``engines.run.observe`` and ``EngineRun.pixel_taps``.
    """
    run = run_engine(source, targets)
    return Side(run.pixel_taps(taps), provenance=Provenance.of_run(run), run=run)


def limit_taps(side: Side, names: Sequence[str]) -> Side:
    """Limit a recorded side to the taps called ``names``; without names nothing is left out."""
    if not names or side.recorded is None:
        return side
    tap_ids = {tap.tap_id for tap in choose_taps(names)}
    pixels = tuple(pixel.select_taps(tap_ids) for pixel in side.pixels)
    if not any(pixel.taps for pixel in pixels):
        raise UsageError(f"{side.recorded.source} holds none of the taps {', '.join(names)}")
    recorded = replace(side.recorded, pixels=pixels, taps=frozenset(tap_ids))
    return replace(side, pixels=pixels, recorded=recorded)


def _observe_beside(
    counterpart: Side | None,
    source: EngineSource,
    targets: Sequence[Target],
    taps: Sequence[str],
) -> Side:
    """Run an engine and keep the taps that the records on the other side hold."""
    side = observe_side(source, targets, choose_taps(taps or ("all",)))
    if counterpart is None:
        return side
    common = tuple(pixel.select_taps(counterpart.tap_ids) for pixel in side.pixels)
    return replace(side, pixels=common)


def _complete_source(source: EngineSource, counterpart: Side | None) -> EngineSource:
    """Fill in what ``source`` leaves open from the records on the other side."""
    if counterpart is not None and not source.state_given:
        in_frame = counterpart.provenance is not None and counterpart.provenance.in_frame
        source = replace(source, choice=replace(source.choice, in_frame=in_frame))
    if source.given is not None:
        return source
    words = [*_flags_of(counterpart), *source.own_flags]
    # The other side computed its records, be it without structure factors.
    given = parse_flags(words, as_original=source.as_original, needs_structure_factors=False)
    return replace(source, given=given)


def _flags_of(counterpart: Side | None) -> Sequence[str]:
    """Return the nanoBragg flags that the records state, or the benchmark's without records."""
    if counterpart is None:
        return BENCHMARK_FLAGS
    if counterpart.provenance is None:
        raise UsageError(
            "the records do not say how they were made; give the nanoBragg flags after --"
        )
    return to_flags(counterpart.provenance.experiment)


def _recorded_targets(counterpart: Side | None) -> tuple[Target, ...]:
    pixels = () if counterpart is None else counterpart.pixels
    return tuple(Target(pixel.pixel, pixel.tag) for pixel in pixels)
