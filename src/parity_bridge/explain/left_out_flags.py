"""Flags without which the two sides agree: what such a flag does is what they do differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.experiment.nanobragg_flags import to_flags
from parity_bridge.explain.explanation import Trial
from parity_bridge.explain.misread_words import WordSearch
from parity_bridge.explain.other_runner import OtherRunner

#: Evaluations of the compared pixels beyond which no flag is tried: each takes a run of both sides.
_MAX_EVALUATIONS = 20_000


def flags_without_which_sides_agree(
    reference: ReferenceRunner, other: OtherRunner, tolerances: Tolerances
) -> Sequence[Trial]:
    """Return a trial for each flag of the experiment without which both sides agree.

    The experiment is written as plain flags, each of which is left out in turn on both sides.
    """
    if reference.evaluation_count > _MAX_EVALUATIONS:
        return ()
    written = reference.experiment.with_typed(tuple(to_flags(reference.experiment)))
    search = WordSearch(replace(reference, experiment=written), other, tolerances)
    return search.agreeing_without()
