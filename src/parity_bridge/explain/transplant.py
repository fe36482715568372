"""Which stages of the chain the other side computes otherwise, each given its own values before it.

The reference is run on from the other side's values of all stages up to one, and computes the next.
Where that is not what the other side has there, the stage is computed otherwise; a defect in an
earlier stage cannot be blamed on it, nor can it hide one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_bridge.comparison.agreement import first_differing_field_among
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.engines.c_core.overrides import Stage, StageOverrides
from parity_bridge.errors import BridgeError
from parity_bridge.explain.explanation import Transplant
from parity_bridge.explain.rebuilt_evaluations import RebuiltEvaluations, rebuild_evaluations
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.pixel_taps import PixelTaps

_CONFIG, _OMEGA, _HKL = "config_snapshot", "omega_subpixel", "hkl_subpixel"
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
    """A part of the chain, and the figures that it and nothing else decides once it is fed."""

    name: str
    what: str
    #: The last stage that is fed: the derived setup alone, or nothing at all, where it is None.
    last_fed_stage: Stage | None
    own: Fields
    is_derived: bool = False


_TRANSPLANT_STAGES = (
    _TransplantStage(
        "setup", "geometry, cell and beam", None, {_CONFIG: ("derived", "state")}, True
    ),
    _TransplantStage(
        "position", "subpixel positions", None, {_OMEGA: ("row", "position", "airpath")}
    ),
    _TransplantStage(
        "scattering", "scattering vectors", Stage.POSITION, {_HKL: ("row", "scattering_vector")}
    ),
    _TransplantStage(
        "hkl", "fractional Miller indices", Stage.SCATTERING, {_HKL: ("hkl_fractional",)}
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
    """What each stage does with the other side's values before it."""

    transplants: tuple[Transplant, ...] = ()
    not_tried: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[Transplant, ...]:
        """The stages that the other side computes otherwise."""
        return tuple(item for item in self.transplants if not item.agrees)


def transplant(
    reference: ReferenceRunner, others: Sequence[PixelTaps], tolerances: Tolerances
) -> TransplantResult:
    """Feed the other side's values to the reference up to each stage in turn."""
    sides = reference.in_pixel_order(others)
    rebuilt = [
        rebuild_evaluations(observation.evaluations, side)
        for observation, side in zip(reference.observations, sides, strict=True)
    ]
    feeds = [item for item in rebuilt if item is not None]
    if len(feeds) < len(rebuilt):
        return TransplantResult(not_tried=(_not_transplanted_reason(reference, sides),))
    records_setup = all(_CONFIG in side.taps for side in sides)
    left_out = () if records_setup else (_NO_SETUP,)
    done: list[Transplant] = []
    for step in (step for step in _TRANSPLANT_STAGES if records_setup or not step.is_derived):
        try:
            reruns = reference.rerun(**_feed_keywords(step, sides, feeds))
        except BridgeError as error:
            return TransplantResult(tuple(done), (*left_out, f"further transplants: {error}"))
        done.append(_compare_stage(step, reruns, sides, tolerances))
    return TransplantResult(tuple(done), left_out)


def _not_transplanted_reason(reference: ReferenceRunner, sides: Sequence[PixelTaps]) -> str:
    """Too little recorded, or other evaluations than the reference makes."""
    for observation, side in zip(reference.observations, sides, strict=True):
        made, told = len(observation.evaluations), side.taps.get(_SUM)
        if told is not None and len(told.places) != made:
            return (
                f"transplants: {side.implementation} has {len(told.places)} evaluations of pixel "
                f"{side.pixel} where the reference has {made}"
            )
    return _NOT_RECORDED


def _feed_keywords(
    step: _TransplantStage, sides: Sequence[PixelTaps], feeds: Sequence[RebuiltEvaluations]
) -> dict[str, Any]:
    """Keywords of ``ReferenceRunner.rerun`` that feed everything before ``step``."""
    if step.is_derived:
        return {}
    keywords: dict[str, Any] = {}
    # Otherwise the reference's own stands.
    if _CONFIG in sides[0].taps:
        keywords["derived"] = _derived_quantities(sides[0].taps[_CONFIG].pixel)
    if step.last_fed_stage is not None:
        keywords["overrides"] = [
            StageOverrides(feed.rows, feed.totals, step.last_fed_stage) for feed in feeds
        ]
    return keywords


def _compare_stage(
    step: _TransplantStage,
    reruns: Sequence[PixelTaps],
    sides: Sequence[PixelTaps],
    tolerances: Tolerances,
) -> Transplant:
    left = (
        first_differing_field_among(step.own, rerun, side, tolerances)
        for rerun, side in zip(reruns, sides, strict=True)
    )
    first = next((name for name in left if name is not None), None)
    return Transplant(stage=step.name, what=step.what, agrees=first is None, left=first)


def _derived_quantities(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The derived quantities as an engine holds them, scalars and vectors."""
    found: dict[str, Any] = {}
    for name in DERIVED:
        if f"derived.{name}" in figures:
            found[name] = figures[f"derived.{name}"]
        elif f"derived.{name}.x" in figures:
            found[name] = tuple(figures[f"derived.{name}.{axis}"] for axis in "xyz")
    return found
