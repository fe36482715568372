"""Scales of values: which colour of a ramp each value has, in the pictures and in the page.

A colour is an index, 0 to 255; ``colours`` and the page's script have the RGB of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parity_bridge.report.wording import rounded_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.scan.maps import RegionMaps

ScaleKind = Literal["log", "symmetric", "root", "linear"]

#: What an index of a colour means besides a place on the ramp. Those of a symmetric scale are
#: negative below ``EQUAL`` and positive above it.
NO_VALUE, ZERO, FIRST, LAST, NOT_FINITE = 0, 1, 2, 254, 255
SYMMETRIC_NOT_FINITE, EQUAL = 0, 128

#: The smallest difference shown has this much colour, so that it is not taken for none.
LEAST_COLOUR = 0.2
#: Decades that a scale may span.
_DECADES, _DIFFERENCE_DECADES = 10, 6
#: Percentage of an image's pixels that may be darker than the beginning of its scale.
_DARKEST = 5
_MOST_TICKS = 8
#: Powers of ten up to this exponent are written out.
_PLAIN_POWER = 3


@dataclass(frozen=True)
class Scale:
    """Which values have which colour."""

    kind: ScaleKind
    #: At the ends of the ramp; of a symmetric scale the least and the greatest absolute value.
    low: float
    high: float
    #: Whether a missing value is no defect: a pixel without a lookup.
    may_be_missing: bool = False

    def ramp_position(self, value: Any) -> Any:
        """Return where on the ramp values lie, 0 to 1, or -1 to 1 on a symmetric scale."""
        if self.kind == "symmetric":
            size = np.clip(_logarithmic_place(np.abs(value), self), 0.0, 1.0)
            return np.sign(value) * (LEAST_COLOUR + (1.0 - LEAST_COLOUR) * size)
        if self.kind == "log":
            return np.clip(_logarithmic_place(value, self), 0.0, 1.0)
        part = np.clip((value - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.sqrt(part) if self.kind == "root" else part

    def colour_indices(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the colour of each value, shape as given."""
        missing = ~np.isfinite(values)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            position = np.nan_to_num(self.ramp_position(values))
        if self.kind == "symmetric":
            steps = EQUAL - 1
            indices = (np.where(values == 0, 0, position) * steps).round().astype(np.int16) + EQUAL
            return np.where(missing, SYMMETRIC_NOT_FINITE, indices).astype(np.uint8)
        indices = (position * (LAST - FIRST)).round().astype(np.int16) + FIRST
        indices = np.where(values <= 0 if self.kind == "log" else values == 0, ZERO, indices)
        no_number = NO_VALUE if self.may_be_missing else NOT_FINITE
        return np.where(missing, no_number, indices).astype(np.uint8)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places on the whole ramp, 0 to 1, and what to write there."""
        if self.kind in ("linear", "root"):
            places = (0.0, 0.25, 0.5, 0.75, 1.0)
            power = 2 if self.kind == "root" else 1
            values = [self.low + (self.high - self.low) * place**power for place in places]
            return [
                (place, rounded_text(value)) for place, value in zip(places, values, strict=True)
            ]
        at = [(float(self.ramp_position(value)), text) for value, text in self._powers_of_ten()]
        if self.kind == "log":
            return at
        negative = [((1.0 - place) / 2.0, f"−{text}") for place, text in reversed(at)]  # noqa: RUF001
        return [*negative, (0.5, "0"), *(((1.0 + place) / 2.0, text) for place, text in at)]

    def _powers_of_ten(self) -> list[tuple[float, str]]:
        """Return powers of ten on the scale, or its ends where it spans none."""
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        most = _MOST_TICKS // 2 if self.kind == "symmetric" else _MOST_TICKS
        step = max(1, math.ceil((last - first + 1) / most))
        if last - first < 1:
            return [(self.low, rounded_text(self.low)), (self.high, rounded_text(self.high))]
        return [(10.0**power, power_text(power)) for power in range(last, first - 1, -step)][::-1]


#: Of the fraction of lookups outside the table's box.
OUT_OF_BOUNDS_SCALE = Scale("linear", 0.0, 1.0, may_be_missing=True)


def image_scale(maps: RegionMaps) -> Scale:
    """Return one scale for both images: from all but the darkest pixels to the brightest."""
    images = (maps.reference, maps.other)
    values = np.concatenate([image[np.isfinite(image) & (image > 0)] for image in images])
    if not values.size:
        return Scale("log", 0.1, 1.0)
    high = float(values.max())
    # A sample has nearly the percentile of all.
    sample = values[:: max(1, values.size // 100_000)]
    low = float(np.percentile(sample, _DARKEST))
    return Scale("log", *_decade_limits(low, high, _DECADES))


def difference_scale(maps: RegionMaps) -> Scale:
    """Return the scale from the smallest difference to the largest, by absolute value."""
    size = np.abs(maps.difference)
    values = size[np.isfinite(size) & (size > 0)]
    if not values.size:
        return Scale("symmetric", 0.1, 1.0)
    return Scale(
        "symmetric", *_decade_limits(float(values.min()), float(values.max()), _DIFFERENCE_DECADES)
    )


def mismatch_scale(maps: RegionMaps) -> Scale:
    """Return the scale of the number of pixels in a block that differ."""
    return Scale("log", 1.0, float(max(2, maps.factor**2)))


def f_cell_scale(f_cell: NDArray[np.float32]) -> Scale:
    """Return the scale of amplitudes by their square roots: from 0 or the least to the largest."""
    values = f_cell[np.isfinite(f_cell)]
    low = min(0.0, float(values.min(initial=0.0)))
    high = float(values.max(initial=low))
    return Scale("root", low, high if high > low else low + 1.0, may_be_missing=True)


def power_text(power: int) -> str:
    """Return a power of ten as text: ``100``, ``10⁵``."""
    if abs(power) > _PLAIN_POWER:
        return "10" + superscript(power)
    return str(10**power) if power >= 0 else rounded_text(10.0**power)


def superscript(number: int) -> str:
    """Return the digits of a whole number as an exponent."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _decade_limits(low: float, high: float, decades: int) -> tuple[float, float]:
    """Return ends that span at least one decade and at most ``decades``."""
    return max(min(low, high / 10.0), high / 10.0**decades), high


def _logarithmic_place(value: Any, scale: Scale) -> Any:
    return np.log(value / scale.low) / math.log(scale.high / scale.low)
