"""Stages of a pixel given to the C core instead of computed; twin of ``csrc/overrides.c``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import check_layout
from parity_bridge.errors import ShapeError
from parity_bridge.taps.evaluations import EVALUATION

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Stage(IntEnum):
    """Stages of the chain in their order; ``csrc/pb_core.h`` says what each computes."""

    POSITION = lib.PB_STAGE_POSITION
    SCATTERING = lib.PB_STAGE_SCATTERING
    ORIENTATION = lib.PB_STAGE_ORIENTATION
    HKL = lib.PB_STAGE_HKL
    HKL0 = lib.PB_STAGE_HKL0
    F_LATT = lib.PB_STAGE_F_LATT
    F_CELL = lib.PB_STAGE_F_CELL
    FACTORS = lib.PB_STAGE_FACTORS
    SUM = lib.PB_STAGE_SUM


@dataclass(frozen=True)
class StageOverrides:
    """Every stage up to and including ``last_stage``, as another engine computed it."""

    #: dtype ``taps.evaluations.EVALUATION``, one row an evaluation, in their order.
    rows: NDArray[np.void]
    #: omega, capture, polar and I at the end of the chain.
    totals: Mapping[str, float]
    last_stage: Stage
    #: Cell vectors a, b, c after all rotations, m, in force at each row: float64 of shape
    #: (rows, 3, 3). None: they are computed whatever ``last_stage`` is.
    orientations: NDArray[np.float64] | None = None


def overrides_struct(overrides: StageOverrides | None, evaluations: int) -> Any:
    """Return overrides that point into the rows, or NULL.

    Raise ShapeError where the number of rows, or of orientations, is not ``evaluations``.
    """
    if overrides is None:
        return ffi.NULL
    if overrides.rows.size != evaluations:
        raise ShapeError(
            f"{overrides.rows.size} evaluations are given for a pixel that has {evaluations}; give "
            "those of the same sampling"
        )
    check_layout(overrides.rows, EVALUATION, 1)
    # The struct points into the memory of the caller's rows and orientations.
    pointers = {
        "rows": ffi.cast("pb_evaluation *", ffi.from_buffer(overrides.rows)),
        "orientations": _orientations_pointer(overrides.orientations, evaluations),
    }
    ends = {name: overrides.totals[name] for name in ("omega", "capture", "polar", "I")}
    return ffi.new(
        "pb_stage_overrides *",
        {"count": evaluations, "last_stage": int(overrides.last_stage), **pointers, **ends},
    )


def _orientations_pointer(orientations: NDArray[np.float64] | None, evaluations: int) -> Any:
    if orientations is None:
        return ffi.NULL
    if orientations.shape != (evaluations, 3, 3):
        raise ShapeError(
            f"orientations of shape {orientations.shape} are given for {evaluations} evaluations; "
            f"give ({evaluations}, 3, 3)"
        )
    check_layout(orientations, np.float64, 3)
    return ffi.cast("pb_orientation *", ffi.from_buffer(orientations))
