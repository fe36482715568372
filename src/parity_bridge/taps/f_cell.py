"""Tap 4, ``f_cell_stats``: the structure-factor lookups of one pixel (contract §5, §6).

The models below are the schema of the JSON record; both engines fill the same one. ``None`` is the
value of quantities that do not exist because a pixel made no lookup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from parity_bridge.experiment.hkl_table import HklTable, Index, IndexBounds
from parity_bridge.files.schema import Count, Number, Schema, Vector
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.schema import EvaluationRow, Record
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from parity_bridge.taps.observation import FCellStats, HklBounds, Observation

TAP_ID: Literal["f_cell_stats"] = "f_cell_stats"


class FractionalBounds(Schema):
    """Smallest and largest fractional Miller index that this pixel looked up."""

    h_min: Number
    h_max: Number
    k_min: Number
    k_max: Number
    l_min: Number
    l_max: Number


class Lookup(EvaluationRow):
    """One structure-factor lookup."""

    hkl_fractional: Vector
    hkl_rounded: tuple[Index, Index, Index]
    F_cell: Number  # electrons
    out_of_bounds: bool


class FCellValues(Schema):
    """The figures of Tap 4, in the order of the design page."""

    total_lookups: Count
    skipped_lookups: Count
    out_of_bounds_count: Count
    default_f_count: Count
    zero_f_count: Count
    mean_f_cell: Number | None  # electrons
    hkl_bounds: IndexBounds | None
    hkl_fractional_bounds: FractionalBounds | None
    rounding_margin: Number | None
    subpixels: tuple[Lookup, ...]


#: The figures of ``FCellValues`` that an engine counts.
COUNTS = (
    "total_lookups",
    "skipped_lookups",
    "out_of_bounds_count",
    "default_f_count",
    "zero_f_count",
)


class FCellRecord(Record):
    """The envelope of Tap 4."""

    tap_id: Literal["f_cell_stats"] = TAP_ID
    values: FCellValues
    hkl_table: HklTable
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract the figures that an engine counted, and one row for each lookup."""
    rows = observation.evaluations
    made = rows[rows["kind"] == EvaluationKind.LOOKUP]
    figures = {
        "hkl_fractional": made["hkl"],
        "hkl_rounded": made["hkl0"],
        "F_cell": made["F_cell"],
        "out_of_bounds": made["out_of_bounds"] != 0,
    }
    return TapData(_pixel_figures(observation.f_cell), {**place_columns(made), **figures})


def _pixel_figures(stats: FCellStats) -> dict[str, Any]:
    """Return the figures; all but the counts are None without a lookup."""
    counts = {name: stats.counts[name] for name in COUNTS}
    if counts["total_lookups"] == 0:
        absent = ("mean_f_cell", "hkl_bounds", "hkl_fractional_bounds", "rounding_margin")
        return counts | dict.fromkeys(absent)
    return {
        **counts,
        "mean_f_cell": stats.mean_f_cell,
        "hkl_bounds": _named_bounds(stats.hkl_bounds, int),
        "hkl_fractional_bounds": _named_bounds(stats.hkl_fractional_bounds, float),
        "rounding_margin": stats.rounding_margin,
    }


def _named_bounds(limits: HklBounds, kind: Callable[[float], Any]) -> dict[str, Any]:
    return {
        f"{axis}_{end}": kind(limit)
        for axis, low, high in zip("hkl", *limits, strict=True)
        for end, limit in (("min", low), ("max", high))
    }
