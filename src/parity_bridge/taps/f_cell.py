"""Tap 4, ``f_cell_stats``: the structure-factor lookups of one pixel (contract §5, §6).

The models below are the schema of the JSON record; both engines fill the same one. ``None`` stands
where a pixel made no lookup and the quantity therefore does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from parity_bridge.taps.evaluations import Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA_VERSION: Literal[1] = 1
TAP_ID: Literal["f_cell_stats"] = "f_cell_stats"


class Schema(BaseModel):
    """Base of every stored model: unknown fields are refused, NaN and infinity are spelled out."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class IndexBounds(Schema):
    """Smallest and largest nearest Miller index this pixel asked for, not the table's extents."""

    h_min: int
    h_max: int
    k_min: int
    k_max: int
    l_min: int
    l_max: int


class FractionalBounds(Schema):
    """Smallest and largest fractional Miller index this pixel asked for."""

    h_min: float
    h_max: float
    k_min: float
    k_max: float
    l_min: float
    l_max: float


class Lookup(Schema):
    """One structure-factor lookup."""

    subpixel_index: tuple[int, int]  # slow, fast
    #: Layer of the sensor, source, spindle step and mosaic domain, each counted from 0.
    layer: int = 0
    source: int = 0
    phi_step: int = 0
    domain: int = 0
    hkl_fractional: tuple[float, float, float]
    hkl_rounded: tuple[int, int, int]
    F_cell: float  # electrons
    out_of_bounds: bool


class FCellValues(Schema):
    """The figures of Tap 4, in the order of the design page."""

    total_lookups: int
    skipped_lookups: int
    out_of_bounds_count: int
    default_f_count: int
    zero_f_count: int
    mean_f_cell: float | None  # electrons
    hkl_bounds: IndexBounds | None
    hkl_fractional_bounds: FractionalBounds | None
    rounding_margin: float | None
    subpixels: tuple[Lookup, ...]


#: The figures of ``FCellValues`` that an engine counts.
COUNTS = (
    "total_lookups",
    "skipped_lookups",
    "out_of_bounds_count",
    "default_f_count",
    "zero_f_count",
)


class HklTable(Schema):
    """Where the structure factors came from."""

    source: Literal["none", "text", "cache"]
    file: str | None
    sha256: str | None
    entries: int
    extents: IndexBounds | None
    default_F: float


class FCellRecord(Schema):
    """The envelope: one pixel seen by one engine."""

    schema_version: Literal[1] = SCHEMA_VERSION
    tap_id: Literal["f_cell_stats"] = TAP_ID
    implementation: str
    pixel_coords: tuple[int, int]  # slow, fast
    tag: str | None
    oversample: int
    values: FCellValues
    hkl_table: HklTable
    timestamp_utc: str


#: Smallest and largest index along h, k, l.
Limits = tuple[Sequence[float], Sequence[float]]


def f_cell_values(
    counts: Mapping[str, int],
    mean_f_cell: float,
    nearest: Limits,
    fractional: Limits,
    rounding_margin: float,
    evaluations: NDArray[np.void],
) -> FCellValues:
    """The figures that an engine counted; all but the counts mean nothing without a lookup."""
    if counts["total_lookups"] == 0:
        return FCellValues(
            **counts,
            mean_f_cell=None,
            hkl_bounds=None,
            hkl_fractional_bounds=None,
            rounding_margin=None,
            subpixels=(),
        )
    return FCellValues(
        **counts,
        mean_f_cell=mean_f_cell,
        hkl_bounds=IndexBounds(**_bounds(nearest)),
        hkl_fractional_bounds=FractionalBounds(**_bounds(fractional)),
        rounding_margin=rounding_margin,
        subpixels=lookups(evaluations),
    )


_STEPS = ("layer", "source", "phi_step", "domain")


def _bounds(limits: Limits) -> dict[str, Any]:
    return {
        f"{axis}_{end}": limit
        for axis, low, high in zip("hkl", *limits, strict=True)
        for end, limit in (("min", low), ("max", high))
    }


def lookups(evaluations: NDArray[np.void]) -> tuple[Lookup, ...]:
    """The rows of ``evaluations`` (dtype ``EVALUATION``) that looked a structure factor up."""
    columns = ("sub_slow", "sub_fast", "hkl", "hkl0", "F_cell", "out_of_bounds", *_STEPS)
    made = evaluations[evaluations["kind"] == Kind.LOOKUP]
    return tuple(
        Lookup(
            subpixel_index=(sub_slow, sub_fast),
            **dict(zip(_STEPS, steps, strict=True)),
            hkl_fractional=tuple(hkl),
            hkl_rounded=tuple(hkl0),
            F_cell=f_cell,
            out_of_bounds=bool(out_of_bounds),
        )
        for sub_slow, sub_fast, hkl, hkl0, f_cell, out_of_bounds, *steps in zip(
            *(made[name].tolist() for name in columns), strict=True
        )
    )
