"""The units in which a port may hold a figure."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Length unit -> how many of it are a metre. Cells are in Å in the reference, all else in metres.
_LENGTHS = {"1": 1.0, "mm": 1e3, "µm": 1e6, "Å": 1e10, "m for Å": 1e-10, "mm for Å": 1e-7}
_TURN = 2.0 * math.pi


@dataclass(frozen=True)
class Scale:
    """A unit: the port's number is ``factor`` times the figure."""

    name: str
    factor: float


ONE = Scale("1", 1.0)


def scales_of(power: int | None) -> tuple[Scale, ...]:
    """Return the allowed units of a figure; a number without a unit has none but itself."""
    if power is None:
        return ONE, Scale("degrees", 180.0 / math.pi)
    if power == 0:
        return (ONE,)
    scales = [
        ONE if unit == "1" else Scale(_named(unit, power), factor**power)
        for unit, factor in _LENGTHS.items()
    ]
    if power == -1:
        scales += [
            Scale(f"2π {scale.name}".replace(" 1", ""), _TURN * scale.factor)
            for scale in scales
            if scale.name in ("1", "1/Å", "1/m for Å")
        ]
    return tuple(scales)


def _named(unit: str, power: int) -> str:
    head, *rest = unit.split(" ", 1)
    sign = "" if power > 0 else "1/"
    exponent = {1: "", 2: "²", 3: "³"}.get(abs(power), f"^{abs(power)}")
    return " ".join([f"{sign}{head}{exponent}", *rest])
