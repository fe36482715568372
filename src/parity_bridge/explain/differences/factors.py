"""Factors by which the other side is off: units, steps, angles, and any that is constant."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.differences.wording import number_text

_DEGREES = 180.0 / math.pi
_WIDTH = 2.0 * math.sqrt(2.0 * math.log(2.0))
#: The largest power of ten that a unit may differ by.
_MOST_TENS = 30
#: A factor nearer to 1 than this is stated by its distance from 1.
_NEAR_ONE = 1e-3


def named_factors(values: FieldValues) -> Iterator[Relation]:
    """Yield the factors that have a name: those of units, of angles and of the setup."""
    yield _times(values, _DEGREES, "degrees where radians belong", "degrees")
    yield _times(values, 1.0 / _DEGREES, "turned into radians once too often", "degrees")
    for power in range(1, _MOST_TENS + 1):
        for exponent in (power, -power):
            yield _times(values, float(f"1e{exponent}"), "a power of ten", "power of ten")
    for name, number in _setup_factors(values):
        yield _times(values, number, name, "factor")
    for name, number in (
        ("", 2.0), ("", 0.5), ("π", math.pi), ("1/π", 1.0 / math.pi), ("2π", 2.0 * math.pi),
        ("1/(2π)", 0.5 / math.pi), ("√2", math.sqrt(2.0)), ("1/√2", math.sqrt(0.5)),
        ("a full width for a standard deviation", _WIDTH),
        ("a standard deviation for a full width", 1.0 / _WIDTH),
    ):  # fmt: skip
        yield _times(values, number, name, "factor")


def any_factor(values: FieldValues) -> Iterator[Relation]:
    """Yield the factor of the largest differing figure, whatever it is."""
    sizes = np.where(values.differs & np.isfinite(values.ours), np.abs(values.ours), 0.0)
    at = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
    ours, theirs = float(values.ours[at]), float(values.theirs[at])
    # The quotient of a subnormal number may be infinite, which is no factor.
    if ours and theirs and math.isfinite(factor := theirs / ours) and factor:
        yield _times(values, factor, "", "factor")


def _setup_factors(values: FieldValues) -> Iterator[tuple[str, float]]:
    """Yield numbers of the setup and their reciprocals, those of one value under one name."""
    names: dict[float, list[str]] = {}
    for name, number in values.factors.items():
        if number not in (0.0, 1.0):
            names.setdefault(number, []).append(name)
    for number, same in names.items():
        yield " or ".join(same), number
        if not any("/" in name for name in same):
            yield " or ".join(f"1/{name}" for name in same), 1.0 / number


def _times(values: FieldValues, factor: float, name: str, kind: str) -> Relation:
    text = {2.0: "twice the reference's", 0.5: "half the reference's"}.get(
        factor, f"{number_text(factor, 12)} times the reference's"
    )
    further = [name] if name else []
    if abs(factor - 1.0) < _NEAR_ONE:
        further.append(f"off by {factor - 1.0:+.3g} of it")
    note = f" ({', '.join(further)})" if further else ""
    part = min(1.0, abs(factor))
    return values.related(kind, text + note, factor * values.ours, part)
