"""Tap 5, ``intensity_pre_norm``: the running sum and its total (contract §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.files.schema import Count, Number, Schema
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.schema import EvaluationRow, Record
from parity_bridge.taps.tap_data import TapData, place_columns

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation

_KINDS = np.array([kind.name.lower() for kind in EvaluationKind])


class SumRow(EvaluationRow):
    """One evaluation, whether it added anything or not."""

    evaluation: Literal["lookup", "no_lattice", "beyond_dmin"]
    interpolation_on: bool  # after it
    polar: Number  # the value in force
    running_sum: Number  # after it, background included


class PreNormValues(Schema):
    """The sum, the steps, and the sum over the steps."""

    sum: Number
    steps: Count
    sum_over_steps: Number
    subpixels: tuple[SumRow, ...]


class PreNormRecord(Record):
    """The envelope of Tap 5."""

    tap_id: Literal["intensity_pre_norm"] = "intensity_pre_norm"
    values: PreNormValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract one row for each evaluation, and the end of the sum."""
    rows, totals = observation.evaluations, observation.totals
    figures = {
        "evaluation": _KINDS[rows["kind"]],
        "interpolation_on": rows["interpolation_on"] != 0,
        "polar": rows["polar"],
        "running_sum": rows["I"],
    }
    ends = {"sum": totals["I"], "steps": totals["steps"], "sum_over_steps": totals["I_per_step"]}
    return TapData(ends, {**place_columns(rows), **figures})
