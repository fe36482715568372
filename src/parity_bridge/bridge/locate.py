"""Where a port leaves the reference: run, compare, explain, watch, match.

``locate_at`` has the order of these steps at one experiment, ``locate`` that of the experiments.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.compare import compare_pair, compare_sides, with_noise
from parity_bridge.bridge.engine_runs import OnNote, ignore_note
from parity_bridge.bridge.explain import explain_pair
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.sides import sides_of
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.explain.input_slips import INPUT_SLIP_NAMES, apply_slips, input_slips
from parity_bridge.locate.experiments.candidate import ALL_PIXELS
from parity_bridge.locate.experiments.choose import ChosenExperiment, chosen_experiments
from parity_bridge.locate.locate import locate as match_capture
from parity_bridge.locate.record import LocatedExperiment, LocateRecord
from parity_bridge.locate.variant import Variant

if TYPE_CHECKING:
    from parity_bridge.bridge.answer import PairAnswer, Side
    from parity_bridge.comparison.result import PixelComparison
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.explain.explanation import Finding
    from parity_bridge.locate.located import Located

#: Experiments at which a port that differs is watched: a line must hold at each of them.
MOST_WATCHED = 2

#: Pixels at which a difference is explained: each costs runs of the reference.
_EXPLAINED_PIXELS = 4


@dataclass(frozen=True)
class LocateQuestion:
    """A port, and the experiment of the user, which comes before those that are chosen."""

    command: str
    port: WatchedPort
    given: ChosenExperiment | None = None


def locate(question: LocateQuestion, folder: Path, on_note: OnNote = ignore_note) -> LocateRecord:
    """Run the port at one experiment after the other, and watch it at two at which it differs.

    Files of the chosen experiments are written to ``folder``. Raises UsageError where the port
    refuses the user's experiment or every other, EngineError where it fails, FileError where a
    file cannot be read or written.
    """
    found: list[LocatedExperiment] = []
    for chosen in _experiments(question, folder):
        for note in chosen.notes:
            on_note(f"experiment {chosen.name}: {note}")
        found.append(locate_at(question.port, chosen))
        if is_enough(found):
            break
    return record_of(question, found, folder)


def is_enough(found: Iterable[LocatedExperiment]) -> bool:
    """Return whether no further experiment is run."""
    return sum(one.located is not None for one in found) == MOST_WATCHED


def record_of(
    question: LocateQuestion, found: Iterable[LocatedExperiment], folder: Path | None = None
) -> LocateRecord:
    """Return the record of what was found at each experiment; its files as seen from ``folder``.

    A report may be moved: the flags in its record name the files below the folder of the report.
    """
    port = question.port
    return LocateRecord(
        command=question.command,
        port=port.name,
        dtype=port.choice.dtype,
        watch=port.watch,
        experiments=tuple(one if folder is None else _moved(one, folder) for one in found),
    )


def _moved(one: LocatedExperiment, folder: Path) -> LocatedExperiment:
    inside = f"{folder}{os.sep}"
    flags = tuple(
        f"{folder.name}/{word.removeprefix(inside)}" if word.startswith(inside) else word
        for word in one.flags
    )
    return one.model_copy(update={"flags": flags})


def _experiments(question: LocateQuestion, folder: Path) -> Iterator[ChosenExperiment]:
    if question.given is not None:
        yield question.given
    port = question.port

    def refusal(experiment: Experiment) -> str:
        return port.refusal(experiment, ALL_PIXELS[:1])

    try:
        yield from chosen_experiments(refusal, folder, slips)
    except UsageError:
        # The user's own experiment was run, and that is an answer.
        if question.given is None:
            raise


def locate_command(port: WatchedPort, given: ChosenExperiment | None) -> str:
    """Return the command that asks the same on a command line; a report has a name of its own."""
    choice = port.choice
    words = ["python", "-m", "parity_bridge", "locate"]
    words += ["--call" if port.is_function else "--engine", port.name]
    words += ["--watch", *port.watch] if port.watch else []
    words += ["--dtype", choice.dtype] if choice.dtype != "float64" else []
    words += ["--device", choice.device] if choice.device != "cpu" else []
    return shlex.join([*words, *(() if given is None else ("--", *given.words))])


def slips(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    """Yield every slip of an input, by its name, and the experiment that a port has with it."""
    for hypothesis, slip in input_slips(experiment):
        yield hypothesis.name, slip(experiment)


def locate_at(
    port: WatchedPort, chosen: ChosenExperiment, *, explains: bool = True
) -> LocatedExperiment:
    """Compare the port with the C core at ``chosen`` and, where they differ, locate where.

    Without ``explains`` no behaviour or slip is looked for first, which takes a third of the time.
    Raises as ``locate``.
    """
    pair = _differing_pair(port, chosen, explains=explains)
    if pair is None or pair.agrees:
        return _entry(chosen)
    finding = pair.finding
    experiment = chosen.parsed.experiment
    located = match_capture(
        port.capture(experiment, chosen.pixels),
        experiment,
        chosen.pixels,
        REFERENCE,
        tuple(_variants(experiment, finding)),
        port.choice.dtype,
    )
    return _entry(chosen, finding, located)


def _differing_pair(
    port: WatchedPort, chosen: ChosenExperiment, *, explains: bool
) -> PairAnswer | None:
    """Return the port and the C core at a few pixels that differ, explained; None: none differs."""
    reference = EngineSource(EngineChoice("c"), chosen.parsed)
    question = Question("", reference, (port.source(chosen.parsed),), _targets(chosen.pixels))
    whole = compare_sides(sides_of(question, ignore_note)).against[0]
    if whole.agrees:
        return None
    # Of the whole run, not run anew: a fault may depend on the pixels that are computed at once.
    pixels = _telling_pixels(whole)
    pair = with_noise(
        compare_pair(_side_at(whole.reference, pixels), _side_at(whole.other, pixels))
    )
    return explain_pair(pair, question) if explains else pair


def _side_at(side: Side, pixels: Collection[tuple[int, int]]) -> Side:
    """Return what ``side`` observed at ``pixels`` (slow, fast)."""
    run = side.run
    if run is not None:
        run = replace(run, observations=[one for one in run.observations if one.pixel in pixels])
    return replace(side, pixels=tuple(one for one in side.pixels if one.pixel in pixels), run=run)


def _targets(pixels: Iterable[tuple[int, int]]) -> tuple[Target, ...]:
    return tuple(map(Target, pixels))


def _telling_pixels(pair: PairAnswer) -> list[tuple[int, int]]:
    """Return pixels that differ: those whose intensity differs most, then the first others."""
    differing = [pixel for pixel in pair.comparison.pixels if pixel.verdict != "parity"]
    worst = sorted(differing, key=_intensity_difference, reverse=True)
    most = worst[: _EXPLAINED_PIXELS // 2]
    chosen = [*most, *(pixel for pixel in differing if pixel not in most)][:_EXPLAINED_PIXELS]
    return [(pixel.pixel_coords[0], pixel.pixel_coords[1]) for pixel in chosen]


def _intensity_difference(pixel: PixelComparison) -> float:
    distances = (
        field.smallest_passing_atol or 0.0
        for field in pixel.differing
        if field.tap == "final_output"
    )
    return max(distances, default=0.0)


def _variants(experiment: Experiment, finding: Finding | None) -> Iterator[Variant]:
    """Yield the reference with each set of behaviours and slips that ``explain`` named."""
    for names in () if finding is None else finding.names:
        words = [name for name in names if name.partition("=")[0] in Behaviours.model_fields]
        if len(words) + len(INPUT_SLIP_NAMES.intersection(names)) == len(names):
            changed = apply_slips(experiment, names)
            yield Variant(", ".join(names), changed, Behaviours.parse(words))


def _entry(
    chosen: ChosenExperiment, finding: Finding | None = None, located: Located | None = None
) -> LocatedExperiment:
    return LocatedExperiment(
        name=chosen.name,
        purpose=chosen.purpose,
        flags=chosen.words,
        pixels=chosen.pixels,
        agrees=located is None,
        finding=None if finding is None else finding.sentence,
        names=() if finding is None else finding.names,
        located=located,
        notes=chosen.notes,
    )
