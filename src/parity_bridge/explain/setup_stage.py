"""The first stage of the transplants: the setup, of which each root is described by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.agreement import first_differing_field_among
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.explain.differences.describe import describe_difference
from parity_bridge.explain.differences.gathering import NO_NOISE, Noise
from parity_bridge.explain.explanation import FieldDifference, Transplant
from parity_bridge.explain.setup_figures import (
    CONFIG,
    Quantities,
    SetupAgreement,
    derived_quantities_of,
    with_derived,
)
from parity_bridge.explain.setup_roots import SetupRoot, SetupRootSearch

if TYPE_CHECKING:
    from parity_bridge.comparison.reference_runner import ReferenceRunner
    from parity_bridge.taps.pixel_taps import PixelTaps

STAGE = "setup"
_WHAT = "geometry, cell and beam"
#: No kind of difference, or one that any two vectors have.
_VAGUE = (None, "turn")


@dataclass(frozen=True)
class SetupStage:
    """What the setup stage came to, and the fields that differ by themselves."""

    transplant: Transplant
    differences: tuple[FieldDifference, ...] = ()


def compare_setups(
    reference: ReferenceRunner,
    sides: Sequence[PixelTaps],
    tolerances: Tolerances,
    noise: Noise = NO_NOISE,
) -> SetupStage:
    """Return in which roots the setup of ``sides`` differs, all pixels of ``reference``.

    Where only rounding differs, or the state in which a pixel begins, the first field is described.
    """
    pairs = list(zip(reference.pixel_taps, sides, strict=True))
    firsts = (
        first_differing_field_among({CONFIG: ("derived", "state")}, *pair, tolerances)
        for pair in pairs
    )
    first = next((name for name in firsts if name is not None), None)
    if first is None:
        return SetupStage(Transplant(stage=STAGE, what=_WHAT, agrees=True, left=None))
    roots = setup_roots(reference, sides[0], tolerances, noise)
    if not roots:
        difference = describe_difference(pairs, first, tolerances, STAGE, noise)
        return SetupStage(_differing(_WHAT, first), (difference,))
    differences = tuple(_described(root, pairs[0], tolerances, noise) for root in roots)
    differences += _described_state(reference, sides, tolerances)
    parts = ", ".join(dict.fromkeys(root.part for root in roots))
    return SetupStage(_differing(parts, f"{CONFIG}.derived.{roots[0].field}"), differences)


def setup_roots(
    reference: ReferenceRunner, side: PixelTaps, tolerances: Tolerances, noise: Noise = NO_NOISE
) -> tuple[SetupRoot, ...]:
    """Return the roots of the derived quantities that ``side`` recorded."""
    own = reference.pixel_taps[0]
    ours = derived_quantities_of(own)
    agreement = SetupAgreement(ours, tolerances, noise.get(own.pixel))
    detector = reference.experiment.detector
    sizes: Quantities = {
        "detsize_f": detector.detsize_fast / 1000,
        "detsize_s": detector.detsize_slow / 1000,
    }
    theirs = derived_quantities_of(side)
    return SetupRootSearch(reference, ours, theirs, agreement, sizes).roots()


def _described_state(
    reference: ReferenceRunner, sides: Sequence[PixelTaps], tolerances: Tolerances
) -> tuple[FieldDifference, ...]:
    """Describe the state in which a pixel begins, where it does not follow from the setup."""
    try:
        reruns = reference.rerun(derived=derived_quantities_of(sides[0]))
    except BridgeError:
        return ()
    pairs = list(zip(reruns, sides, strict=True))
    firsts = (
        first_differing_field_among({CONFIG: ("state",)}, *pair, tolerances) for pair in pairs
    )
    first = next((name for name in firsts if name is not None), None)
    if first is None:
        return ()
    described = describe_difference(pairs, first, tolerances, STAGE)
    return (described.model_copy(update={"part": "state at the start of a pixel"}),)


def _differing(what: str, left: str) -> Transplant:
    return Transplant(stage=STAGE, what=what, agrees=False, left=left)


def _described(
    root: SetupRoot, pair: tuple[PixelTaps, PixelTaps], tolerances: Tolerances, noise: Noise
) -> FieldDifference:
    """Describe a root against what the reference derives there, else against what it has itself."""
    ours, theirs = pair
    figure = f"{CONFIG}.derived.{root.field}"
    expected = (with_derived(ours, root.expected), theirs)
    described = describe_difference([expected], figure, tolerances, STAGE, noise)
    if described.kind in _VAGUE:
        plain = describe_difference([pair], figure, tolerances, STAGE, noise)
        described = described if plain.kind in _VAGUE else plain
    return described.model_copy(update={"part": root.part, "followed_by": root.followed_by})
