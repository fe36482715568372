"""At which stage of the chain parity returns when the reference goes on from the other's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_bridge.compare_taps import first_left
from parity_bridge.engines.c_core.given import Given, Stage
from parity_bridge.errors import BridgeError
from parity_bridge.explain.explanation import Transplant
from parity_bridge.explain.reference import Reference
from parity_bridge.explain.rows import Rebuilt, rebuild
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.tolerances import Tolerances

_AFTER_SUM = ("intensity_post_scale", "final_output")
_AFTER_FACTORS = ("intensity_pre_norm", *_AFTER_SUM)
_AFTER_F_CELL = ("omega_subpixel", *_AFTER_FACTORS)
_AFTER_SETUP = ("omega_subpixel", "hkl_subpixel", "lattice", "f_cell_stats", *_AFTER_FACTORS)

#: Stage -> what it hands on, and the taps that the reference computes after it.
_STAGES: dict[Stage, tuple[str, tuple[str, ...]]] = {
    Stage.POSITION: ("subpixel positions", _AFTER_SETUP),
    Stage.SCATTERING: ("scattering vectors", _AFTER_SETUP),
    Stage.HKL: ("fractional Miller indices", _AFTER_SETUP),
    Stage.HKL0: ("nearest Miller indices", _AFTER_SETUP),
    Stage.F_LATT: ("lattice factors", _AFTER_SETUP),
    Stage.F_CELL: ("structure factors", _AFTER_F_CELL),
    Stage.FACTORS: ("solid angle, captured fraction and polarization factor", _AFTER_FACTORS),
    Stage.SUM: ("running sum", _AFTER_SUM),
}
_SETUP = "setup"
_NOT_RECORDED = "transplants: the records do not hold every evaluation of all taps"


@dataclass(frozen=True)
class Transplanted:
    """What feeding each stage restored."""

    transplants: tuple[Transplant, ...] = ()
    not_tried: tuple[str, ...] = ()

    @property
    def healing(self) -> Transplant | None:
        """The first stage whose values, fed to the reference, restore parity."""
        return next((item for item in self.transplants if item.agrees), None)


def transplant(
    reference: Reference, others: Sequence[PixelTaps], tolerances: Tolerances
) -> Transplanted:
    """Feed the other side's values to the reference, stage by stage, until parity returns."""
    seen = {other.pixel: other for other in others}
    sides = [seen[pixel] for pixel in reference.pixels]
    rebuilt = [
        rebuild(observation.evaluations, side)
        for observation, side in zip(reference.observations, sides, strict=True)
    ]
    if any(item is None for item in rebuilt):
        return Transplanted(not_tried=(_NOT_RECORDED,))
    feeds = [item for item in rebuilt if item is not None]
    done: list[Transplant] = []
    try:
        if _tells_setup(sides):
            done.append(_of_setup(reference, sides, tolerances))
        for stage in _STAGES:
            if done and done[-1].agrees:
                break
            done.append(_of_stage(reference, sides, feeds, stage, tolerances))
    except BridgeError as error:
        return Transplanted(tuple(done), (f"further transplants: {error}",))
    return Transplanted(tuple(done))


def _tells_setup(sides: Sequence[PixelTaps]) -> bool:
    return "config_snapshot" in sides[0].taps


def _of_setup(
    reference: Reference, sides: Sequence[PixelTaps], tolerances: Tolerances
) -> Transplant:
    derived = _derived(sides[0].taps["config_snapshot"].pixel)
    what = "geometry, cell and beam"
    return _look(reference, sides, _SETUP, what, _AFTER_SETUP, tolerances, derived=derived)


def _of_stage(
    reference: Reference,
    sides: Sequence[PixelTaps],
    feeds: Sequence[Rebuilt],
    stage: Stage,
    tolerances: Tolerances,
) -> Transplant:
    given = [Given(feed.rows, feed.totals, stage) for feed in feeds]
    what, taps = _STAGES[stage]
    return _look(reference, sides, stage.name.lower(), what, taps, tolerances, given=given)


def _look(
    reference: Reference,
    sides: Sequence[PixelTaps],
    stage: str,
    what: str,
    taps: tuple[str, ...],
    tolerances: Tolerances,
    **fed: Any,
) -> Transplant:
    """Run on from what is fed and hold the taps after it against the other side."""
    looks = reference.look(**fed)
    left = (
        first_left(look.only(taps), side, tolerances)
        for look, side in zip(looks, sides, strict=True)
    )
    first = next((name for name in left if name is not None), None)
    return Transplant(stage=stage, what=what, agrees=first is None, left=first)


def _derived(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The derived quantities as an engine holds them, scalars and vectors."""
    found: dict[str, Any] = {}
    for name in DERIVED:
        if f"derived.{name}" in figures:
            found[name] = figures[f"derived.{name}"]
        elif f"derived.{name}.x" in figures:
            found[name] = tuple(figures[f"derived.{name}.{axis}"] for axis in "xyz")
    return found
