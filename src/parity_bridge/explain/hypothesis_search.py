"""The smallest set of hypotheses under which the reference reproduces the other side everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviour_hypotheses import behaviour_hypotheses
from parity_bridge.explain.deciding_pixels import deciding_pixel
from parity_bridge.explain.explanation import DecidingPixel, Hypothesis, Trial
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
    #: Where several suffice, the pixel that would tell them apart.
    deciding: DecidingPixel | None = None

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
    """Try behaviours and slips one by one, then sets of those that matter, smallest first.

    ``given`` holds the inputs of the other side where they differ: they may be part of a set.
    """
    trial_runner = TrialRunner(reference, others, tolerances)
    single = _SingleTrials(trial_runner)
    single.try_each([*_input_candidates(given), *behaviour_candidates(reference)])
    single.try_each(slip_candidates(reference))
    if single.sufficient_sets:
        chosen_sets, deciding = _by_evidence(trial_runner, single.sufficient_sets)
        sufficient = tuple(single.trials[candidate] for (candidate,) in chosen_sets)
        trials = tuple(single.trials.values())
        return SearchResult(trials, sufficient, tuple(single.failed), deciding=deciding)
    effective = [candidate for candidate, trial in single.trials.items() if trial.matters]
    sets = HypothesisSetSearch(trial_runner, effective)
    chosen_sets, deciding = _by_evidence(trial_runner, sorted(sets.sufficient, key=_mean_count))
    sufficient = tuple(trial_runner.run_trial(chosen) for chosen in chosen_sets)
    nearest = trial_runner.run_trial(sets.nearest) if sets.nearest and not sufficient else None
    trials = (*single.trials.values(), *sufficient)
    return SearchResult(trials, sufficient, (*single.failed, *sets.not_tried), nearest, deciding)


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
    def sufficient_sets(self) -> list[tuple[Candidate, ...]]:
        """Hypotheses that change the reference and reproduce the other side, each a set of one.

        Where figures cannot distinguish them, the table that was read may. A mean comes last: it
        is seldom what a port does, and reproduces whatever hardly varies.
        """
        reproducing = [
            candidate
            for candidate, trial in self.trials.items()
            if trial.matters and trial.is_sufficient
        ]
        same_tables = [item for item in reproducing if self.trials[item].same_tables]
        chosen = [(item,) for item in same_tables or reproducing]
        return sorted(chosen, key=_mean_count)


def _by_evidence(
    trial_runner: TrialRunner, sets: list[tuple[Candidate, ...]]
) -> tuple[list[tuple[Candidate, ...]], DecidingPixel | None]:
    """Return the sets that stay open, and the pixel that would tell them apart.

    What no pixel of the frame tells apart is one thing under two names: the contract's comes first.
    """
    deciding = deciding_pixel(trial_runner, sets)
    if deciding is None or deciding.pixel is not None:
        return sets, deciding
    named = [
        chosen
        for chosen in sets
        if all(item.hypothesis.kind in ("behaviour", "inputs") for item in chosen)
    ]
    return (named, deciding if len(named) > 1 else None) if named else (sets, deciding)


def _mean_count(chosen: Sequence[Candidate]) -> int:
    return sum(item.hypothesis.name.endswith("=mean") for item in chosen)


def _input_candidates(given: OtherSideInputs | None) -> Iterator[Candidate]:
    if given is not None:
        does = f"was given other inputs ({given.clause})"
        hypothesis = Hypothesis(kind="inputs", name=OWN_INPUTS, does=does)
        yield Candidate(hypothesis, experiment_slip=lambda _: given.experiment)


def behaviour_candidates(reference: ReferenceRunner) -> Iterator[Candidate]:
    """Yield every behaviour that ``reference`` does not have."""
    for hypothesis, switches in behaviour_hypotheses(reference.behaviours):
        yield Candidate(hypothesis, switches=switches)


def slip_candidates(reference: ReferenceRunner) -> Iterator[Candidate]:
    """Yield every slip of an input or of the table that ``reference`` allows."""
    for hypothesis, experiment_slip in input_slips(reference.experiment):
        yield Candidate(hypothesis, experiment_slip=experiment_slip)
    for hypothesis, table_slip in table_slips(reference.factors):
        yield Candidate(hypothesis, table_slip=table_slip)
    if any(slow != fast for slow, fast in reference.pixels):
        does = "takes the slow pixel number for the fast one"
        hypothesis = Hypothesis(kind="slip of an input", name="slow and fast swapped", does=does)
        yield Candidate(hypothesis, swaps_pixels=True)
