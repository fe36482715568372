"""Tap ``lattice``: the lattice factor of each evaluation and its factors (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from parity_bridge.taps.content import Content, places_of
from parity_bridge.taps.evaluations import Kind
from parity_bridge.taps.schema import EvaluationRow, Number, Record, Schema

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation


def _absent(value: Any) -> Any:
    return None if value != value else value  # noqa: PLR0124 - NaN


#: Fields in which NaN stands, in columns, for what a shape does not have.
AXIS_FACTORS = ("F_latt_a", "F_latt_b", "F_latt_c")

#: Factor of one axis, which only the parallelepiped has; NaN in an engine's rows elsewhere.
AxisFactor = Annotated[Number | None, BeforeValidator(_absent)]


class LatticeRow(EvaluationRow):
    """One evaluation that the resolution cut did not drop."""

    F_latt_a: AxisFactor
    F_latt_b: AxisFactor
    F_latt_c: AxisFactor
    F_latt: Number


class LatticeValues(Schema):
    """Every evaluation within the resolution cut."""

    subpixels: tuple[LatticeRow, ...]


class LatticeRecord(Record):
    """The envelope of the tap."""

    tap_id: Literal["lattice"] = "lattice"
    values: LatticeValues
    timestamp_utc: str


def content(observation: Observation) -> Content:
    """One row an evaluation within the resolution cut."""
    rows = observation.evaluations
    reached = rows[rows["kind"] != Kind.BEYOND_DMIN]
    factors = {
        f"F_latt_{axis}": reached["F_latt_factors"][:, number] for number, axis in enumerate("abc")
    }
    return Content({}, {**places_of(reached), **factors, "F_latt": reached["F_latt"]})
