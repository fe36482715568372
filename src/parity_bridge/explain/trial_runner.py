"""The reference run under hypotheses, and compared with the other side at every pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any, Self

from parity_bridge.comparison.agreement import (
    count_differing_figures,
    first_differing_field,
    first_differing_field_among,
    largest_ulps,
    taps_agree,
)
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import EXACT, Tolerances, tolerances_for
from parity_bridge.errors import BridgeError
from parity_bridge.experiment import structure_factors
from parity_bridge.explain.experiment_changes import ExperimentSlip
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.recorded_setup import RecordedSetup
from parity_bridge.explain.setup_slips import SetupSlip
from parity_bridge.explain.table_slips import TableSlip
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

if TYPE_CHECKING:
    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True, eq=False)
class Candidate:
    """A hypothesis and how the reference is run under it."""

    hypothesis: Hypothesis
    #: Fields of ``Behaviours`` that the hypothesis sets, with their values.
    switches: Mapping[str, object] = field(default_factory=dict)
    #: How the hypothesis changes the experiment, and the table that is read.
    experiment_slip: ExperimentSlip | None = None
    table_slip: TableSlip | None = None
    #: How it changes what is derived before the first pixel.
    setup_slip: SetupSlip | None = None
    #: Whether the slow and the fast pixel number are swapped.
    swaps_pixels: bool = False

    @property
    def changes_setup(self) -> bool:
        """Whether a slip changes what is derived before the first pixel."""
        return self.setup_slip is not None or (
            self.experiment_slip is not None and self.hypothesis.kind == "slip of an input"
        )


#: How far down the chain the reference and the other side agree at all pixels: the number of the
#: first tap in which a figure differs, and minus the number of figures that differ in it.
AgreementDepth = tuple[float, float]
FULL_AGREEMENT: AgreementDepth = (inf, 0.0)
_BEFORE_ALL: AgreementDepth = (-1.0, 0.0)
#: The shipped tolerances of a port that rounds differently than the C core.
_ROUNDING = "float64 in an order of its own"


class TrialRunner:
    """Runs the reference under hypotheses and compares it with the other side."""

    def __init__(
        self,
        reference: ReferenceRunner,
        others: Sequence[PixelTaps],
        tolerances: Tolerances,
        *,
        rounding: Tolerances | None = None,
    ) -> None:
        """Hold ``others`` against ``reference``.

        What reproduces the other side within ``rounding`` reproduces it but for rounding.
        """
        self.reference, self.tolerances = reference, tolerances
        self.others = reference.in_pixel_order(others)
        self._recorded_setup = RecordedSetup(
            reference.pixel_taps, self.others, rounding or tolerances
        )
        self.rounding = rounding

    @classmethod
    def allowing_rounding(
        cls, reference: ReferenceRunner, others: Sequence[PixelTaps], tolerances: Tolerances
    ) -> Self:
        """Return a runner that allows for rounding where the two sides differ by more than that."""
        exact = cls(reference, others, tolerances)
        rounding = tolerances_for(own_case=_ROUNDING)
        if not tolerances.are_exact or exact.agree(reference.pixel_taps, rounding):
            return exact
        return cls(reference, others, tolerances, rounding=rounding)

    @property
    def loosest(self) -> Tolerances:
        """The tolerances within which a set of hypotheses reproduces the other side."""
        return self.rounding or self.tolerances

    def run_trial(self, chosen: Sequence[Candidate]) -> Trial:
        """Run a set of hypotheses at every pixel and compare; raises as ``Engine.observe`` does."""
        hypotheses = tuple(candidate.hypothesis for candidate in chosen)
        reruns, recorded_unchanged = self._run_hypotheses(chosen)
        left = self._left(reruns)
        is_rounded = self.rounding is not None and not any(left)
        return Trial(
            hypotheses=hypotheses,
            but_for_rounding=is_rounded and not self.agree(reruns, self.tolerances),
            recorded_unchanged=recorded_unchanged,
            reproduced=left.count(None),
            pixels=len(left),
            matters=not all(
                taps_agree(rerun, pixel_taps, EXACT)
                for rerun, pixel_taps in zip(reruns, self.reference.pixel_taps, strict=True)
            ),
            left=_earliest(left),
            same_tables=all(map(_same_tables, self._read_tables(chosen, reruns), self.others)),
            largest_ulps=self._largest_ulps(reruns) if not any(left) else None,
        )

    def _read_tables(
        self, chosen: Sequence[Candidate], reruns: Sequence[PixelTaps]
    ) -> Sequence[PixelTaps]:
        """Return sides with the table that a rerun reads: a slip of the table comes after that."""
        reads_own = all(item.table_slip is not None for item in chosen)
        return self.reference.pixel_taps if reads_own else reruns

    @cached_property
    def first_divergence(self) -> str | None:
        """The first figure in which the unchanged reference differs, at any pixel."""
        return _earliest(self._left(self.reference.pixel_taps))

    def changes_first_divergence(self, candidate: Candidate) -> bool:
        """Return whether a hypothesis changes the figure of the first divergence at all."""
        reruns = self.run_or_none((candidate,))
        if reruns is None or self.first_divergence is None:
            return False
        tap_id, _, figure = self.first_divergence.partition(".")
        return any(
            first_differing_field_among({tap_id: (figure,)}, *pair, self.loosest) is not None
            for pair in zip(self.reference.pixel_taps, reruns, strict=True)
        )

    def _left(self, reruns: Sequence[PixelTaps]) -> list[str | None]:
        """Return the first figure that differs at each pixel, ``tap.field``; None where none."""
        pairs = zip(reruns, self.others, strict=True)
        return [first_differing_field(rerun, other, self.loosest) for rerun, other in pairs]

    def _largest_ulps(self, reruns: Sequence[PixelTaps]) -> int:
        pairs = zip(reruns, self.others, strict=True)
        return max(largest_ulps(rerun, other) for rerun, other in pairs)

    def suffices(self, chosen: Sequence[Candidate]) -> bool:
        """Return whether a set reproduces the other side at every pixel; faster than a trial."""
        reruns = self.run_or_none(chosen)
        return reruns is not None and self.agree(reruns, self.loosest)

    def agree(self, reruns: Sequence[PixelTaps], tolerances: Tolerances) -> bool:
        """Return whether every figure of ``reruns`` agrees with the other side's."""
        pairs = zip(reruns, self.others, strict=True)
        return all(taps_agree(rerun, other, tolerances) for rerun, other in pairs)

    def agreement_depth(self, chosen: Sequence[Candidate]) -> AgreementDepth:
        """Return how far the reference under these hypotheses agrees with the other side."""
        reruns = self.run_or_none(chosen)
        if reruns is None:
            return _BEFORE_ALL
        pairs = list(zip(reruns, self.others, strict=True))
        if any(rerun.oversample != other.oversample for rerun, other in pairs):
            return _BEFORE_ALL
        for number, tap_id in enumerate(TAPS_BY_ID):
            left = sum(count_differing_figures(tap_id, *pair, self.loosest) for pair in pairs)
            if left:
                return float(number), -float(left)
        return FULL_AGREEMENT

    def run_or_none(self, chosen: Sequence[Candidate]) -> list[PixelTaps] | None:
        """Run a set of hypotheses; return None where the reference cannot be run under it."""
        try:
            return self._run_hypotheses(chosen)[0]
        except (BridgeError, ValueError):
            # ValueError: the experiment is not valid.
            return None

    def _run_hypotheses(self, chosen: Sequence[Candidate]) -> tuple[list[PixelTaps], int]:
        """Return the figures under a set, and of how many the other side records the reference's.

        These are figures of the setup that a slip changes.
        """
        changed = self.changes(chosen)
        if any(item.swaps_pixels for item in chosen):
            changed["pixels"] = tuple((fast, slow) for slow, fast in self.reference.pixels)
        reruns = self.reference.rerun(**changed)
        if any(item.changes_setup for item in chosen):
            return self._recorded_setup.as_recorded(reruns)
        return reruns, 0

    def changes(self, chosen: Sequence[Candidate]) -> dict[str, Any]:
        """Return the experiment and behaviours of a run under a set of hypotheses.

        Structure factors and derived quantities are added where the set changes them.

        Raise BridgeError for structure factors that cannot be read, ValueError for an experiment
        that is not valid.
        """
        switches = {name: value for item in chosen for name, value in item.switches.items()}
        behaviours = self.reference.behaviours.model_copy(update=switches)
        experiment = self.reference.experiment
        for item in chosen:
            if item.experiment_slip is not None:
                experiment = item.experiment_slip(experiment)
        changed: dict[str, Any] = {"experiment": experiment, "behaviours": behaviours}
        slips = [item.table_slip for item in chosen if item.table_slip is not None]
        if slips:
            factors = structure_factors.load(experiment.structure_factors, behaviours)
            for slip in slips:
                factors = slip(factors)
            changed["factors"] = factors
        setup_slips = [item.setup_slip for item in chosen if item.setup_slip is not None]
        if setup_slips:
            changed["derived"] = self._changed_setup(experiment, behaviours, setup_slips)
        return changed

    def _changed_setup(
        self, experiment: Experiment, behaviours: Behaviours, slips: Sequence[SetupSlip]
    ) -> dict[str, Any]:
        """Return the derived quantities that slips change, one after the other."""
        derived, changed = dict(self.reference.derived(experiment, behaviours)), dict[str, Any]()
        for slip in slips:
            quantities = slip(derived)
            derived.update(quantities)
            changed.update(quantities)
        return changed


def depth_of(figure: str | None) -> int:
    """Return the number in the chain of the tap of a figure, ``tap.field``; None lies beyond."""
    return len(TAPS_BY_ID) if figure is None else list(TAPS_BY_ID).index(figure.partition(".")[0])


def _earliest(figures: Sequence[str | None]) -> str | None:
    return min(figures, key=depth_of)


def _same_tables(rerun: PixelTaps, other: PixelTaps) -> bool:
    ours, theirs = rerun.hkl_table, other.hkl_table
    if ours is None or theirs is None:
        return True
    return all(
        getattr(ours, name) == getattr(theirs, name) for name in ("source", "sha256", "default_F")
    )
