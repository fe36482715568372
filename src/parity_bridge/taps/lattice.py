"""Tap ``lattice``: the lattice factor of each evaluation and its factors (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.files.schema import Number, Schema
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.schema import EvaluationRow, Record
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation


class LatticeRow(EvaluationRow):
    """One evaluation that the resolution cut did not drop."""

    #: Factor of each axis, which only the parallelepiped has.
    F_latt_a: Number | None
    F_latt_b: Number | None
    F_latt_c: Number | None
    F_latt: Number


class LatticeValues(Schema):
    """Every evaluation within the resolution cut."""

    subpixels: tuple[LatticeRow, ...]


class LatticeRecord(Record):
    """The envelope of the tap."""

    tap_id: Literal["lattice"] = "lattice"
    values: LatticeValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract one row for each evaluation within the resolution cut."""
    rows = observation.evaluations
    reached = rows[rows["kind"] != EvaluationKind.BEYOND_DMIN]
    factors = {
        f"F_latt_{axis}": reached["F_latt_factors"][:, number] for number, axis in enumerate("abc")
    }
    if observation.experiment.crystal.shape != "parallelepiped":
        factors = dict.fromkeys(factors, np.full(len(reached), None))
    return TapData({}, {**place_columns(reached), **factors, "F_latt": reached["F_latt"]})
