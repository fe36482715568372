"""Tap ``orientation``: the crystal after its rotations, before any pixel (contract §4, §6).

Rotations do not depend on the pixel, so that a pixel has one row for each phi step and domain, at
the evaluation that first uses it. Where a pixel makes the first sweep of its run, the steps at a
phi of exactly 0 have a second row: from there on they find the crystal as that sweep left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from parity_bridge.files.schema import Number, Schema, Vector
from parity_bridge.taps.schema import EvaluationRow, Record
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation

#: Cell vectors after the rotation about the spindle, and after that of the domain.
SPINDLE = ("a_spindle", "b_spindle", "c_spindle")
MOSAIC = ("a_mosaic", "b_mosaic", "c_mosaic")


class OrientationRow(EvaluationRow):
    """One orientation, at the evaluation from which on it is used."""

    phi: Number  # rad
    a_spindle: Vector  # m, as all that follow
    b_spindle: Vector
    c_spindle: Vector
    a_mosaic: Vector
    b_mosaic: Vector
    c_mosaic: Vector


class OrientationValues(Schema):
    """Every orientation that the pixel uses."""

    subpixels: tuple[OrientationRow, ...]


class OrientationRecord(Record):
    """The envelope of the tap."""

    tap_id: Literal["orientation"] = "orientation"
    values: OrientationValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract one row for each orientation, in order of evaluation."""
    rows = observation.orientations
    figures = {name: rows[name] for name in ("phi", *SPINDLE, *MOSAIC)}
    return TapData({}, {**place_columns(rows), **figures})
