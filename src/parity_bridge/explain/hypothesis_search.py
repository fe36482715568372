"""The smallest set of hypotheses under which the reference reproduces the other side everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviour_hypotheses import behaviour_hypotheses
from parity_bridge.explain.coincidences import Coincidence, shows_only_zeros
from parity_bridge.explain.deciding_pixels import deciding_pixel
from parity_bridge.explain.explanation import DecidingPixel, Hypothesis, Trial
from parity_bridge.explain.further_pixels import (
    FurtherPixels,
    are_few_intensities,
    needs_further_pixels,
    run_further_pixels,
)
from parity_bridge.explain.hypothesis_set_search import HypothesisSetSearch
from parity_bridge.explain.input_slips import input_slips
from parity_bridge.explain.other_runner import OtherRunner
from parity_bridge.explain.setup_slips import setup_slips
from parity_bridge.explain.table_slips import table_slips
from parity_bridge.explain.trial_runner import Candidate, TrialRunner, depth_of
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: The hypothesis that the other side differs because of the inputs that it was given.
OWN_INPUTS = "its own inputs"
#: Searches, each with the pixels that refuted what the one before found.
_ROUNDS = 3

_Sets = list[tuple[Candidate, ...]]


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
    #: Further pixels (slow, fast), not compared before, at which the sets suffice too.
    held_against: tuple[tuple[int, int], ...] = ()
    #: Whether all that was compared are a few intensities, at which the sets were found.
    is_little: bool = False
    #: Sets that reproduce the compared pixels by coincidence: further pixels refute them, or all
    #: that they reproduce is an image of 0.
    coincidences: tuple[Coincidence, ...] = ()

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
    other: OtherRunner | None = None,
) -> SearchResult:
    """Try behaviours and slips one by one, then sets of those that matter, smallest first.

    ``given`` holds the inputs of the other side where they differ: they may be part of a set.
    ``other`` runs the other side again: what is found must hold at further pixels too.
    """
    trial_runner = TrialRunner.allowing_rounding(reference, others, tolerances)
    search = _Search(trial_runner, given)
    coincidences: list[Coincidence] = []
    for _ in range(_ROUNDS):
        if shows_only_zeros(search.trial_runner):
            zeros = Coincidence.of_zeros(search.sets)
            return search.result([], coincidences=(*coincidences, *zeros))
        further = None if other is None else search.further_pixels(other)
        if further is None:
            return search.result(search.sets, coincidences=tuple(coincidences))
        if surviving := further.surviving(search.sets):
            return search.result(surviving, further.pixels)
        coincidences += Coincidence.refuted(search.sets, further)
        search = _Search(further.joined_to(search.trial_runner), given)
    return search.result([], coincidences=tuple(coincidences))


class _Search:
    """The search at the pixels of a trial runner."""

    def __init__(self, trial_runner: TrialRunner, given: OtherSideInputs | None) -> None:
        self.trial_runner = trial_runner
        self._single = single = _SingleTrials(trial_runner)
        single.try_each([*_input_candidates(given), *behaviour_candidates(trial_runner.reference)])
        single.try_each(slip_candidates(trial_runner.reference))
        self._not_tried = tuple(single.failed)
        self._nearest: tuple[Candidate, ...] = ()
        self.sets, self.deciding = self._open_sets()

    def _all_sets(self) -> _Sets:
        if self._single.sufficient_sets:
            return self._single.sufficient_sets
        search = HypothesisSetSearch(self.trial_runner, self._single.combinable)
        self._not_tried = (*self._not_tried, *search.not_tried)
        self._nearest = search.nearest
        return sorted(self._exact(search.sufficient), key=_mean_count)

    def _exact(self, sets: _Sets) -> _Sets:
        """Return the sets that reproduce every bit or, where none does, all of them."""
        exact = [item for item in sets if not self.trial_runner.run_trial(item).but_for_rounding]
        return exact or sets

    def _open_sets(self) -> tuple[_Sets, DecidingPixel | None]:
        """Return the sets that stay open, and the pixel that would tell them apart."""
        sets, deciding = _by_evidence(self.trial_runner, self._all_sets())
        if deciding is not None and deciding.pixel is None and self._single.sufficient_sets:
            sets = self._single.recorded_best(sets)
        return sets, deciding if len(sets) > 1 else None

    def further_pixels(self, other: OtherRunner) -> FurtherPixels | None:
        """Run both sides at further pixels; None where that is not needed or not possible."""
        if not needs_further_pixels(self.trial_runner, len(self.sets)):
            return None
        return run_further_pixels(self.trial_runner, other, self.sets, self.deciding)

    def result(
        self,
        sets: Sequence[tuple[Candidate, ...]],
        held_against: tuple[tuple[int, int], ...] = (),
        coincidences: tuple[Coincidence, ...] = (),
    ) -> SearchResult:
        """Return what was found; ``sets`` are those that stay."""
        sufficient = tuple(map(self._trial, sets))
        deciding = self.deciding
        if len(sets) < len(self.sets):
            deciding = deciding_pixel(self.trial_runner, sets)
        is_little = not held_against and are_few_intensities(self.trial_runner.others)
        several = tuple(trial for trial in sufficient if len(trial.hypotheses) > 1)
        nearest = self.trial_runner.run_trial(self._nearest) if self._nearest and not sets else None
        return SearchResult(
            (*self._single.trials.values(), *several), sufficient, self._not_tried, nearest,
            deciding, held_against, is_little, coincidences,
        )  # fmt: skip

    def _trial(self, chosen: tuple[Candidate, ...]) -> Trial:
        alone = self._single.trials.get(chosen[0]) if len(chosen) == 1 else None
        return alone or self.trial_runner.run_trial(chosen)


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
        for has_evidence in (self._is_exact, self._reads_same_table):
            reproducing = [item for item in reproducing if has_evidence(item)] or reproducing
        return sorted(((item,) for item in reproducing), key=self._rank)

    @property
    def combinable(self) -> list[Candidate]:
        """Hypotheses that change the reference, and not before the first divergence.

        One that does needs another that undoes it there.
        """
        depth = depth_of(self._trial_runner.first_divergence)
        return [
            candidate
            for candidate, trial in self.trials.items()
            if trial.matters and depth_of(trial.left) >= depth
        ]

    def recorded_best(self, sets: list[tuple[Candidate, ...]]) -> list[tuple[Candidate, ...]]:
        """Return the sets of which the other side records most, of these hypotheses alone."""
        unrecorded = [self.trials[item].recorded_unchanged for (item,) in sets]
        pairs = zip(sets, unrecorded, strict=True)
        return [chosen for chosen, count in pairs if count == min(unrecorded)]

    def _is_exact(self, candidate: Candidate) -> bool:
        return not self.trials[candidate].but_for_rounding

    def _reads_same_table(self, candidate: Candidate) -> bool:
        return self.trials[candidate].same_tables

    def _rank(self, chosen: tuple[Candidate, ...]) -> tuple[int, int]:
        return _mean_count(chosen), self.trials[chosen[0]].recorded_unchanged


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
    """Yield every slip of an input, the setup or the table that ``reference`` allows."""
    for hypothesis, experiment_slip in input_slips(reference.experiment):
        yield Candidate(hypothesis, experiment_slip=experiment_slip)
    for hypothesis, setup_slip in setup_slips(reference.observations[0].derived):
        yield Candidate(hypothesis, setup_slip=setup_slip)
    for hypothesis, table_slip in table_slips(reference.factors):
        yield Candidate(hypothesis, table_slip=table_slip)
    if any(slow != fast for slow, fast in reference.pixels):
        does = "takes the slow pixel number for the fast one"
        hypothesis = Hypothesis(kind="slip of an input", name="slow and fast swapped", does=does)
        yield Candidate(hypothesis, swaps_pixels=True)
