"""Gradient images: the derivatives of every pixel of a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core.arithmetic.prepare import (
    CoreExperiment,
    PreparedCore,
    state_struct,
    to_run_state,
)
from parity_bridge.engines.c_core.frame import FrameContext, RowsComputation, render_rows
from parity_bridge.engines.c_core.marshal import stop_pointer
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.experiment.regions import GradientFrame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.parameters import Parameter
    from parity_bridge.experiment.regions import Region, RunState


def render_gradients(
    question: CoreExperiment,
    frame_context: FrameContext,
    region: Region,
    state: RunState,
    threads: int,
    parameters: Sequence[Parameter],
) -> GradientFrame:
    """Compute ``region`` row by row from ``state`` on a pool of ``threads``.

    ``frame_context`` is that of the same experiment in double. Raise as ``frame.render`` and
    ``CoreExperiment.prepare`` do.
    """
    gradients: dict[str, NDArray[np.float64]] = {}
    for batch in question.batches(parameters):
        planes = np.empty((*region.shape, 1 + question.core.directions))
        compute = _rows_of(question.prepare(batch), frame_context, region, planes)
        after, in_order = render_rows(frame_context, region, state, threads, compute)
        gradients |= {
            item.name: np.ascontiguousarray(planes[..., place])
            for place, item in enumerate(batch, start=1)
        }
    return GradientFrame(np.ascontiguousarray(planes[..., 0]), gradients, after, in_order)


def _rows_of(
    prepared: PreparedCore,
    frame_context: FrameContext,
    region: Region,
    planes: NDArray[np.float64],
) -> RowsComputation:
    """Return what computes rows of ``region`` into ``planes`` from a state."""
    core, columns = prepared.core, region.fast

    def compute(rows: range, before: RunState) -> RunState:
        passing = state_struct(core, before)
        mask = core.ffi.NULL
        if frame_context.mask is not None:
            mask = core.ffi.cast("uint8_t *", core.ffi.from_buffer(frame_context.mask))
        part = planes[rows.start - region.slow.start :]
        check_status(
            core.lib.pb_gradient_pixels(
                prepared.setup,
                prepared.table,
                (rows.start, len(rows), columns.start, len(columns)),
                mask,
                passing,
                core.ffi.cast("double *", core.ffi.from_buffer(part, require_writable=True)),
                stop_pointer(core.ffi),
            )
        )
        return to_run_state(core, passing)

    return compute
