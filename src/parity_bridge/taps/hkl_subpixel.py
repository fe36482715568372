"""Tap 3, ``hkl_subpixel``: scattering vector and Miller indices of evaluations (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.experiment.hkl_table import Index
from parity_bridge.files.schema import Schema, Vector
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.schema import EvaluationRow, Record
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.observation import Observation


class HklRow(EvaluationRow):
    """One evaluation that the resolution cut did not drop."""

    scattering_vector: Vector  # 1/m
    hkl_fractional: Vector
    hkl_rounded: tuple[Index, Index, Index]


class HklValues(Schema):
    """Every evaluation within the resolution cut."""

    subpixels: tuple[HklRow, ...]


class HklRecord(Record):
    """The envelope of Tap 3."""

    tap_id: Literal["hkl_subpixel"] = "hkl_subpixel"
    values: HklValues
    timestamp_utc: str


def tie_distance(index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of fractional indices from the nearest half-integer; NaN for NaN."""
    with np.errstate(invalid="ignore"):
        return np.abs(index - np.floor(index) - 0.5)


def extract(observation: Observation) -> TapData:
    """Extract one row for each evaluation within the resolution cut."""
    rows = observation.evaluations
    reached = rows[rows["kind"] != EvaluationKind.BEYOND_DMIN]
    figures = {
        "scattering_vector": reached["q"],
        "hkl_fractional": reached["hkl"],
        "hkl_rounded": reached["hkl0"],
    }
    return TapData({}, {**place_columns(reached), **figures})
