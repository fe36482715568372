"""The finding of two engine runs that a test has compared by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parity_bridge.bridge.answer import PairAnswer, Side
from parity_bridge.bridge.explain import find_reason
from parity_bridge.comparison.provenance import Provenance
from parity_bridge.comparison.result import Comparison
from parity_bridge.engines.run import EngineRun
from parity_bridge.explain.explanation import Finding
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import choose_taps


def explain_runs(
    reference: EngineRun,
    other: EngineRun,
    comparison: Comparison,
    others: Sequence[PixelTaps],
    noise: Mapping[tuple[int, int], NoiseBudget] | None = None,
) -> Finding:
    """Why two runs disagree; ``others`` are the figures of the second, ``noise`` of the first."""
    taps = choose_taps(tuple(others[0].taps))
    sides = (
        Side(
            reference.pixel_taps(taps),
            noise=noise or {},
            provenance=Provenance.of_run(reference),
            run=reference,
        ),
        Side(tuple(others), provenance=Provenance.of_run(other), run=other),
    )
    return find_reason(PairAnswer(*sides, comparison))
