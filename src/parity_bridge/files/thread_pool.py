"""A pool of threads that gives up what it has not begun as soon as something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def cancelling_thread_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool whose tasks are waited for at the end, or cancelled where the block is left early.

    Otherwise Ctrl-C, or a first row that cannot be computed, would wait for the whole frame.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
