"""Hypotheses that are slips of the setup: one derived quantity computed in another way (§2, §3).

No flag says such a thing. The reference is given the quantity, under its name in ``taps.derived``,
and goes on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from parity_bridge.explain.explanation import Hypothesis

#: Derived quantities of the reference -> those that a port has instead; {}: the same.
SetupSlip = Callable[[Mapping[str, Any]], dict[str, Any]]


def setup_slips(derived: Mapping[str, Any]) -> Iterator[tuple[Hypothesis, SetupSlip]]:
    """Yield every slip that changes ``derived``, the quantities of the reference."""
    for name, (does, slip) in _SETUP_SLIPS.items():
        if slip(derived):
            yield Hypothesis(kind="slip of the setup", name=name, does=does), slip


def _volume_of_the_axes(derived: Mapping[str, Any]) -> dict[str, Any]:
    """Regenerate a*, b*, c* (1/Å) with the volume that a, b, c enclose, not the angles' (§3)."""
    a, b, c = (np.array(derived[f"{axis}0"]) * 1e10 for axis in "abc")
    volume = float(np.dot(a, np.cross(b, c)))
    if not volume or np.isclose(volume, derived["V_cell"], rtol=1e-12, atol=0.0):
        return {}
    pairs = {"a_star": (b, c), "b_star": (c, a), "c_star": (a, b)}
    stars = {name: tuple((np.cross(*pair) / volume).tolist()) for name, pair in pairs.items()}
    return {**stars, "V_cell": volume}


_SETUP_SLIPS: dict[str, tuple[str, SetupSlip]] = {
    "volume of the axes": (
        "regenerates a*, b*, c* with the volume that a, b, c enclose, not with the cell's",
        _volume_of_the_axes,
    ),
}
