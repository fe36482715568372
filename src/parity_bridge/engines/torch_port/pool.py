"""Batches of a frame on a pool of threads, each of them on one thread of torch's own.

A batch is too small to be worth dividing: torch's own threads would wait for each other after every
operation, and wait long where the machine has other things to do. Compiled steps are the exception:
they do much at once, and hold Python's lock meanwhile, so there torch's threads divide a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from parity_bridge.engines.torch_port.chain import is_settled
from parity_bridge.pools import cancelling_pool

if TYPE_CHECKING:
    from parity_bridge.engines.torch_port.canvas import Canvas
    from parity_bridge.engines.torch_port.evaluation import State
    from parity_bridge.engines.torch_port.frame import Batch

#: Computes a batch from a state; gives the state after it.
Compute = Callable[["Batch", "State"], "State"]


def run_batches(
    canvas: Canvas,
    batches: Iterator[Batch],
    state: State,
    compute: Compute,
    threads: int,
    *,
    divided: bool = False,
) -> tuple[State, bool]:
    """Compute all batches as a run does; the state after them, and whether their order mattered.

    One after the other while the state may still change, on ``threads`` threads from then on; or
    always one after the other, each ``divided`` among torch's threads.
    """
    in_order = not is_settled(canvas.setup, state)
    with _torch_threads(threads if divided else 1):
        for batch in batches:
            state = compute(batch, state)
            if is_settled(canvas.setup, state):
                break
        _side_by_side(batches, state, compute, 1 if divided else threads)
    return state, in_order


def _side_by_side(batches: Iterator[Batch], state: State, compute: Compute, threads: int) -> None:
    def one(batch: Batch) -> None:
        with torch.no_grad():  # a thread begins with gradients
            compute(batch, state)

    with cancelling_pool(threads) as pool:
        running: deque[Future[None]] = deque()
        for batch in batches:
            running.append(pool.submit(one, batch))
            if len(running) > 2 * threads:  # what is not yet due would only take memory
                running.popleft().result()
        for task in running:
            task.result()


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
