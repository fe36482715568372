"""A pool of threads that drops the tasks it has not started as soon as one fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def cancelling_thread_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool; wait for its tasks at the end, or cancel them where the block raises.

    Without this, Ctrl-C or a first row that cannot be computed would wait for the whole frame.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
