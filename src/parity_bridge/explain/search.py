"""The smallest set of hypotheses under which the reference reproduces the other side everywhere.

One hypothesis is tried after the other, then every two of those that change anything. Larger sets
are grown: only by what moves the first divergence further down the chain, or leaves fewer figures
differing in the tap where it lies, as every true part of an explanation does unless two of them
hide each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import inf
from typing import TYPE_CHECKING, Any

from parity_bridge.compare_taps import agree, figures_left, first_left, largest_ulps
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviours import behaviour_hypotheses
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.reference import Reference
from parity_bridge.explain.slips import input_slips, table_slips
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import BY_ID
from parity_bridge.tolerances import Tolerances

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment

#: Hypotheses of one set, at most, and sets of one size that are grown further.
_LARGEST = 5
_GROWN = 6
#: Evaluations that may be spent on sets of several, lest a heavy pixel take minutes.
_MOST_EVALUATIONS = 4_000_000


@dataclass(frozen=True, eq=False)
class Candidate:
    """A hypothesis and how the reference is run under it."""

    hypothesis: Hypothesis
    #: Fields of ``Behaviours`` that it sets.
    switches: Mapping[str, object] = field(default_factory=dict)
    #: Other keywords of ``Reference.look``.
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Searched:
    """What a search tried, the sets that suffice, and what it left out."""

    trials: tuple[Trial, ...]
    sufficient: tuple[Trial, ...]
    not_tried: tuple[str, ...] = ()

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
    given: Experiment | None = None,
) -> Searched:
    """Try behaviours one by one, then slips, then sets of those that matter, smallest first.

    ``given`` is what the other side was given, where that differs: it may be part of a set.
    """
    judge = _Judge(reference, others, tolerances)
    behaviours = [*_inputs(given), *_behaviours(reference)]
    slips = list(_slips(reference))
    trials = [judge.trial((candidate,)) for candidate in behaviours]
    found = _sufficient(trials)
    if not found:
        trials += [judge.trial((candidate,)) for candidate in slips]
        found = _sufficient(trials)
    if found:
        return Searched(tuple(trials), found)
    telling = [
        candidate
        for candidate, trial in zip((*behaviours, *slips), trials, strict=True)
        if trial.matters
    ]
    more, not_tried = _sets(judge, telling)
    return Searched((*trials, *more), tuple(more), not_tried)


def _sufficient(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    return tuple(trial for trial in trials if trial.matters and trial.is_sufficient)


def _inputs(given: Experiment | None) -> Iterator[Candidate]:
    if given is not None:
        does = "was given other inputs"
        hypothesis = Hypothesis(kind="inputs", name="its own inputs", does=does)
        yield Candidate(hypothesis, settings={"experiment": given})


def _behaviours(reference: Reference) -> Iterator[Candidate]:
    for hypothesis, switches in behaviour_hypotheses(reference.behaviours):
        yield Candidate(hypothesis, switches=switches)


def _slips(reference: Reference) -> Iterator[Candidate]:
    for hypothesis, experiment in input_slips(reference.experiment):
        yield Candidate(hypothesis, settings={"experiment": experiment})
    for hypothesis, factors in table_slips(reference.factors):
        yield Candidate(hypothesis, settings={"factors": factors})
    swapped = tuple((fast, slow) for slow, fast in reference.pixels)
    if swapped != reference.pixels:
        does = "takes the slow pixel number for the fast one"
        hypothesis = Hypothesis(kind="slip of an input", name="slow and fast swapped", does=does)
        yield Candidate(hypothesis, settings={"pixels": swapped})


def _sets(judge: _Judge, telling: Sequence[Candidate]) -> tuple[list[Trial], tuple[str, ...]]:
    """Trials of the smallest sets of several that suffice, and what could not be tried."""
    pairs = [chosen for chosen in combinations(telling, 2) if _fit_together(chosen)]
    grown = _LARGEST * _GROWN * len(telling)
    if (len(pairs) + grown) * judge.reference.evaluations > _MOST_EVALUATIONS:
        return [], ("several hypotheses together: the pixels have too many evaluations",)
    sufficient = [chosen for chosen in pairs if judge.suffices(chosen)] or _grow(judge, telling)
    return [judge.trial(chosen) for chosen in sufficient], ()


def _grow(judge: _Judge, telling: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
    """Sets of three and more that suffice, all of one size."""
    grown: dict[tuple[Candidate, ...], Progress] = {(): judge.progress(())}
    for _ in range(_LARGEST):
        further = {
            chosen: reached
            for before, was in grown.items()
            for chosen in _larger(before, telling)
            if (reached := judge.progress(chosen)) > was
        }
        sufficient = [chosen for chosen, reached in further.items() if reached == PARITY]
        if sufficient:
            return _distinct(sufficient)
        furthest = sorted(further.items(), key=lambda item: item[1], reverse=True)
        grown = dict(furthest[:_GROWN])
    return []


def _larger(
    chosen: tuple[Candidate, ...], telling: Sequence[Candidate]
) -> Iterator[tuple[Candidate, ...]]:
    for candidate in telling:
        larger = (*chosen, candidate)
        if candidate not in chosen and _fit_together(larger):
            yield larger


def _distinct(sets: Sequence[tuple[Candidate, ...]]) -> list[tuple[Candidate, ...]]:
    """Each set once, in whatever order it was grown."""
    found = {frozenset(item.hypothesis.name for item in chosen): chosen for chosen in sets}
    return list(found.values())


def _fit_together(chosen: Sequence[Candidate]) -> bool:
    """Whether no two of a set speak of the same thing."""
    named = [name for item in chosen for name in (*item.switches, *item.settings)]
    return len(named) == len(set(named))


#: How far down the chain the reference and the other side agree at all pixels: number of the first
#: tap in which anything differs, and how many figures still do there, as a negative number.
Progress = tuple[float, float]
PARITY: Progress = (inf, 0.0)
_BEFORE_ALL: Progress = (-1.0, 0.0)


class _Judge:
    """Runs the reference under hypotheses and holds it against the other side."""

    def __init__(
        self, reference: Reference, others: Sequence[PixelTaps], tolerances: Tolerances
    ) -> None:
        self.reference, self.tolerances = reference, tolerances
        seen = {other.pixel: other for other in others}
        self.others = [seen[pixel] for pixel in reference.pixels]

    def trial(self, chosen: Sequence[Candidate]) -> Trial:
        """What comes of a set of hypotheses at every pixel."""
        hypotheses = tuple(candidate.hypothesis for candidate in chosen)
        looks = self._look(chosen)
        if looks is None:
            return Trial(
                hypotheses=hypotheses, reproduced=0, pixels=len(self.others), matters=False,
                left=None,
            )  # fmt: skip
        left = [
            first_left(look, other, self.tolerances)
            for look, other in zip(looks, self.others, strict=True)
        ]
        return Trial(
            hypotheses=hypotheses,
            reproduced=left.count(None),
            pixels=len(left),
            matters=not all(
                agree(look, seen, _EXACT)
                for look, seen in zip(looks, self.reference.seen, strict=True)
            ),
            left=next((name for name in left if name is not None), None),
            largest_ulps=self._largest_ulps(looks) if not any(left) else None,
        )

    def _largest_ulps(self, looks: Sequence[PixelTaps]) -> int:
        pairs = zip(looks, self.others, strict=True)
        return max(largest_ulps(look, other) for look, other in pairs)

    def suffices(self, chosen: Sequence[Candidate]) -> bool:
        """The same as a yes or no, which is found sooner."""
        looks = self._look(chosen)
        return looks is not None and all(
            agree(look, other, self.tolerances)
            for look, other in zip(looks, self.others, strict=True)
        )

    def progress(self, chosen: Sequence[Candidate]) -> Progress:
        """How far the reference under these hypotheses agrees with the other side."""
        looks = self._look(chosen)
        if looks is None:
            return _BEFORE_ALL
        pairs = list(zip(looks, self.others, strict=True))
        if any(look.oversample != other.oversample for look, other in pairs):
            return _BEFORE_ALL
        for number, tap_id in enumerate(BY_ID):
            left = sum(figures_left(tap_id, *pair, self.tolerances) for pair in pairs)
            if left:
                return float(number), -float(left)
        return PARITY

    def _look(self, chosen: Sequence[Candidate]) -> list[PixelTaps] | None:
        """None where the reference cannot be run like that."""
        switches = {name: value for item in chosen for name, value in item.switches.items()}
        settings = {name: value for item in chosen for name, value in item.settings.items()}
        behaviours = self.reference.behaviours.model_copy(update=switches)
        try:
            return self.reference.look(behaviours=behaviours, **settings)
        except BridgeError:
            return None


_EXACT = Tolerances(case="exact", fields={})
