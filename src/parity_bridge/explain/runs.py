"""Explanations of engines that have just been run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parity_bridge.comparison.compare_taps import taps_agree
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import EXACT
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.explain.explain import ComparedSides, explain
from parity_bridge.taps.registry import choose_taps

if TYPE_CHECKING:
    from parity_bridge.comparison.result import Comparison
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.explain.explanation import Finding
    from parity_bridge.taps.pixel_taps import PixelTaps
    from parity_bridge.taps.registry import Tap


def reference_of(run: EngineRun, taps: Sequence[Tap]) -> ReferenceRunner | None:
    """The C core as it was run; None where another engine was the reference."""
    if run.choice.name != "c":
        return None
    return ReferenceRunner(
        run.parsed.experiment,
        tuple(observation.pixel for observation in run.observations),
        Behaviours.parse(run.choice.behaviours),
        run.choice.in_frame,
        tuple(taps),
    )


@dataclass(frozen=True)
class Made:
    """How records were made."""

    experiment: Experiment
    engine: str
    behaviours: Behaviours = REFERENCE
    in_frame: bool = False


def reference_again(
    recorded: Sequence[PixelTaps],
    made: Made | None,
    pixels: Sequence[tuple[int, int]],
    taps: Sequence[Tap],
) -> tuple[ReferenceRunner | None, str]:
    """The C core as records were made, at ``pixels``; None, and why, where it cannot be run so."""
    if made is None:
        return None, "the reference's records come without metadata"
    if made.engine != "c":
        return None, f"only the C core can be run for that, and {made.engine} is not it"
    again = ReferenceRunner(
        made.experiment, tuple(pixels), made.behaviours, made.in_frame, tuple(taps)
    )
    by_pixel = {side.pixel: side for side in recorded}
    try:
        looks = again.pixel_taps
    except BridgeError as error:
        return None, f"the reference cannot be run again: {error}"
    if not all(taps_agree(by_pixel[look.pixel], look, EXACT) for look in looks):
        return None, "the C core does not give the reference's records any more"
    return again, ""


def explain_runs(
    reference: EngineRun, other: EngineRun, comparison: Comparison, others: Sequence[PixelTaps]
) -> Finding:
    """Why two runs of the same pixels disagree; ``others`` are the figures of the second.

    Raises what the C core raises where it cannot be run as the reference was.
    """
    common = {pixel.pixel_coords for pixel in comparison.pixels}
    sides = tuple(side for side in others if side.pixel in common)
    taps = choose_taps(tuple(sides[0].taps))
    made = reference_of(reference, taps)
    again = made and replace(made, pixels=tuple(side.pixel for side in sides))
    return explain(
        ComparedSides(
            comparison,
            sides,
            again,
            experiment=other.parsed.experiment,
            reason=f"only the C core can be run for that, and {reference.choice.name} is not it",
        )
    )
