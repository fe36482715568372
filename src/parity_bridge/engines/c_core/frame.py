"""Rows of a frame on a pool of threads, in an order that gives a run's bits.

A row begins in the state in which the row before it ended. Once nothing in that state can change
(usually from the first row on), rows are independent. Until then, rows are computed side by side as
if none changed the state, and the rows after one that did are computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import (
    check_layout,
    state_struct,
    stop_pointer,
    to_run_state,
)
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.experiment.regions import Planes, Region, RunState, check_mask
from parity_bridge.files.thread_pool import cancelling_thread_pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Most pixels and evaluations of a task of several rows: enough that starting it costs little, few
#: enough to keep all threads busy and to end soon after Ctrl-C.
_PIXELS_PER_TASK = 32768
_EVALUATIONS_PER_TASK = 2**22

_POINTERS = {"int32": "int32_t *", "float64": "double *"}

#: Computes a number of rows from a state and returns the state after them.
RowsComputation = Callable[[range, RunState], RunState]


@dataclass(frozen=True)
class FrameContext:
    """What all pixels of a frame share."""

    setup: Any  # pb_setup *
    table: Any  # pb_table *
    precision: int
    mask: NDArray[np.uint8] | None  # (slow, fast)

    def __post_init__(self) -> None:
        """Raise UsageError for a mask of another size than the detector.

        Raise TypeError for a mask of another dtype or layout.
        """
        fast, slow = self.setup.detector.pixels
        check_mask(self.mask, slow, fast)
        if self.mask is not None:
            check_layout(self.mask, np.uint8, 2)

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        state = ffi.new("pb_run_state *")
        check_status(lib.pb_start(self.setup, self.table, state))
        return to_run_state(state)

    def region(self, region: Region | None) -> Region:
        """Return ``region``, checked, or the whole detector."""
        fast, slow = self.setup.detector.pixels
        return Region.checked_or_whole(region, slow, fast)

    def is_settled(self, state: RunState) -> bool:
        """Return whether the order of pixels no longer matters."""
        return bool(lib.pb_is_settled(self.setup, state_struct(state)))

    @property
    def mask_pointer(self) -> Any:
        """Return a pointer to the mask, or NULL."""
        return ffi.NULL if self.mask is None else ffi.cast("uint8_t *", ffi.from_buffer(self.mask))


def render(
    frame_context: FrameContext,
    region: Region,
    state: RunState,
    threads: int,
    *,
    image: NDArray[np.float32] | None = None,
    planes: Planes | None = None,
) -> tuple[RunState, bool]:
    """Fill ``image`` and planes of Tap 4 over ``region``, either or both, from ``state`` on.

    Arrays are C-contiguous (slow, fast). The float64 ``rounding_margin`` may be among the planes.
    Return the state after the last pixel, and whether the order of pixels mattered.
    """

    def compute(rows: range, before: RunState) -> RunState:
        first, passing = rows.start - region.slow.start, state_struct(before)
        check_status(
            lib.pb_frame_pixels(
                frame_context.setup,
                frame_context.table,
                frame_context.precision,
                _rectangle(rows, region.fast),
                frame_context.mask_pointer,
                passing,
                ffi.NULL if image is None else _pointer("float *", image[first:]),
                ffi.NULL if planes is None else _planes_from(planes, first),
                stop_pointer(),
            )
        )
        return to_run_state(passing)

    return render_rows(frame_context, region, state, threads, compute)


def states_before(frame_context: FrameContext, pixels: Sequence[tuple[int, int]]) -> list[RunState]:
    """Return the states in which one run over the whole frame reaches ``pixels`` (slow, fast)."""
    found = {}
    state, reached = frame_context.start(), (0, 0)
    for pixel in sorted(set(pixels)):
        for part in _between(reached, pixel, frame_context.setup.detector.pixels[0]):
            if frame_context.is_settled(state):
                break
            # Computing Tap 4 alone would not update the polarization axis.
            unused = np.empty(part.shape, dtype=np.float32)
            state, _ = render(frame_context, part, state, 1, image=unused)
        found[pixel], reached = state, pixel
    return [found[pixel] for pixel in pixels]


def _between(first: tuple[int, int], last: tuple[int, int], width: int) -> Iterator[Region]:
    """Yield, row by row, the pixels from ``first`` to the one before ``last``."""
    for slow in range(first[0], last[0] + 1):
        columns = range(first[1] if slow == first[0] else 0, last[1] if slow == last[0] else width)
        if columns:
            yield Region(range(slow, slow + 1), columns)


def render_rows(
    frame_context: FrameContext,
    region: Region,
    state: RunState,
    threads: int,
    compute: RowsComputation,
) -> tuple[RunState, bool]:
    """Compute all rows; return the state after them, and whether their order mattered."""
    in_order = not frame_context.is_settled(state)
    left = region.slow
    per_task = _rows_per_task(len(region.fast), frame_context.setup.evaluations)
    with cancelling_thread_pool(threads) as pool:
        while left and not frame_context.is_settled(state):
            state, left = _speculate(pool, threads, left, state, compute)
        tasks = [
            pool.submit(compute, left[start : start + per_task], state)
            for start in range(0, len(left), per_task)
        ]
        for task in tasks:
            state = task.result()
    return state, in_order


def _rows_per_task(width: int, evaluations: int) -> int:
    """Return the rows of ``width`` pixels, each of ``evaluations``, that a task computes."""
    return max(1, min(_PIXELS_PER_TASK, _EVALUATIONS_PER_TASK // evaluations) // width)


def _speculate(
    pool: ThreadPoolExecutor, threads: int, rows: range, state: RunState, compute: RowsComputation
) -> tuple[RunState, range]:
    """Compute a row for each thread from one state; accept rows that began in the right one."""
    batch = rows[:threads]
    tasks = [pool.submit(compute, rows[place : place + 1], state) for place in range(len(batch))]
    for done, end in enumerate([task.result() for task in tasks], start=1):
        if end != state:
            return end, rows[done:]
    return state, rows[len(batch) :]


def _rectangle(rows: range, columns: range) -> tuple[int, int, int, int]:
    return rows.start, len(rows), columns.start, len(columns)


def _planes_from(planes: Planes, row: int) -> Any:
    """Return a ``pb_f_cell_planes *`` to the entries from ``row`` on."""
    return ffi.new(
        "pb_f_cell_planes *",
        {
            name: _pointer(_POINTERS[str(plane.dtype)], plane[row:])
            for name, plane in planes.items()
        },
    )


def _pointer(kind: str, array: NDArray[Any]) -> Any:
    """Return a pointer to the first entry of a writeable array, which must outlive it."""
    return ffi.cast(kind, ffi.from_buffer(array, require_writable=True))
