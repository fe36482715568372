"""Which stages of the chain the other side computes differently, given its own earlier values.

The reference is given the other side's values of all stages before one, and computes that stage. If
the other side recorded other values for it, the two compute this stage differently. A defect in an
earlier stage is not blamed on this one, and cannot hide a defect in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parity_bridge.comparison.agreement import first_differing_field_among
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.engines.c_core.overrides import Stage, StageOverrides
from parity_bridge.errors import BridgeError
from parity_bridge.explain.differences.describe import describe_difference
from parity_bridge.explain.differences.gathering import NO_NOISE, Noise
from parity_bridge.explain.explanation import FieldDifference, Transplant
from parity_bridge.explain.rebuilt_evaluations import RebuiltEvaluations, rebuild_evaluations
from parity_bridge.explain.setup_figures import derived_quantities_of
from parity_bridge.explain.setup_stage import compare_setups
from parity_bridge.taps.orientation import MOSAIC, SPINDLE
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation

_CONFIG, _OMEGA, _HKL = "config_snapshot", "omega_subpixel", "hkl_subpixel"
_ORIENTATION = "orientation"
_LATTICE, _F_CELL, _SUM = "lattice", "f_cell_stats", "intensity_pre_norm"
_SCALE, _FINAL = "intensity_post_scale", "final_output"
_NOT_RECORDED = "transplants: the records do not hold every evaluation of all taps"
_NO_SETUP = (
    "the setup: no derived quantities are recorded; where they differ, the stages that use them "
    "are named"
)

#: Fields of a tap, by tap_id.
Fields = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class _TransplantStage:
    """A part of the chain, and the figures that it alone decides once earlier stages are fed."""

    name: str
    what: str
    #: The last stage that is fed; None: only the derived setup is fed.
    last_fed_stage: Stage | None
    fields: Fields


_TRANSPLANT_STAGES = (
    _TransplantStage(
        "position", "subpixel positions", None, {_OMEGA: ("row", "position", "airpath")}
    ),
    _TransplantStage(
        "scattering", "scattering vectors", Stage.POSITION, {_HKL: ("row", "scattering_vector")}
    ),
    _TransplantStage(
        "orientation",
        "orientation of the crystal",
        Stage.SCATTERING,
        {_ORIENTATION: ("row", "phi", *SPINDLE, *MOSAIC)},
    ),
    _TransplantStage(
        "hkl", "fractional Miller indices", Stage.ORIENTATION, {_HKL: ("hkl_fractional",)}
    ),
    _TransplantStage("hkl0", "nearest Miller indices", Stage.HKL, {_HKL: ("hkl_rounded",)}),
    _TransplantStage(
        "f_latt",
        "lattice factors",
        Stage.HKL0,
        {_LATTICE: ("row", "F_latt_a", "F_latt_b", "F_latt_c", "F_latt")},
    ),
    _TransplantStage(
        "f_cell",
        "structure factors",
        Stage.F_LATT,
        {
            # Which lookups gave default_F is recorded for the pixel only.
            _F_CELL: ("lookup", "F_cell", "out_of_bounds", "default_f_count"),
            _SUM: ("evaluation", "interpolation_on"),
        },
    ),
    _TransplantStage(
        "counts",
        "statistics of the lookups",
        Stage.F_CELL,
        {
            _F_CELL: (
                "total_lookups",
                "skipped_lookups",
                "out_of_bounds_count",
                "zero_f_count",
                "mean_f_cell",
                "hkl_bounds",
                "hkl_fractional_bounds",
                "rounding_margin",
            )
        },
    ),
    _TransplantStage(
        "factors",
        "solid angle, captured fraction or polarization factor",
        Stage.F_CELL,
        {_OMEGA: ("omega", "capture"), _SUM: ("polar",), _SCALE: ("capture", "polar", "omega")},
    ),
    _TransplantStage(
        "sum",
        "running sum",
        Stage.FACTORS,
        {_SUM: ("running_sum", "sum", "steps", "sum_over_steps")},
    ),
    _TransplantStage(
        "scaling",
        "scaling of the sum",
        Stage.SUM,
        {
            _SCALE: ("fluence_scaled", "normalized", "after_capture", "after_polar", "after_omega"),
            _FINAL: ("intensity", "in_region", "region", "mask", "image"),
        },
    ),
)


@dataclass(frozen=True)
class TransplantResult:
    """What each stage computes from the other side's values before it."""

    transplants: tuple[Transplant, ...] = ()
    not_tried: tuple[str, ...] = ()
    #: The roots of the setup, and the first differing field of each later stage that differs,
    #: from the same values before it.
    differences: tuple[FieldDifference, ...] = ()

    @property
    def differing(self) -> tuple[Transplant, ...]:
        """The stages that the other side computes differently."""
        return tuple(item for item in self.transplants if not item.agrees)


def transplant(
    reference: ReferenceRunner,
    others: Sequence[PixelTaps],
    tolerances: Tolerances,
    noise: Noise = NO_NOISE,
) -> TransplantResult:
    """Feed the other side's values to the reference up to each stage in turn.

    ``noise`` holds the noise budgets of the reference by pixel.
    """
    sides = reference.in_pixel_order(others)
    transplants: list[Transplant] = []
    differences: list[FieldDifference] = []
    left_out: tuple[str, ...] = (_NO_SETUP,)
    if all(_CONFIG in side.taps for side in (*sides, *reference.pixel_taps)):
        setup = compare_setups(reference, sides, tolerances, noise)
        transplants, differences, left_out = [setup.transplant], list(setup.differences), ()
    feeds, reason = _fed_evaluations(reference, sides)
    if feeds is None:
        return TransplantResult(tuple(transplants), (*left_out, reason), tuple(differences))
    for step in _stages_of(sides):
        try:
            reruns = reference.rerun(**_feed_keywords(step, sides, feeds))
        except BridgeError as error:
            left_out = (*left_out, f"further transplants: {error}")
            break
        stage = _compare_stage(step, reruns, sides, tolerances)
        transplants.append(stage)
        if stage.left is not None:
            pairs = list(zip(reruns, sides, strict=True))
            differences.append(describe_difference(pairs, stage.left, tolerances, step.name, noise))
    return TransplantResult(tuple(transplants), left_out, tuple(differences))


def _stages_of(sides: Sequence[PixelTaps]) -> Iterator[_TransplantStage]:
    """Yield the stages whose figures all sides record."""
    for step in _TRANSPLANT_STAGES:
        if all(not step.fields.keys().isdisjoint(side.taps) for side in sides):
            yield step


def _fed_evaluations(
    reference: ReferenceRunner, sides: Sequence[PixelTaps]
) -> tuple[list[RebuiltEvaluations] | None, str]:
    """Return the other side's evaluations of each pixel; None and the reason where some lack.

    Their number is that of the other side's own setup, where it recorded one.
    """
    try:
        observations = reference.observe(**_derived_keywords(sides))
    except BridgeError as error:
        return None, f"transplants of its own setup: {error}"
    feeds = []
    for observation, side in zip(observations, sides, strict=True):
        rebuilt = rebuild_evaluations(observation.evaluations, side)
        if rebuilt is None:
            return None, _not_transplanted_reason(observation, side)
        feeds.append(rebuilt)
    return feeds, ""


def _not_transplanted_reason(observation: Observation, side: PixelTaps) -> str:
    """Say which is the reason: other evaluations than its setup says, or missing figures."""
    expected, sums = len(observation.evaluations), side.taps.get(_SUM)
    if sums is None or len(sums.places) == expected:
        return _NOT_RECORDED
    whose = "its setup" if _CONFIG in side.taps else "the reference"
    return (
        f"transplants: {side.implementation} has {len(sums.places)} evaluations of pixel "
        f"{side.pixel} where {whose} has {expected}"
    )


def _derived_keywords(sides: Sequence[PixelTaps]) -> dict[str, Any]:
    """Return the keywords that feed the other side's setup; without one it is the reference's."""
    if _CONFIG not in sides[0].taps:
        return {}
    return {"derived": derived_quantities_of(sides[0])}


def _feed_keywords(
    step: _TransplantStage, sides: Sequence[PixelTaps], feeds: Sequence[RebuiltEvaluations]
) -> dict[str, Any]:
    """Return the keywords of ``ReferenceRunner.rerun`` that feed every stage before ``step``."""
    keywords = _derived_keywords(sides)
    if step.last_fed_stage is not None:
        keywords["overrides"] = [
            StageOverrides(feed.rows, feed.totals, step.last_fed_stage, feed.orientations)
            for feed in feeds
        ]
    return keywords


def _compare_stage(
    step: _TransplantStage,
    reruns: Sequence[PixelTaps],
    sides: Sequence[PixelTaps],
    tolerances: Tolerances,
) -> Transplant:
    first_fields = (
        first_differing_field_among(step.fields, rerun, side, tolerances)
        for rerun, side in zip(reruns, sides, strict=True)
    )
    first = next((name for name in first_fields if name is not None), None)
    return Transplant(stage=step.name, what=step.what, agrees=first is None, left=first)
