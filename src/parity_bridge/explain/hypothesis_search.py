"""The smallest set of hypotheses under which the reference reproduces the other side everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference import Reference
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviours import behaviour_hypotheses
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.judge import Candidate, Judge
from parity_bridge.explain.sets import Sets
from parity_bridge.explain.slips import input_slips, table_slips
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: The hypothesis that the other side was right about what it was given.
OWN_INPUTS = "its own inputs"


@dataclass(frozen=True)
class GivenInputs:
    """What the other side was given, and how that differs."""

    experiment: Experiment
    clause: str


@dataclass(frozen=True)
class Searched:
    """What a search tried, the sets that suffice, and what it left out."""

    trials: tuple[Trial, ...]
    sufficient: tuple[Trial, ...]
    not_tried: tuple[str, ...] = ()
    #: Where none suffices, the set that moves the first divergence to the furthest tap.
    nearest: Trial | None = None

    @property
    def pointless(self) -> tuple[Hypothesis, ...]:
        """Hypotheses that change nothing at these pixels."""
        return tuple(
            trial.hypotheses[0]
            for trial in self.trials
            if not trial.matters and len(trial.hypotheses) == 1
        )


def search(
    reference: Reference,
    others: Sequence[PixelTaps],
    tolerances: Tolerances,
    given: GivenInputs | None = None,
) -> Searched:
    """Try behaviours one by one, then slips, then sets of those that matter, smallest first.

    ``given`` is what the other side was given, where that differs: it may be part of a set.
    """
    judge = Judge(reference, others, tolerances)
    tried = _Tried(judge)
    tried.all_of([*_inputs(given), *_behaviours(reference)])
    if not tried.sufficient:
        tried.all_of(_slips(reference))
    if tried.sufficient:
        return Searched(tuple(tried.trials.values()), tried.sufficient, tuple(tried.failed))
    telling = [candidate for candidate, trial in tried.trials.items() if trial.matters]
    sets = Sets(judge, telling)
    more = tuple(judge.trial(chosen) for chosen in sets.sufficient)
    nearest = judge.trial(sets.nearest) if sets.nearest and not more else None
    trials = (*tried.trials.values(), *more)
    return Searched(trials, more, (*tried.failed, *sets.left_out), nearest)


class _Tried:
    """Hypotheses tried one by one."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.trials: dict[Candidate, Trial] = {}
        #: Those under which the reference cannot be run, and why.
        self.failed: list[str] = []

    def all_of(self, candidates: Iterable[Candidate]) -> None:
        """Try these too."""
        for candidate in candidates:
            try:
                self.trials[candidate] = self._judge.trial((candidate,))
            except BridgeError as error:
                self.failed.append(f"{candidate.hypothesis.name}: {error}")

    @property
    def sufficient(self) -> tuple[Trial, ...]:
        """Trials that reproduce the other side, and not because nothing was changed.

        Where figures cannot tell them apart, what was read may.
        """
        found = [trial for trial in self.trials.values() if trial.matters and trial.is_sufficient]
        told = [trial for trial in found if trial.same_tables]
        return tuple(told or found)


def _inputs(given: GivenInputs | None) -> Iterator[Candidate]:
    if given is not None:
        does = f"was given other inputs ({given.clause})"
        hypothesis = Hypothesis(kind="inputs", name=OWN_INPUTS, does=does)
        yield Candidate(hypothesis, of_experiment=lambda _: given.experiment)


def _behaviours(reference: Reference) -> Iterator[Candidate]:
    for hypothesis, switches in behaviour_hypotheses(reference.behaviours):
        yield Candidate(hypothesis, switches=switches)


def _slips(reference: Reference) -> Iterator[Candidate]:
    for hypothesis, of_experiment in input_slips(reference.experiment):
        yield Candidate(hypothesis, of_experiment=of_experiment)
    for hypothesis, of_table in table_slips(reference.factors):
        yield Candidate(hypothesis, of_table=of_table)
    if any(slow != fast for slow, fast in reference.pixels):
        does = "takes the slow pixel number for the fast one"
        hypothesis = Hypothesis(kind="slip of an input", name="slow and fast swapped", does=does)
        yield Candidate(hypothesis, swaps_pixels=True)
