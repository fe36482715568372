"""The reference run under hypotheses, and compared with the other side at every pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from parity_bridge.comparison.agreement import (
    count_differing_figures,
    first_differing_field,
    largest_ulps,
    taps_agree,
)
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import EXACT, Tolerances
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import BridgeError
from parity_bridge.experiment import structure_factors
from parity_bridge.explain.experiment_changes import ExperimentSlip
from parity_bridge.explain.explanation import Hypothesis, Trial
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
    #: How the hypothesis changes what is derived before the first pixel.
    setup_slip: SetupSlip | None = None
    #: Whether the slow and the fast pixel number are swapped.
    swaps_pixels: bool = False


#: How far down the chain the reference and the other side agree at all pixels: the number of the
#: first tap in which a figure differs, and minus the number of figures that differ in it.
AgreementDepth = tuple[float, float]
FULL_AGREEMENT: AgreementDepth = (inf, 0.0)
_BEFORE_ALL: AgreementDepth = (-1.0, 0.0)


class TrialRunner:
    """Runs the reference under hypotheses and compares it with the other side."""

    def __init__(
        self, reference: ReferenceRunner, others: Sequence[PixelTaps], tolerances: Tolerances
    ) -> None:
        self.reference, self.tolerances = reference, tolerances
        self.others = reference.in_pixel_order(others)

    def run_trial(self, chosen: Sequence[Candidate]) -> Trial:
        """Run a set of hypotheses at every pixel and compare; raises as ``Engine.observe`` does."""
        hypotheses = tuple(candidate.hypothesis for candidate in chosen)
        reruns = self._run_hypotheses(chosen)
        left = [
            first_differing_field(rerun, other, self.tolerances)
            for rerun, other in zip(reruns, self.others, strict=True)
        ]
        return Trial(
            hypotheses=hypotheses,
            reproduced=left.count(None),
            pixels=len(left),
            matters=not all(
                taps_agree(rerun, pixel_taps, EXACT)
                for rerun, pixel_taps in zip(reruns, self.reference.pixel_taps, strict=True)
            ),
            left=next((name for name in left if name is not None), None),
            same_tables=all(map(_same_tables, reruns, self.others)),
            largest_ulps=self._largest_ulps(reruns) if not any(left) else None,
        )

    def _largest_ulps(self, reruns: Sequence[PixelTaps]) -> int:
        pairs = zip(reruns, self.others, strict=True)
        return max(largest_ulps(rerun, other) for rerun, other in pairs)

    def suffices(self, chosen: Sequence[Candidate]) -> bool:
        """Return whether a set reproduces the other side at every pixel; faster than a trial."""
        reruns = self.run_or_none(chosen)
        return reruns is not None and all(
            taps_agree(rerun, other, self.tolerances)
            for rerun, other in zip(reruns, self.others, strict=True)
        )

    def agreement_depth(self, chosen: Sequence[Candidate]) -> AgreementDepth:
        """Return how far the reference under these hypotheses agrees with the other side."""
        reruns = self.run_or_none(chosen)
        if reruns is None:
            return _BEFORE_ALL
        pairs = list(zip(reruns, self.others, strict=True))
        if any(rerun.oversample != other.oversample for rerun, other in pairs):
            return _BEFORE_ALL
        for number, tap_id in enumerate(TAPS_BY_ID):
            left = sum(count_differing_figures(tap_id, *pair, self.tolerances) for pair in pairs)
            if left:
                return float(number), -float(left)
        return FULL_AGREEMENT

    def run_or_none(self, chosen: Sequence[Candidate]) -> list[PixelTaps] | None:
        """Run a set of hypotheses; return None where the reference cannot be run under it."""
        try:
            return self._run_hypotheses(chosen)
        except (BridgeError, ValueError):
            # ValueError: the experiment is not valid.
            return None

    def _run_hypotheses(self, chosen: Sequence[Candidate]) -> list[PixelTaps]:
        changed = self.changes(chosen)
        if any(item.swaps_pixels for item in chosen):
            changed["pixels"] = tuple((fast, slow) for slow, fast in self.reference.pixels)
        return self.reference.rerun(**changed)

    def changes(self, chosen: Sequence[Candidate]) -> dict[str, Any]:
        """Return the experiment, behaviours and, where they change, factors of a run under a set.

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
        given = self._given_setup(chosen, experiment, behaviours)
        return {**changed, "derived": given} if given else changed

    def _given_setup(
        self, chosen: Sequence[Candidate], experiment: Experiment, behaviours: Behaviours
    ) -> dict[str, Any]:
        """Return the derived quantities that a set gives to the reference."""
        slips = [item.setup_slip for item in chosen if item.setup_slip is not None]
        if not slips:
            return {}
        derived = CCore().scanner(experiment, behaviours=behaviours).derived
        return {name: value for slip in slips for name, value in slip(derived).items()}


def _same_tables(rerun: PixelTaps, other: PixelTaps) -> bool:
    ours, theirs = rerun.hkl_table, other.hkl_table
    if ours is None or theirs is None:
        return True
    return all(
        getattr(ours, name) == getattr(theirs, name) for name in ("source", "sha256", "default_F")
    )
