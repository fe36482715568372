"""Sets of several hypotheses, behaviours before slips, smallest first.

Every pair of which one changes the figure that differs first is tried. Larger sets are grown. A
hypothesis is added only if it moves the first divergence further down the chain, or leaves fewer
figures differing in the tap where it lies. Every true part of an explanation does so, unless two of
them hide each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from parity_bridge.explain.trial_runner import (
    FULL_AGREEMENT,
    AgreementDepth,
    Candidate,
    TrialRunner,
)

#: The most hypotheses of one set, and the number of sets of one size that are grown further.
_LARGEST = 5
_GROWN = 6
#: The most hypotheses of which every pair is tried as the next step of a growing set.
_MOST_PAIRED = 12
#: Evaluations that sets of several may cost, so that a heavy pixel does not take minutes.
_MAX_EVALUATIONS = 8_000_000


class HypothesisSetSearch:
    """Searches sets of several hypotheses within a budget of evaluations."""

    def __init__(
        self, trial_runner: TrialRunner, effective_candidates: Sequence[Candidate]
    ) -> None:
        self._trial_runner = trial_runner
        self._left = _MAX_EVALUATIONS
        #: The hypotheses of which each pair needs one: no other changes the first divergence.
        self._repairing = {
            item for item in effective_candidates if trial_runner.changes_first_divergence(item)
        }
        self.not_tried: list[str] = []
        #: The set under which the sides agree furthest down the chain.
        self.nearest: tuple[Candidate, ...] = ()
        self.sufficient = self._search_sets(effective_candidates)

    def _search_sets(
        self, effective_candidates: Sequence[Candidate]
    ) -> list[tuple[Candidate, ...]]:
        behaviours = [
            item for item in effective_candidates if item.hypothesis.kind in ("behaviour", "inputs")
        ]
        for kind, candidates in (("behaviours", behaviours), ("hypotheses", effective_candidates)):
            sufficient = self._sufficient_pairs(kind, candidates) or self._grow_sets(
                kind, candidates
            )
            if sufficient:
                return sufficient
        return []

    def _reserve_evaluations(self, sets: int, what: str) -> bool:
        cost = sets * self._trial_runner.reference.evaluation_count
        if cost > self._left:
            self.not_tried.append(f"{what}: the pixels have too many evaluations")
            return False
        self._left -= cost
        return True

    def _sufficient_pairs(
        self, kind: str, candidates: Sequence[Candidate]
    ) -> list[tuple[Candidate, ...]]:
        pairs = [
            chosen
            for chosen in combinations(candidates, 2)
            if _fit_together(chosen) and not self._repairing.isdisjoint(chosen)
        ]
        if not self._reserve_evaluations(len(pairs), f"every two {kind} together"):
            return []
        return [chosen for chosen in pairs if self._trial_runner.suffices(chosen)]

    def _grow_sets(self, kind: str, candidates: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
        """Return the sufficient sets of three or more, all of one size, in the order given."""
        reached = self._trial_runner.agreement_depth(())
        grown: dict[tuple[Candidate, ...], AgreementDepth] = {(): reached}
        for _ in range(_LARGEST):
            if not self._reserve_evaluations(len(grown) * len(candidates), f"more {kind} together"):
                return []
            further = self._improving_extensions(
                grown, candidates, 1
            ) or self._improving_extensions(grown, candidates, 2)
            sufficient = [
                chosen for chosen, progress in further.items() if progress == FULL_AGREEMENT
            ]
            if sufficient or not further:
                return sufficient
            furthest = sorted(further.items(), key=lambda item: item[1], reverse=True)
            grown = dict(furthest[:_GROWN])
            if furthest[0][1][0] > reached[0]:
                self.nearest, reached = furthest[0]
        return []

    def _improving_extensions(
        self,
        grown: Mapping[tuple[Candidate, ...], AgreementDepth],
        candidates: Sequence[Candidate],
        more: int,
    ) -> dict[tuple[Candidate, ...], AgreementDepth]:
        """Add ``more`` hypotheses to each set; return the sets that agree further, and how far.

        Two hypotheses are added at once where they only help together.
        """
        further: dict[tuple[Candidate, ...], AgreementDepth] = {}
        if more > 1 and len(candidates) > _MOST_PAIRED:
            return further
        for before, was in grown.items():
            for chosen in _larger_sets(before, candidates, more):
                if (
                    chosen not in further
                    and (reached := self._trial_runner.agreement_depth(chosen)) > was
                ):
                    further[chosen] = reached
        return further


def _larger_sets(
    before: tuple[Candidate, ...], candidates: Sequence[Candidate], more: int
) -> Iterator[tuple[Candidate, ...]]:
    others = [candidate for candidate in candidates if candidate not in before]
    for added in combinations(others, more):
        larger = {*before, *added}
        chosen = tuple(item for item in candidates if item in larger)
        if _fit_together(chosen):
            yield chosen


def _fit_together(chosen: Sequence[Candidate]) -> bool:
    """Return whether no two hypotheses of a set decide the same behaviour."""
    named = [name for item in chosen for name in item.switches]
    return len(named) == len(set(named))
