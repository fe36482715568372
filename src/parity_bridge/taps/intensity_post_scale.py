"""Tap 6, ``intensity_post_scale``: from the sum to photons, factor by factor (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from parity_bridge.files.schema import Number, Schema
from parity_bridge.taps.schema import Record
from parity_bridge.taps.tap_data import TapData

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation


class PostScaleValues(Schema):
    """Each product in turn; a factor that was oversampled does not change it."""

    fluence_scaled: Number
    normalized: Number
    capture: Number
    after_capture: Number
    polar: Number
    after_polar: Number
    omega: Number
    after_omega: Number


class PostScaleRecord(Record):
    """The envelope of Tap 6."""

    tap_id: Literal["intensity_post_scale"] = "intensity_post_scale"
    values: PostScaleValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract the end of the chain, factor by factor."""
    return TapData({name: observation.totals[name] for name in PostScaleValues.model_fields})
