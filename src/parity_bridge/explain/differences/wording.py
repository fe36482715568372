"""Numbers in the words of a clause."""

from __future__ import annotations

import math

_SMALL, _LARGE = 1e-3, 1e6


def number_text(value: float, digits: int) -> str:
    """Return a number in at most ``digits`` digits, ``2.5e-4`` rather than ``0.00025``."""
    if not math.isfinite(value) or value == 0.0 or _SMALL <= abs(value) < _LARGE:
        return f"{value:.{digits}g}"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"
