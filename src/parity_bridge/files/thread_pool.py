"""A pool of threads that drops the tasks it has not started as soon as one fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from parity_bridge.files.stop_flag import StopFlag


@contextmanager
def cancelling_thread_pool(
    threads: int, *, finishes_running: bool = False
) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool; wait for its tasks at the end, or cancel them where the block raises.

    Without this, Ctrl-C or a first row that cannot be computed would wait for the whole frame.
    Tasks under way end too, as soon as they read the ``stop_flag`` of their thread, unless the
    pool ``finishes_running`` ones.
    """
    flag = StopFlag()
    pool = ThreadPoolExecutor(threads, initializer=flag.hold_in_this_thread)
    try:
        yield pool
    except BaseException:
        if not finishes_running:
            flag.set()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
