"""Observations of engines that only have rows: Tap 4 counted from them, the rest left empty.

An engine with production code of its own for Tap 4 fills ``FCellStats`` with that. The lookups of
other engines, or of a program whose output was read, are counted here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.regions import RunState
from parity_bridge.taps.evaluations import EVALUATION, ORIENTATION, EvaluationKind
from parity_bridge.taps.f_cell import COUNTS
from parity_bridge.taps.hkl_subpixel import tie_distance
from parity_bridge.taps.observation import TOTALS, FCellStats, Observation
from parity_bridge.taps.orientation import MOSAIC, SPINDLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment

#: No index at all.
_NOWHERE = ([math.inf] * 3, [-math.inf] * 3)


def subpixel_rows(oversample: int) -> NDArray[np.void]:
    """Return rows for every subpixel, slow-major, of one source, layer, phi step and domain.

    They are oversample² rows of dtype ``EVALUATION``, each a lookup; floats are NaN until they are
    recorded.
    """
    rows = np.zeros(oversample**2, dtype=EVALUATION)
    rows["sub_slow"], rows["sub_fast"] = np.divmod(np.arange(rows.size), oversample)
    for name in EVALUATION.names or ():
        if rows[name].dtype.kind == "f":
            rows[name] = np.nan
    return rows


def unrotated(axes: NDArray[np.float64]) -> NDArray[np.void]:
    """Return the one orientation of a crystal that neither the spindle nor domains turn.

    ``axes`` are its cell vectors a, b, c in m, (3, 3), one a row; the result is one row of dtype
    ``ORIENTATION``, at the first evaluation.
    """
    used = np.zeros(1, dtype=ORIENTATION)
    for spindle, mosaic, axis in zip(SPINDLE, MOSAIC, axes, strict=True):
        used[spindle] = used[mosaic] = axis
    return used


def observation_of(
    experiment: Experiment,
    pixel: tuple[int, int],
    rows: NDArray[np.void],
    hkl_table: HklTable,
    oversample: int,
    *,
    totals: Mapping[str, float | int] | None = None,
    roi: tuple[int, int, int, int] = (0, 0, 0, 0),
    mask: int | None = None,
) -> Observation:
    """Create the Observation of ``pixel`` (slow, fast) from ``rows`` of dtype ``EVALUATION``.

    ``totals`` (names of ``TOTALS``) holds the totals of the taps that the engine records; missing
    ones become NaN. Derived quantities, the first tap, are left empty.
    """
    return Observation(
        pixel=pixel,
        derived={},
        evaluations=rows,
        totals={
            **dict.fromkeys(TOTALS, math.nan),
            "steps": rows.size,
            "in_roi": 1,
            **(totals or {}),
        },
        f_cell=count_lookups(rows),
        hkl_table=hkl_table,
        oversample=oversample,
        state=RunState(interpolation_on=False, swept=True, polar_axis=(0.0, 0.0, 1.0)),
        experiment=experiment,
        roi=roi,
        mask=mask,
    )


def count_lookups(rows: NDArray[np.void]) -> FCellStats:
    """Count Tap 4 of rows of dtype ``EVALUATION``, F summed in their order."""
    lookups = rows[rows["kind"] == EvaluationKind.LOOKUP]
    total = lookups.size
    counts = (
        total,
        rows.size - total,
        int((lookups["out_of_bounds"] != 0).sum()),
        int((lookups["default_f"] != 0).sum()),
        int((lookups["F_cell"] == 0.0).sum()),
    )
    # In their order, which sum() does not follow.
    mean = float(np.cumsum(lookups["F_cell"])[-1]) / total if total else math.nan
    return FCellStats(
        counts=dict(zip(COUNTS, counts, strict=True)),
        mean_f_cell=mean,
        hkl_bounds=_hkl_bounds(lookups["hkl0"]),
        hkl_fractional_bounds=_hkl_bounds(lookups["hkl"]),
        rounding_margin=float(
            np.fmin.reduce(tie_distance(lookups["hkl"]), axis=None, initial=math.inf)
        ),
    )


def _hkl_bounds(
    indices: NDArray[np.float64] | NDArray[np.int32],
) -> tuple[list[float], list[float]]:
    """Return the smallest and largest index along h, k, l."""
    if not len(indices):
        return _NOWHERE
    # Indices that are not recorded are NaN, and numpy would warn of them.
    return np.fmin.reduce(indices, axis=0).tolist(), np.fmax.reduce(indices, axis=0).tolist()
