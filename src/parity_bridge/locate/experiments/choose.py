"""Experiments chosen for one engine: what it refuses is left out, what does not tell is redrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parity_bridge.errors import BridgeError, UsageError
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import ParsedFlags
from parity_bridge.locate.experiments.acceptance import Mistakes, hidden_from
from parity_bridge.locate.experiments.candidate import ALL_PIXELS, Candidate
from parity_bridge.locate.experiments.draw import Draw
from parity_bridge.locate.experiments.kinds import KINDS, Kind

#: Returns why an engine refuses an experiment; empty where it computes it.
Refusal = Callable[[Experiment], str]

#: Draws of one kind before the best of them is taken.
MOST_DRAWS = 6


@dataclass(frozen=True)
class ChosenExperiment:
    """An experiment at which an engine is watched."""

    name: str
    #: What it is for, in a few words.
    purpose: str
    words: tuple[str, ...]
    parsed: ParsedFlags
    #: Slow, fast.
    pixels: tuple[tuple[int, int], ...]
    #: What was left out because the engine refuses it, and what cannot be told apart.
    notes: tuple[str, ...] = ()


def chosen_experiments(
    refusal: Refusal, folder: Path, mistakes: Mistakes
) -> Iterator[ChosenExperiment]:
    """Yield an experiment of each kind that the engine computes; files of them lie in ``folder``.

    Whatever the engine is, the draws are the same. Raises FileError where a file cannot be written
    and UsageError where the engine computes no kind of experiment.
    """
    reasons = []
    for kind in KINDS:
        kept, notes = _parts_computed(kind.draw(Draw(folder, kind.name, 0)), refusal)
        if kept is None:
            reasons.append(notes[0])
            continue
        yield _best_draw(kind, folder, kept, notes, mistakes)
    if len(reasons) == len(KINDS):
        raise UsageError(
            f"the engine computes none of the experiments that locate chooses ({reasons[0]}); "
            "give one that it computes as nanoBragg flags after --"
        )


def _parts_computed(
    candidate: Candidate, refusal: Refusal
) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """Return the numbers of the parts that the engine computes, and a note about the others.

    None, and the reason, where it does not compute the core.
    """
    if not refusal(candidate.parsed().experiment):
        return tuple(range(len(candidate.parts))), ()
    reason = refusal(candidate.limited_to(()).parsed().experiment)
    if reason:
        return None, (reason,)
    kept: tuple[int, ...] = ()
    refused = []
    for number, part in enumerate(candidate.parts):
        reason = refusal(candidate.limited_to((*kept, number)).parsed().experiment)
        if reason:
            refused.append(f"{_flags_of(part.words)} ({reason})")
        else:
            kept = (*kept, number)
    return kept, (f"without what the engine refuses: {', '.join(refused)}",) if refused else ()


def _flags_of(words: tuple[str, ...]) -> str:
    """Return the flags among ``words``; a negative number is none."""
    return " ".join(word for word in words if word[0] == "-" and word[1:2].isalpha())


def _best_draw(
    kind: Kind, folder: Path, kept: tuple[int, ...], notes: tuple[str, ...], mistakes: Mistakes
) -> ChosenExperiment:
    """Return the first draw that tells everything apart, or else the one that hides least."""
    fewest: list[str] | None = None
    best = 0
    for seed in range(MOST_DRAWS):
        candidate = kind.draw(Draw(folder, kind.name, seed)).limited_to(kept)
        hidden = _hidden(candidate, mistakes, kind.without_effect)
        if hidden is not None and (fewest is None or len(hidden) < len(fewest)):
            fewest, best = hidden, seed
        if fewest == []:
            break
    # Once more, for its files.
    candidate = kind.draw(Draw(folder, kind.name, best)).limited_to(kept)
    if fewest:
        notes = (*notes, f"it does not show {', '.join(fewest)}")
    return ChosenExperiment(
        kind.name, kind.purpose, candidate.words, candidate.parsed(), ALL_PIXELS, notes
    )


def _hidden(
    candidate: Candidate, mistakes: Mistakes, without_effect: tuple[str, ...]
) -> list[str] | None:
    """Return what the candidate hides; None where it is no experiment at all."""
    try:
        return [name for name in hidden_from(candidate, mistakes) if name not in without_effect]
    except BridgeError:
        return None
