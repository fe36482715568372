"""TRACE lines: every value of the chain in order of evaluation, one key a line.

The reader of two such logs can run ``diff``: both engines print the same keys in the same order,
floats as ``%.15e``. Lengths in metres, reciprocal vectors in 1/Å, F in electrons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import Kind

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation, Quantity

_PER_EVALUATION = (
    "position", "airpath", "omega", "capture", "hkl", "hkl0", "F_latt", "F_cell", "polar", "I",
)  # fmt: skip
_STEPS = ("layer", "source", "phi_step", "domain")
_TOTALS = ("I", "steps", "omega", "polar", "capture", "intensity")


def trace_lines(prefix: str, observation: Observation) -> Iterator[str]:
    """The TRACE log of one pixel, line by line, each beginning with ``prefix:``."""
    slow, fast = observation.pixel
    yield f"{prefix}: pixel {slow} {fast}"
    for key in DERIVED:
        yield f"{prefix}: {key} {_numbers(observation.derived[key])}"
    for row in observation.evaluations:
        yield f"{prefix}: subpixel {row['sub_slow']} {row['sub_fast']}"
        for key in _STEPS:
            yield f"{prefix}: {key} {row[key]}"
        yield f"{prefix}: evaluation {Kind(row['kind']).name.lower()}"
        for key in _PER_EVALUATION:
            yield f"{prefix}: {key} {_numbers(row[key].tolist())}"
    for key in _TOTALS:
        yield f"{prefix}: final_{key} {_numbers(observation.totals[key])}"


def _numbers(value: Quantity | Any) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15e}"
    return " ".join(_numbers(item) for item in value)
