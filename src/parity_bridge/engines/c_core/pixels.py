"""Tapped pixels of the C core, one after the other: setup and states in, observations out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.frame import FrameContext
from parity_bridge.engines.c_core.marshal import state_struct, stop_pointer
from parity_bridge.engines.c_core.observations import (
    UsedOrientations,
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

#: Fewer evaluations than these end before a thread could take them over.
_EVALUATIONS_FOR_A_THREAD = 2**12


def observe_pixels(
    experiment: Experiment,
    factors: StructureFactors,
    frame_context: FrameContext,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    given: Sequence[StageOverrides | None],
) -> list[Observation]:
    """Compute ``pixels`` (slow, fast), each from its state and with its given stages."""
    tasks = zip(pixels, states, given, strict=True)
    return list(observe_in_turn(experiment, factors, frame_context, tasks))


def observe_in_turn(
    experiment: Experiment,
    factors: StructureFactors,
    frame_context: FrameContext,
    tasks: Iterable[tuple[tuple[int, int], RunState, StageOverrides | None]],
) -> Iterator[Observation]:
    """Yield the observation of each task: a pixel (slow, fast), its state and its given stages.

    A task is taken when its observation is asked for.
    """
    setup = frame_context.setup
    buffers = _Buffers.of(setup)
    observation = _observation_in_frame(experiment, factors, frame_context)
    with cancelling_thread_pool(1) as pool:
        for (slow, fast), before, stages in tasks:
            compute = partial(_compute, frame_context, slow, fast, before, stages, buffers)
            # On another thread: this one would answer Ctrl-C after the last evaluation.
            waits = buffers.rows.size >= _EVALUATIONS_FOR_A_THREAD
            check_status(pool.submit(compute).result() if waits else compute())
            mask = None if frame_context.mask is None else int(frame_context.mask[slow, fast])
            yield observation(
                pixel=(slow, fast),
                # The next pixel uses the same buffers.
                evaluations=copy_rows(buffers.rows),
                orientations=buffers.used.copy(),
                totals=totals_of(buffers.totals, setup.steps, mask),
                f_cell=f_cell_stats(buffers.f_cell),
                state=before,
                mask=mask,
            )


@dataclass(frozen=True)
class _Buffers:
    """What the core fills in for a pixel."""

    rows: NDArray[np.void]
    used: UsedOrientations
    totals: Any
    f_cell: Any

    @classmethod
    def of(cls, setup: Any) -> _Buffers:
        """Lay out the buffers of any pixel of ``setup``."""
        totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
        return cls(row_buffer(setup.evaluations), UsedOrientations(setup), totals, f_cell)


def _observation_in_frame(
    experiment: Experiment, factors: StructureFactors, frame_context: FrameContext
) -> Callable[..., Observation]:
    """Return what creates the observation of a pixel from all that differs between pixels."""
    setup = frame_context.setup
    return partial(
        Observation,
        derived=derived_from_setup(setup, frame_context.table),
        hkl_table=factors.provenance,
        oversample=setup.oversample,
        experiment=experiment,
        roi=tuple(setup.detector.roi),
    )


def _compute(
    frame_context: FrameContext,
    slow: int,
    fast: int,
    before: RunState,
    stages: StageOverrides | None,
    buffers: _Buffers,
) -> int:
    """Compute a pixel, fill what is given, and return its status.

    Pointers keep no array alive: the arguments do, should nobody wait for this thread any more.
    """
    status: int = lib.pb_pixel(
        frame_context.setup,
        frame_context.table,
        slow,
        fast,
        state_struct(before),
        buffers.totals,
        buffers.f_cell,
        ffi.cast("pb_evaluation *", ffi.from_buffer(buffers.rows)),
        buffers.rows.size,
        buffers.used.struct,
        overrides_struct(stages, buffers.rows.size),
        stop_pointer(),
    )
    return status
