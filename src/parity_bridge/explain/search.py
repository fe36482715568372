"""The smallest set of hypotheses under which the reference reproduces the other side everywhere.

One hypothesis is tried after the other, then every two of those that change anything, behaviours
before slips. Larger sets are grown: only by what moves the first divergence further down the
chain, or leaves fewer figures differing in the tap where it lies, as every true part of an
explanation does unless two of them hide each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import inf
from typing import TYPE_CHECKING, Any

from parity_bridge import structure_factors
from parity_bridge.compare_taps import agree, figures_left, first_left, largest_ulps
from parity_bridge.errors import BridgeError
from parity_bridge.explain.behaviours import behaviour_hypotheses
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.reference import Reference
from parity_bridge.explain.slips import ExperimentSlip, TableSlip, input_slips, table_slips
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import BY_ID
from parity_bridge.tolerances import EXACT, Tolerances

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment

#: Hypotheses of one set, at most, and sets of one size that are grown further.
_LARGEST = 5
_GROWN = 6
#: Hypotheses of which every two are tried as the next step of a set that grows.
_MOST_PAIRED = 12
#: Evaluations that may be spent on sets of several, lest a heavy pixel take minutes.
_MOST_EVALUATIONS = 8_000_000


#: The hypothesis that the other side was right about what it was given.
OWN_INPUTS = "its own inputs"


@dataclass(frozen=True)
class GivenInputs:
    """What the other side was given, and how that differs."""

    experiment: Experiment
    clause: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """A hypothesis and how the reference is run under it."""

    hypothesis: Hypothesis
    #: Fields of ``Behaviours`` that it sets.
    switches: Mapping[str, object] = field(default_factory=dict)
    #: What it makes of the experiment, and of the table that is read.
    of_experiment: ExperimentSlip | None = None
    of_table: TableSlip | None = None
    #: Whether the slow pixel number is taken for the fast one.
    swaps_pixels: bool = False


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
    judge = _Judge(reference, others, tolerances)
    tried = _Tried(judge)
    tried.all_of([*_inputs(given), *_behaviours(reference)])
    if not tried.sufficient:
        tried.all_of(_slips(reference))
    if tried.sufficient:
        return Searched(tuple(tried.trials.values()), tried.sufficient, tuple(tried.failed))
    telling = [candidate for candidate, trial in tried.trials.items() if trial.matters]
    sets = _Sets(judge, telling)
    more = tuple(judge.trial(chosen) for chosen in sets.sufficient)
    nearest = judge.trial(sets.nearest) if sets.nearest and not more else None
    trials = (*tried.trials.values(), *more)
    return Searched(trials, more, (*tried.failed, *sets.left_out), nearest)


class _Tried:
    """Hypotheses tried one by one."""

    def __init__(self, judge: _Judge) -> None:
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
        """Trials that reproduce the other side, and not because nothing was changed."""
        return tuple(
            trial for trial in self.trials.values() if trial.matters and trial.is_sufficient
        )


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


class _Sets:
    """Sets of several, behaviours before slips, as far as the budget of evaluations goes."""

    def __init__(self, judge: _Judge, telling: Sequence[Candidate]) -> None:
        self._judge = judge
        self._left = _MOST_EVALUATIONS
        self.left_out: list[str] = []
        #: The set that got furthest.
        self.nearest: tuple[Candidate, ...] = ()
        self.sufficient = self._search(telling)

    def _search(self, telling: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
        behaviours = [item for item in telling if item.hypothesis.kind in ("behaviour", "inputs")]
        for kind, candidates in (("behaviours", behaviours), ("hypotheses", telling)):
            found = self._pairs(kind, candidates) or self._grown(kind, candidates)
            if found:
                return found
        return []

    def _may_spend(self, sets: int, what: str) -> bool:
        cost = sets * self._judge.reference.evaluations
        if cost > self._left:
            self.left_out.append(f"{what}: the pixels have too many evaluations")
            return False
        self._left -= cost
        return True

    def _pairs(self, kind: str, candidates: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
        pairs = [chosen for chosen in combinations(candidates, 2) if _fit_together(chosen)]
        if not self._may_spend(len(pairs), f"every two {kind} together"):
            return []
        return [chosen for chosen in pairs if self._judge.suffices(chosen)]

    def _grown(self, kind: str, candidates: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
        """Sets of three and more that suffice, all of one size; each in the order given."""
        reached = self._judge.progress(())
        grown: dict[tuple[Candidate, ...], Progress] = {(): reached}
        for _ in range(_LARGEST):
            if not self._may_spend(len(grown) * len(candidates), f"more {kind} together"):
                return []
            further = self._further(grown, candidates, 1) or self._further(grown, candidates, 2)
            sufficient = [chosen for chosen, progress in further.items() if progress == PARITY]
            if sufficient or not further:
                return sufficient
            furthest = sorted(further.items(), key=lambda item: item[1], reverse=True)
            grown = dict(furthest[:_GROWN])
            if furthest[0][1][0] > reached[0]:
                self.nearest, reached = furthest[0]
        return []

    def _further(
        self, grown: Mapping[tuple[Candidate, ...], Progress], candidates: Sequence[Candidate],
        more: int,
    ) -> dict[tuple[Candidate, ...], Progress]:  # fmt: skip
        """What is reached by one more hypothesis, or by two that only help together."""
        further: dict[tuple[Candidate, ...], Progress] = {}
        if more > 1 and len(candidates) > _MOST_PAIRED:
            return further
        for before, was in grown.items():
            for chosen in _larger(before, candidates, more):
                if chosen not in further and (reached := self._judge.progress(chosen)) > was:
                    further[chosen] = reached
        return further


def _larger(
    before: tuple[Candidate, ...], candidates: Sequence[Candidate], more: int
) -> Iterator[tuple[Candidate, ...]]:
    others = [candidate for candidate in candidates if candidate not in before]
    for added in combinations(others, more):
        larger = {*before, *added}
        chosen = tuple(item for item in candidates if item in larger)
        if _fit_together(chosen):
            yield chosen


def _fit_together(chosen: Sequence[Candidate]) -> bool:
    """Whether no two of a set decide the same behaviour."""
    named = [name for item in chosen for name in item.switches]
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
        """What comes of a set of hypotheses at every pixel; raises as the C core does."""
        hypotheses = tuple(candidate.hypothesis for candidate in chosen)
        looks = self._run(chosen)
        left = [
            first_left(look, other, self.tolerances)
            for look, other in zip(looks, self.others, strict=True)
        ]
        return Trial(
            hypotheses=hypotheses,
            reproduced=left.count(None),
            pixels=len(left),
            matters=not all(
                agree(look, seen, EXACT)
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
        try:
            return self._run(chosen)
        except (BridgeError, ValueError):
            # ValueError: no experiment is like that.
            return None

    def _run(self, chosen: Sequence[Candidate]) -> list[PixelTaps]:
        switches = {name: value for item in chosen for name, value in item.switches.items()}
        behaviours = self.reference.behaviours.model_copy(update=switches)
        experiment = self.reference.experiment
        for item in chosen:
            if item.of_experiment is not None:
                experiment = item.of_experiment(experiment)
        changed: dict[str, Any] = {"experiment": experiment, "behaviours": behaviours}
        slips = [item.of_table for item in chosen if item.of_table is not None]
        if slips:
            factors = structure_factors.load(experiment.structure_factors, behaviours)
            for slip in slips:
                factors = slip(factors)
            changed["factors"] = factors
        if any(item.swaps_pixels for item in chosen):
            changed["pixels"] = tuple((fast, slow) for slow, fast in self.reference.pixels)
        return self.reference.look(**changed)
