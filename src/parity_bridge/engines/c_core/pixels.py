"""Tapped pixels of the C core, one after the other: setup and states in, observations out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.frame import FrameContext
from parity_bridge.engines.c_core.marshal import state_struct, stop_pointer
from parity_bridge.engines.c_core.observations import (
    copy_rows,
    derived_from_setup,
    f_cell_stats,
    row_buffer,
    totals_of,
)
from parity_bridge.engines.c_core.overrides import StageOverrides, overrides_struct
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.files.thread_pool import cancelling_thread_pool
from parity_bridge.taps.observation import Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import RunState
    from parity_bridge.experiment.structure_factors import StructureFactors


def observe_pixels(
    experiment: Experiment,
    factors: StructureFactors,
    frame_context: FrameContext,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    given: Sequence[StageOverrides | None],
) -> list[Observation]:
    """Compute ``pixels`` (slow, fast), each from its state and with its given stages."""
    setup = frame_context.setup
    derived = derived_from_setup(setup, frame_context.table)
    rows = row_buffer(setup.evaluations)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    fast_min, fast_max, slow_min, slow_max = setup.detector.roi
    observations = []
    with cancelling_thread_pool(1) as pool:
        for (slow, fast), before, stages in zip(pixels, states, given, strict=True):
            # On another thread: this one would answer Ctrl-C after the last evaluation.
            pixel = (slow, fast, before, stages, rows, totals, f_cell)
            check_status(pool.submit(_compute, frame_context, *pixel).result())
            mask = None if frame_context.mask is None else int(frame_context.mask[slow, fast])
            observations.append(
                Observation(
                    pixel=(slow, fast),
                    derived=derived,
                    # The next pixel uses the same buffer.
                    evaluations=copy_rows(rows),
                    totals=totals_of(totals, setup.steps, mask),
                    f_cell=f_cell_stats(f_cell),
                    hkl_table=factors.provenance,
                    oversample=setup.oversample,
                    state=before,
                    experiment=experiment,
                    roi=(fast_min, fast_max, slow_min, slow_max),
                    mask=mask,
                )
            )
    return observations


def _compute(
    frame_context: FrameContext,
    slow: int,
    fast: int,
    before: RunState,
    stages: StageOverrides | None,
    rows: NDArray[np.void],
    totals: Any,
    f_cell: Any,
) -> int:
    """Compute a pixel on a thread of a pool, fill what is given, and return its status.

    Pointers keep no array alive: the arguments do, should nobody wait for this thread any more.
    """
    status: int = lib.pb_pixel(
        frame_context.setup,
        frame_context.table,
        slow,
        fast,
        state_struct(before),
        totals,
        f_cell,
        ffi.cast("pb_evaluation *", ffi.from_buffer(rows)),
        rows.size,
        overrides_struct(stages, rows.size),
        stop_pointer(),
    )
    return status
