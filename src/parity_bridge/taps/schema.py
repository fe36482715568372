"""What the records of all taps share: the envelope, and the place of a row."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from parity_bridge.files.schema import SCHEMA_VERSION, Name, Ordinal, Schema, Version

#: slow, fast.
Pixel = tuple[Ordinal, Ordinal]


class Record(Schema):
    """The envelope of a tap: one pixel as one engine recorded it."""

    schema_version: Version = SCHEMA_VERSION
    tap_id: str
    implementation: Name
    pixel_coords: Pixel
    tag: Name | None
    oversample: Annotated[int, Field(ge=1)]


class SubpixelRow(Schema):
    """A row of a tap; which subpixel of which layer of the sensor it belongs to."""

    subpixel_index: Pixel  # slow, fast
    layer: Ordinal = 0


class EvaluationRow(SubpixelRow):
    """A row of a tap that belongs to one evaluation: one more step of each inner loop, from 0."""

    source: Ordinal = 0
    phi_step: Ordinal = 0
    domain: Ordinal = 0
