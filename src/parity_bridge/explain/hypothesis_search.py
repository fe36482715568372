"""The smallest set of hypotheses under which the reference reproduces the other side everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviour_hypotheses import behaviour_hypotheses
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.hypothesis_set_search import HypothesisSetSearch
from parity_bridge.explain.input_slips import input_slips
from parity_bridge.explain.table_slips import table_slips
from parity_bridge.explain.trial_runner import Candidate, TrialRunner
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: The hypothesis that the other side differs because of the inputs that it was given.
OWN_INPUTS = "its own inputs"


@dataclass(frozen=True)
class OtherSideInputs:
    """The experiment that the other side was given, and how it differs."""

    experiment: Experiment
    clause: str


@dataclass(frozen=True)
class SearchResult:
    """The trials of a search, the sets that suffice, and what was not tried."""

    trials: tuple[Trial, ...]
    sufficient: tuple[Trial, ...]
    not_tried: tuple[str, ...] = ()
    #: Where no set suffices, the one that moves the first divergence furthest down the chain.
    nearest: Trial | None = None

    @property
    def without_effect(self) -> tuple[Hypothesis, ...]:
        """Hypotheses that change nothing at these pixels."""
        return tuple(
            trial.hypotheses[0]
            for trial in self.trials
            if not trial.matters and len(trial.hypotheses) == 1
        )


def search_hypotheses(
    reference: ReferenceRunner,
    others: Sequence[PixelTaps],
    tolerances: Tolerances,
    given: OtherSideInputs | None = None,
) -> SearchResult:
    """Try behaviours one by one, then slips, then sets of those that matter, smallest first.

    ``given`` holds the inputs of the other side where they differ: they may be part of a set.
    """
    trial_runner = TrialRunner(reference, others, tolerances)
    single = _SingleTrials(trial_runner)
    single.try_each([*_input_candidates(given), *_behaviour_candidates(reference)])
    if not single.sufficient:
        single.try_each(_slip_candidates(reference))
    if single.sufficient:
        return SearchResult(tuple(single.trials.values()), single.sufficient, tuple(single.failed))
    effective = [candidate for candidate, trial in single.trials.items() if trial.matters]
    sets = HypothesisSetSearch(trial_runner, effective)
    sufficient = tuple(trial_runner.run_trial(chosen) for chosen in sets.sufficient)
    nearest = trial_runner.run_trial(sets.nearest) if sets.nearest and not sufficient else None
    trials = (*single.trials.values(), *sufficient)
    return SearchResult(trials, sufficient, (*single.failed, *sets.not_tried), nearest)


class _SingleTrials:
    """Tries hypotheses one by one."""

    def __init__(self, trial_runner: TrialRunner) -> None:
        self._trial_runner = trial_runner
        self.trials: dict[Candidate, Trial] = {}
        #: Hypotheses under which the reference cannot be run, and why.
        self.failed: list[str] = []

    def try_each(self, candidates: Iterable[Candidate]) -> None:
        """Try each of ``candidates``."""
        for candidate in candidates:
            try:
                self.trials[candidate] = self._trial_runner.run_trial((candidate,))
            except BridgeError as error:
                self.failed.append(f"{candidate.hypothesis.name}: {error}")

    @property
    def sufficient(self) -> tuple[Trial, ...]:
        """Trials that change the reference and reproduce the other side.

        Where figures cannot distinguish them, the table that was read may.
        """
        reproducing = [
            trial for trial in self.trials.values() if trial.matters and trial.is_sufficient
        ]
        same_tables = [trial for trial in reproducing if trial.same_tables]
        return tuple(same_tables or reproducing)


def _input_candidates(given: OtherSideInputs | None) -> Iterator[Candidate]:
    if given is not None:
        does = f"was given other inputs ({given.clause})"
        hypothesis = Hypothesis(kind="inputs", name=OWN_INPUTS, does=does)
        yield Candidate(hypothesis, experiment_slip=lambda _: given.experiment)


def _behaviour_candidates(reference: ReferenceRunner) -> Iterator[Candidate]:
    for hypothesis, switches in behaviour_hypotheses(reference.behaviours):
        yield Candidate(hypothesis, switches=switches)


def _slip_candidates(reference: ReferenceRunner) -> Iterator[Candidate]:
    for hypothesis, experiment_slip in input_slips(reference.experiment):
        yield Candidate(hypothesis, experiment_slip=experiment_slip)
    for hypothesis, table_slip in table_slips(reference.factors):
        yield Candidate(hypothesis, table_slip=table_slip)
    if any(slow != fast for slow, fast in reference.pixels):
        does = "takes the slow pixel number for the fast one"
        hypothesis = Hypothesis(kind="slip of an input", name="slow and fast swapped", does=does)
        yield Candidate(hypothesis, swaps_pixels=True)
