"""Which stages of the chain the other side computes otherwise, each given its own values before it.

The reference is run on from the other side's values of all stages up to one, and computes the next.
Where that is not what the other side has there, the stage is computed otherwise; a defect in an
earlier stage cannot be blamed on it, nor can it hide one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_bridge.comparison.compare_taps import left_of
from parity_bridge.comparison.reference import Reference
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.engines.c_core.given import Given, Stage
from parity_bridge.errors import BridgeError
from parity_bridge.explain.explanation import Transplant
from parity_bridge.explain.rows import Rebuilt, rebuild
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
class _Step:
    """A part of the chain, and the figures that it and nothing else decides once it is fed."""

    name: str
    what: str
    #: The last stage that is fed: the derived setup alone, or nothing at all, where it is None.
    fed: Stage | None
    own: Fields
    is_derived: bool = False


_STEPS = (
    _Step("setup", "geometry, cell and beam", None, {_CONFIG: ("derived", "state")}, True),
    _Step("position", "subpixel positions", None, {_OMEGA: ("row", "position", "airpath")}),
    _Step("scattering", "scattering vectors", Stage.POSITION, {_HKL: ("row", "scattering_vector")}),
    _Step("hkl", "fractional Miller indices", Stage.SCATTERING, {_HKL: ("hkl_fractional",)}),
    _Step("hkl0", "nearest Miller indices", Stage.HKL, {_HKL: ("hkl_rounded",)}),
    _Step(
        "f_latt",
        "lattice factors",
        Stage.HKL0,
        {_LATTICE: ("row", "F_latt_a", "F_latt_b", "F_latt_c", "F_latt")},
    ),
    _Step(
        "f_cell",
        "structure factors",
        Stage.F_LATT,
        {
            # Which lookups gave default_F is recorded for the pixel only.
            _F_CELL: ("lookup", "F_cell", "out_of_bounds", "default_f_count"),
            _SUM: ("evaluation", "interpolation_on"),
        },
    ),
    _Step(
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
    _Step(
        "factors",
        "solid angle, captured fraction or polarization factor",
        Stage.F_CELL,
        {_OMEGA: ("omega", "capture"), _SUM: ("polar",), _SCALE: ("capture", "polar", "omega")},
    ),
    _Step(
        "sum",
        "running sum",
        Stage.FACTORS,
        {_SUM: ("running_sum", "sum", "steps", "sum_over_steps")},
    ),
    _Step(
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
class Transplanted:
    """What each stage does with the other side's values before it."""

    transplants: tuple[Transplant, ...] = ()
    not_tried: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[Transplant, ...]:
        """The stages that the other side computes otherwise."""
        return tuple(item for item in self.transplants if not item.agrees)


def transplant(
    reference: Reference, others: Sequence[PixelTaps], tolerances: Tolerances
) -> Transplanted:
    """Feed the other side's values to the reference up to each stage in turn."""
    sides = reference.beside(others)
    rebuilt = [
        rebuild(observation.evaluations, side)
        for observation, side in zip(reference.observations, sides, strict=True)
    ]
    feeds = [item for item in rebuilt if item is not None]
    if len(feeds) < len(rebuilt):
        return Transplanted(not_tried=(_why_not(reference, sides),))
    tells_setup = all(_CONFIG in side.taps for side in sides)
    left_out = () if tells_setup else (_NO_SETUP,)
    done: list[Transplant] = []
    for step in (step for step in _STEPS if tells_setup or not step.is_derived):
        try:
            looks = reference.look(**_fed(step, sides, feeds))
        except BridgeError as error:
            return Transplanted(tuple(done), (*left_out, f"further transplants: {error}"))
        done.append(_judged(step, looks, sides, tolerances))
    return Transplanted(tuple(done), left_out)


def _why_not(reference: Reference, sides: Sequence[PixelTaps]) -> str:
    """Too little recorded, or other evaluations than the reference makes."""
    for observation, side in zip(reference.observations, sides, strict=True):
        made, told = len(observation.evaluations), side.taps.get(_SUM)
        if told is not None and len(told.places) != made:
            return (
                f"transplants: {side.implementation} has {len(told.places)} evaluations of pixel "
                f"{side.pixel} where the reference has {made}"
            )
    return _NOT_RECORDED


def _fed(step: _Step, sides: Sequence[PixelTaps], feeds: Sequence[Rebuilt]) -> dict[str, Any]:
    """Keywords of ``Reference.look`` that feed everything before ``step``."""
    if step.is_derived:
        return {}
    fed: dict[str, Any] = {}
    # Otherwise the reference's own stands.
    if _CONFIG in sides[0].taps:
        fed["derived"] = _derived(sides[0].taps[_CONFIG].pixel)
    if step.fed is not None:
        fed["given"] = [Given(feed.rows, feed.totals, step.fed) for feed in feeds]
    return fed


def _judged(
    step: _Step, looks: Sequence[PixelTaps], sides: Sequence[PixelTaps], tolerances: Tolerances
) -> Transplant:
    left = (
        left_of(step.own, look, side, tolerances) for look, side in zip(looks, sides, strict=True)
    )
    first = next((name for name in left if name is not None), None)
    return Transplant(stage=step.name, what=step.what, agrees=first is None, left=first)


def _derived(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The derived quantities as an engine holds them, scalars and vectors."""
    found: dict[str, Any] = {}
    for name in DERIVED:
        if f"derived.{name}" in figures:
            found[name] = figures[f"derived.{name}"]
        elif f"derived.{name}.x" in figures:
            found[name] = tuple(figures[f"derived.{name}.{axis}"] for axis in "xyz")
    return found
