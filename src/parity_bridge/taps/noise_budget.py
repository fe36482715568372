"""The noise budget of one pixel: how far its figures move when an input moves by one ULP."""

from __future__ import annotations

from typing import Literal

from parity_bridge.files.schema import SCHEMA_VERSION, Number, Schema, Version
from parity_bridge.taps.fields import Place
from parity_bridge.taps.schema import Pixel


class SensitiveIndex(Schema):
    """A fractional index within its own noise of a half: do not rely on its nearest index."""

    place: Place
    axis: Literal["h", "k", "l"]
    index: Number
    #: Distance from the half-integer, and the noise, which is at least as large.
    tie_distance: Number
    noise: Number


class NoiseBudget(Schema):
    """Spread of every float figure of one pixel of the reference."""

    schema_version: Version = SCHEMA_VERSION
    implementation: str
    pixel_coords: Pixel
    #: The flags, and the columns of a stage, that move any figure when they move by one ULP.
    inputs: tuple[str, ...]
    #: tap_id -> figure -> spread: of the pixel (one number), or of each row in order. The spread is
    #: the sum over the inputs of the larger of both changes, at least one ULP of the figure.
    spread: dict[str, dict[str, tuple[Number, ...]]]
    rounding_sensitive: tuple[SensitiveIndex, ...]

    def spread_of(self, tap_id: str, figure: str, row: int | None) -> float | None:
        """Return the spread of a figure, for row figures of one row; None where it is not known."""
        spread = self.spread.get(tap_id, {}).get(figure)
        number = 0 if row is None else row
        return None if spread is None or number >= len(spread) else spread[number]

    def is_sensitive(self, place: Place | None) -> bool:
        """Return whether noise decides a nearest index at ``place``."""
        return any(item.place == place for item in self.rounding_sensitive)
