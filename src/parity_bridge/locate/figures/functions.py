"""Functions of traced numbers, each with the bound of its rounding error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.locate.figures.traced import Power, Traced

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array


def apply(
    name: str,
    function: Callable[..., Any],
    slope: Callable[..., Array],
    *operands: Traced,
    power: Power = 0,
) -> Traced:
    """Apply a function; ``slope`` gives the noise from the operands and the result."""
    with np.errstate(all="ignore"):
        values = function(*(operand.values for operand in operands))
        noise = slope(*operands, values) + np.abs(values)
    text = f"{name}({', '.join(operand.text for operand in operands)})"
    numbers = tuple(dict.fromkeys(operand.number for operand in operands))
    return operands[0].ledger.add(text, text, values, noise, power, numbers)


def sin(x: Traced) -> Traced:
    """Return the sine."""
    return apply("sin", np.sin, lambda a, _: np.abs(np.cos(a.values)) * a.noise, x)


def cos(x: Traced) -> Traced:
    """Return the cosine."""
    return apply("cos", np.cos, lambda a, _: np.abs(np.sin(a.values)) * a.noise, x)


def exp(x: Traced) -> Traced:
    """Return e to the power x."""
    return apply("exp", np.exp, lambda a, r: r * a.noise, x)


def sqrt(x: Traced) -> Traced:
    """Return the square root; a number below 0 has NaN."""
    power = None if x.power is None else x.power // 2

    def noise(a: Traced, r: Array) -> Array:
        return np.where(r > 0.0, a.noise / (2.0 * r), np.sqrt(a.noise))

    return apply("sqrt", np.sqrt, noise, x, power=power)


def atan2(y: Traced, x: Traced) -> Traced:
    """Return the angle of the point (x, y)."""

    def noise(a: Traced, b: Traced, _: Array) -> Array:
        size = a.values**2 + b.values**2
        return (np.abs(b.values) * a.noise + np.abs(a.values) * b.noise) / size

    return apply("atan2", np.arctan2, noise, y, x, power=None)


def whole(name: str, function: Callable[[Array], Array], x: Traced) -> Traced:
    """Return a rounding of x, which is exact."""
    return apply(name, function, lambda a, _: np.zeros_like(a.values), x)


def absolute(x: Traced) -> Traced:
    """Return the size."""
    return apply("abs", np.abs, lambda a, _: a.noise, x, power=x.power)
