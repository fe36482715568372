"""Tap 7, ``final_output``: intensity of the pixel and what an image holds there (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from parity_bridge.experiment.hkl_table import Index
from parity_bridge.files.schema import Number, Schema
from parity_bridge.taps.schema import Record
from parity_bridge.taps.tap_data import TapData

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation


class RegionOfInterest(Schema):
    """Both ends of the region of interest, inclusive, in pixels."""

    fast_min: Index
    fast_max: Index
    slow_min: Index
    slow_max: Index


class FinalValues(Schema):
    """Photons, and the value in an image."""

    intensity: Number
    in_region: bool
    region: RegionOfInterest
    #: Value of the mask at the pixel; None without a mask.
    mask: Annotated[int, Field(ge=0, le=255)] | None
    #: float32; 0 outside the region and where the mask is 0.
    image: Number


class FinalRecord(Record):
    """The envelope of Tap 7."""

    tap_id: Literal["final_output"] = "final_output"
    values: FinalValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract the end of the chain, region and mask."""
    totals, mask = observation.totals, observation.mask
    return TapData(
        {
            "intensity": totals["intensity"],
            "in_region": bool(totals["in_roi"]),
            "region": dict(zip(RegionOfInterest.model_fields, observation.roi, strict=True)),
            "mask": mask,
            "image": totals["image"],
        }
    )
