"""Batches of a frame on a pool of threads, each batch on one of torch's threads.

A batch is too small to be worth dividing: torch's own threads would wait for each other after every
operation, and wait long on a busy machine. Compiled steps are the exception: they do much at once
and hold Python's lock meanwhile, so there torch's threads divide a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

import torch

from parity_bridge.engines.torch_port.run_state import is_settled
from parity_bridge.files.thread_pool import cancelling_thread_pool

if TYPE_CHECKING:
    from parity_bridge.engines.torch_port.frame import Batch
    from parity_bridge.engines.torch_port.frame_context import FrameContext
    from parity_bridge.engines.torch_port.run_state import BatchState

#: Computes a batch from a state and returns the state after it.
Compute = Callable[["Batch", "BatchState"], "BatchState"]


def run_batches(
    frame_context: FrameContext,
    batches: Iterator[Batch],
    state: BatchState,
    compute: Compute,
    threads: int,
    *,
    divided: bool = False,
) -> tuple[BatchState, bool]:
    """Compute all batches as a run does; return the last state, and whether their order mattered.

    Batches run one after the other in this thread while the state may still change, then on
    ``threads`` threads; with one thread, or where each batch is ``divided`` among torch's own
    threads, they always run in this thread.
    """
    settled = is_settled(frame_context.setup, state)
    in_order = not settled
    with _TORCH_THREADS.limited_to(threads if divided else 1):
        if divided or threads == 1:
            for batch in batches:
                state = compute(batch, state)
            return state, in_order
        while not settled and (ordered := next(batches, None)) is not None:
            state = compute(ordered, state)
            settled = is_settled(frame_context.setup, state)
        _side_by_side(batches, state, compute, threads)
    return state, in_order


def _side_by_side(
    batches: Iterator[Batch], state: BatchState, compute: Compute, threads: int
) -> None:
    def one(batch: Batch) -> None:
        # A new thread has gradients switched on, and the number of threads that was set last.
        with torch.no_grad(), _TORCH_THREADS.limited_to(1):
            compute(batch, state)

    with cancelling_thread_pool(threads) as pool:
        running: deque[Future[None]] = deque()
        for batch in batches:
            running.append(pool.submit(one, batch))
            if len(running) > 2 * threads:  # a longer queue would only take memory
                running.popleft().result()
        for task in running:
            task.result()


class _TorchThreads:
    """Torch's number of threads: a setting of each thread, which new threads inherit."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._usual = 0

    @contextmanager
    def limited_to(self, count: int) -> Iterator[None]:
        """Use ``count`` in this thread; the last user to leave restores the original number."""
        with self._lock:
            if self._users == 0:
                self._usual = torch.get_num_threads()
            self._users += 1
            torch.set_num_threads(count)
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                torch.set_num_threads(self._usual)


_TORCH_THREADS = _TorchThreads()
