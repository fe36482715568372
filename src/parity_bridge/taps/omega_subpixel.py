"""Tap 2, ``omega_subpixel``: where each subpixel lies, and its solid angle (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from parity_bridge.files.schema import Number, Schema, Vector
from parity_bridge.taps.schema import Record, SubpixelRow
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation


class OmegaRow(SubpixelRow):
    """One subpixel in one layer of the sensor."""

    position: Vector  # m
    airpath: Number  # m
    omega: Number  # sr, the value in force
    capture: Number  # fraction, the value in force


class OmegaValues(Schema):
    """Every subpixel of every layer."""

    subpixels: tuple[OmegaRow, ...]


class OmegaRecord(Record):
    """The envelope of Tap 2."""

    tap_id: Literal["omega_subpixel"] = "omega_subpixel"
    values: OmegaValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract one row for each subpixel and layer: the values of its first evaluation."""
    rows = observation.evaluations
    inner = rows["source"] + rows["phi_step"] + rows["domain"]
    first = rows[inner == 0]
    figures = {name: first[name] for name in ("position", "airpath", "omega", "capture")}
    return TapData({}, {**place_columns(first, inner=False), **figures})
