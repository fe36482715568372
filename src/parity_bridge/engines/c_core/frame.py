"""Rows of a frame on a pool of threads, in an order that gives a run's bits.

A row starts in the state that the row before it ended in. Once nothing in that state can change any
more (the usual case from the first row on) rows are independent. While it can, rows are computed
side by side as if each left the state as it found it, and those after a row that did not are
computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import state_struct
from parity_bridge.engines.c_core.observe import run_state
from parity_bridge.engines.c_core.setup import Derived, check
from parity_bridge.errors import UsageError
from parity_bridge.frames import F_CELL_PLANES, Frame, Region, RunState

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pixels of a task: enough that handing it out costs nothing, few enough to keep threads busy.
_PIXELS_PER_TASK = 32768

#: Computes a number of rows from a state; gives the state after them.
_Rows = Callable[[range, RunState], RunState]


@dataclass(frozen=True)
class Canvas:
    """What all pixels of a frame share."""

    derived: Derived
    table: Any  # pb_table *
    precision: int
    mask: NDArray[np.uint8] | None  # (slow, fast)

    def __post_init__(self) -> None:
        """Raise UsageError for a mask of another size than the detector."""
        fast, slow = self.derived.setup.detector.pixels
        if self.mask is not None and self.mask.shape != (slow, fast):
            raise UsageError(
                f"-mask has {self.mask.shape[0]} slow x {self.mask.shape[1]} fast pixels, the "
                f"detector {slow} x {fast}; give a mask of the detector's size"
            )

    def start(self) -> RunState:
        """The state at the start of a run."""
        state = ffi.new("pb_run_state *")
        check(lib.pb_start(self.derived.setup, self.table, state))
        return run_state(state)

    def region(self, region: Region | None) -> Region:
        """``region``, checked, or the whole detector."""
        fast, slow = self.derived.setup.detector.pixels
        if region is None:
            return Region.whole(slow, fast)
        region.check(slow, fast)
        return region

    def is_settled(self, state: RunState) -> bool:
        """Whether the order of pixels matters no more."""
        return bool(lib.pb_is_settled(self.derived.setup, state_struct(state)))

    def mask_of(self, row: int, fast: range) -> Any:
        """The mask of a part of a row, or NULL."""
        if self.mask is None:
            return ffi.NULL
        part = self.mask[row, fast.start : fast.stop]
        return ffi.from_buffer("uint8_t[]", part)


def image(canvas: Canvas, region: Region, state: RunState, threads: int) -> Frame:
    """The image of ``region``, rendered from ``state`` on."""
    pixels = np.empty(region.shape, dtype=np.float32)

    def render(rows: range, before: RunState) -> RunState:
        passing = state_struct(before)
        for row in rows:
            check(
                lib.pb_image_pixels(
                    canvas.derived.setup,
                    canvas.table,
                    canvas.precision,
                    row,
                    region.fast.start,
                    len(region.fast),
                    canvas.mask_of(row, region.fast),
                    passing,
                    ffi.from_buffer("float[]", pixels[row - region.slow.start]),
                )
            )
        return run_state(passing)

    after, in_order = _run(canvas, region, state, threads, render)
    return Frame(pixels, after, in_order)


def f_cell_maps(
    canvas: Canvas, region: Region, state: RunState, threads: int
) -> dict[str, NDArray[Any]]:
    """Planes of Tap 4 over ``region``, (slow, fast)."""
    planes = {name: np.empty(region.shape, dtype) for name, dtype in F_CELL_PLANES.items()}

    def count(rows: range, before: RunState) -> RunState:
        passing = state_struct(before)
        for row in rows:
            own = _planes_of_row(planes, row - region.slow.start)
            check(
                lib.pb_f_cell_pixels(
                    canvas.derived.setup,
                    canvas.table,
                    row,
                    region.fast.start,
                    len(region.fast),
                    canvas.mask_of(row, region.fast),
                    passing,
                    own,
                )
            )
        return run_state(passing)

    _run(canvas, region, state, threads, count)
    return planes


def state_before(canvas: Canvas, pixel: tuple[int, int]) -> RunState:
    """The state in which a run over the whole frame comes to ``pixel`` (slow, fast)."""
    slow, fast = pixel
    pixels_fast = canvas.derived.setup.detector.pixels[0]
    state = canvas.start()
    for row in range(slow + 1):
        if canvas.is_settled(state):
            break
        columns = range(pixels_fast if row < slow else fast)
        if columns:
            state = image(canvas, Region(range(row, row + 1), columns), state, 1).state
    return state


def _run(
    canvas: Canvas, region: Region, state: RunState, threads: int, compute: _Rows
) -> tuple[RunState, bool]:
    """Compute all rows; the state after them, and whether their order mattered at all."""
    in_order = False
    left = region.slow
    per_task = max(1, _PIXELS_PER_TASK // len(region.fast))
    with ThreadPoolExecutor(threads) as pool:
        while left and not canvas.is_settled(state):
            in_order = in_order or left != region.slow
            state, left = _speculate(pool, threads, left, state, compute)
        tasks = [
            pool.submit(compute, left[start : start + per_task], state)
            for start in range(0, len(left), per_task)
        ]
        for task in tasks:
            state = task.result()
    return state, in_order


def _speculate(
    pool: ThreadPoolExecutor, threads: int, rows: range, state: RunState, compute: _Rows
) -> tuple[RunState, range]:
    """Compute a row for each thread from one state; keep those that began in the right one."""
    batch = rows[:threads]
    ends = [pool.submit(compute, rows[place : place + 1], state) for place in range(len(batch))]
    ends = [end.result() for end in ends]
    for done, end in enumerate(ends, start=1):
        if end != state:
            return end, rows[done:]
    return state, rows[len(batch) :]


def _planes_of_row(planes: dict[str, NDArray[Any]], row: int) -> Any:
    kinds = {"int32": "int32_t *", "float64": "double *"}
    return ffi.new(
        "pb_f_cell_planes *",
        {
            name: ffi.cast(kinds[str(plane.dtype)], ffi.from_buffer(plane[row]))
            for name, plane in planes.items()
        },
    )
