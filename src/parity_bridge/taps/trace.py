"""TRACE lines: every value of the taps in order of evaluation, one key a line.

Two such logs can be compared with ``diff``: both engines print the same keys in the same order,
floats as ``%.15e``. Units are those of the taps (docs/taps.md); what an evaluation did not reach is
0 in both. An engine that does not record the first tap leaves derived quantities and the state out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import LOOP_FIELDS, EvaluationKind
from parity_bridge.taps.f_cell import COUNTS
from parity_bridge.taps.observation import TOTALS
from parity_bridge.taps.orientation import MOSAIC, SPINDLE

if TYPE_CHECKING:
    from parity_bridge.taps.observation import FCellStats, Observation, Quantity

#: Key -> field of the row, in the order of the taps.
_PER_EVALUATION = {
    **{key: key for key in ("position", "airpath", "omega", "capture", "q", "hkl", "hkl0")},
    **{f"F_latt_{axis}": "F_latt_factors" for axis in "abc"},
    **{key: key for key in ("F_latt", "F_cell", "out_of_bounds", "interpolation_on", "polar", "I")},
}

#: Keys and fields of a row.
_PER_ORIENTATION = ("phi", *SPINDLE, *MOSAIC)


def trace_lines(prefix: str, observation: Observation) -> Iterator[str]:
    """Yield the TRACE log of one pixel, line by line, each beginning with ``prefix:``."""
    return next(trace_logs(prefix, (observation,)))


def trace_logs(prefix: str, observations: Iterable[Observation]) -> Iterator[Iterator[str]]:
    """Yield the lines of ``trace_lines`` of each observation.

    Lines of derived quantities are written once where observations share them.
    """
    derived: Mapping[str, Quantity] | None = None
    of_derived: list[str] = []
    for observation in observations:
        if observation.derived is not derived:
            derived = observation.derived
            of_derived = list(_lines(prefix, _derived_pairs(derived)))
        yield chain(
            _lines(prefix, [("pixel", observation.pixel)]),
            of_derived,
            _lines(prefix, _pixel_pairs(observation)),
        )


def _lines(prefix: str, pairs: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for key, value in pairs:
        yield f"{prefix}: {key} {_value_text(value)}"


def _derived_pairs(derived: Mapping[str, Quantity]) -> Iterator[tuple[str, Any]]:
    for key in DERIVED:
        if key in derived:
            yield key, derived[key]


def _pixel_pairs(observation: Observation) -> Iterator[tuple[str, Any]]:
    yield "default_F", observation.hkl_table.default_F
    if observation.derived:
        yield from _state_pairs(observation)
    orientations = {_place(row): row for row in observation.orientations}
    for row in observation.evaluations:
        yield from _evaluation_pairs(row, orientations.get(_place(row)) if orientations else None)
    yield from _lookup_pairs(observation.f_cell)
    yield "roi", observation.roi
    yield "mask", observation.mask
    for key in TOTALS:
        yield f"final_{key}", observation.totals[key]


def _state_pairs(observation: Observation) -> Iterator[tuple[str, Any]]:
    state = observation.state
    yield "state_interpolation_on", int(state.interpolation_on)
    yield "state_swept", int(state.swept)
    yield "state_polar_axis", state.polar_axis


def _place(row: np.void) -> tuple[Any, ...]:
    return tuple(row[name].item() for name in (*LOOP_FIELDS, "sub_slow", "sub_fast"))


def _evaluation_pairs(row: np.void, orientation: np.void | None) -> Iterator[tuple[str, Any]]:
    """Yield an evaluation, after the orientation of the crystal where another one is used."""
    yield "subpixel", (row["sub_slow"], row["sub_fast"])
    for key in LOOP_FIELDS:
        yield key, row[key]
    yield "evaluation", EvaluationKind(row["kind"]).name.lower()
    if orientation is not None:
        for key in _PER_ORIENTATION:
            yield key, orientation[key]
    for key, field in _PER_EVALUATION.items():
        axis = "abc".find(key[-1]) if field == "F_latt_factors" else None
        yield key, row[field] if axis is None else row[field][axis]


def _lookup_pairs(stats: FCellStats) -> Iterator[tuple[str, Any]]:
    """Yield Tap 4; without a lookup, the counts alone."""
    for key in COUNTS:
        yield key, stats.counts[key]
    if stats.counts["total_lookups"]:
        yield "mean_f_cell", stats.mean_f_cell
        for name, limits in (
            ("hkl", stats.hkl_bounds),
            ("hkl_fractional", stats.hkl_fractional_bounds),
        ):
            for end, limit in zip(("min", "max"), limits, strict=True):
                yield f"{name}_{end}", [int(index) for index in limit] if name == "hkl" else limit
        yield "rounding_margin", stats.rounding_margin


def _value_text(value: Any) -> str:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None:
        return "none"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15e}"
    return " ".join(map(_value_text, value))
