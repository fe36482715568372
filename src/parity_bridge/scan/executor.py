"""Tasks on a ``concurrent.futures`` executor: threads here, or the workers of a Dask cluster."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from parity_bridge.errors import BridgeError, EngineError, UsageError, one_line
from parity_bridge.files.thread_pool import cancelling_thread_pool
from parity_bridge.scan.worker_memory import keep_freed_memory

T = TypeVar("T")
R = TypeVar("R")

#: Parts that one task puts together.
_FAN_IN = 8
#: Seconds that a cluster may be without a worker before that is an error.
NO_WORKER_SECONDS = 30.0
_TICK = 0.5


@dataclass(frozen=True)
class WorkerPool:
    """An executor and its properties."""

    executor: Executor
    #: Tasks that can run at once.
    workers: int
    #: Threads that a task may use if it runs alone.
    threads: int
    #: Name in summaries.
    description: str
    #: Called in each process before its tasks.
    prepare: Callable[[], None]
    #: Whether there is a worker to run a task.
    has_workers: Callable[[], bool]


@contextmanager
def thread_pool(count: int) -> Iterator[WorkerPool]:
    """Yield a pool of threads of this process; a tile under way is finished and stored."""
    with cancelling_thread_pool(count, finishes_running=True) as pool:
        plural = "" if count == 1 else "s"
        yield WorkerPool(
            pool, count, count, f"{count} thread{plural}", _prepare_nothing, lambda: True
        )


@contextmanager
def dask_pool(address: str) -> Iterator[WorkerPool]:
    """Yield the workers of the Dask cluster whose scheduler is at ``address``.

    Raises UsageError where ``distributed`` is not installed, or no scheduler answers there.
    """
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            "--dask needs Dask's distributed, which is not installed; install parity-bridge[dask]"
        ) from error
    # A lost worker or scheduler is an error here; Dask need not log it too.
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distrib")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    connect: Any = distributed.Client  # without annotations
    try:
        client: Any = connect(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"--dask {address}: no Dask scheduler answers there ({one_line(error)}); start one "
            "with `dask scheduler` and name its address, tcp://HOST:8786 say"
        ) from error
    try:
        workers = client.nthreads()
        yield WorkerPool(
            client.get_executor(pure=False),
            max(1, sum(workers.values())),
            max(workers.values(), default=1),
            f"dask, {len(workers)} workers at {address}",
            keep_freed_memory,
            partial(_has_workers, client),
        )
    finally:
        client.close()


def run_all(
    worker_pool: WorkerPool,
    function: Callable[[T], R],
    items: Iterable[T],
    on_done: Callable[[T, R], None],
) -> None:
    """Call ``function`` for every item, and ``on_done`` with each item and its result.

    A few more calls are submitted at once than can run. Raises what a call raises; calls that have
    not begun by then are cancelled.
    """
    left = iter(items)
    running: dict[Future[R], T] = {}
    try:
        while True:
            for item in left:
                running[
                    worker_pool.executor.submit(
                        _prepare_and_call, worker_pool.prepare, function, item
                    )
                ] = item
                if len(running) > 2 * worker_pool.workers:
                    break
            if not running:
                return
            for future in _wait_for_completed(worker_pool, running):
                on_done(running.pop(future), _task_result(future))
    except BaseException:
        # Tasks that run already store their tile when they end; a cluster is not waited for.
        for future in running:
            future.cancel()
        raise


def reduce_all(
    worker_pool: WorkerPool, function: Callable[[Sequence[T]], T], parts: Sequence[T]
) -> T:
    """Return ``function`` of all parts, neighbours first, by a tree of tasks."""
    level = list(parts)
    while len(level) > 1:
        groups = [level[start : start + _FAN_IN] for start in range(0, len(level), _FAN_IN)]
        results: dict[int, T] = {}
        run_all(
            worker_pool,
            _IgnoreItemNumber(function),
            list(enumerate(groups)),
            lambda item, part, results=results: results.__setitem__(item[0], part),  # type: ignore[misc]
        )
        level = [results[number] for number in range(len(groups))]
    return level[0]


@dataclass(frozen=True)
class _IgnoreItemNumber:
    """A function of the second value of a pair; it can be sent to other processes."""

    function: Callable[..., Any]

    def __call__(self, item: tuple[int, Any]) -> Any:
        return self.function(item[1])


def _has_workers(client: Any) -> bool:
    """Return whether the scheduler answers and knows of a worker."""
    try:
        return client.status == "running" and bool(client.scheduler_info(n_workers=-1)["workers"])
    except (OSError, ValueError):
        return False


def _prepare_nothing() -> None:
    """Leave the process as it is."""


def _prepare_and_call(prepare: Callable[[], None], function: Callable[[T], R], item: T) -> R:
    prepare()
    return function(item)


def _wait_for_completed(worker_pool: WorkerPool, running: dict[Future[R], T]) -> list[Future[R]]:
    """Return the calls that have ended, at least one.

    Raises EngineError where no worker is left to end any.
    """
    without_worker_since: float | None = None
    while True:
        done = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED).done
        if done:
            return list(done)
        if worker_pool.has_workers():
            without_worker_since = None
            continue
        without_worker_since = without_worker_since or time.monotonic()
        if time.monotonic() - without_worker_since > NO_WORKER_SECONDS:
            raise EngineError(
                "the Dask cluster has no worker left, or its scheduler is gone; start one, then go "
                "on with --resume"
            )


def _task_result(future: Future[R]) -> R:
    try:
        return future.result()
    except BridgeError:
        raise
    except MemoryError as error:
        raise EngineError(
            "there is not enough memory for the tiles under way; go on with --resume and fewer "
            "--threads, or begin anew with a smaller --tile"
        ) from error
    except CancelledError as error:
        raise EngineError(
            "a tile was cancelled by the Dask cluster, whose scheduler may be gone; go on with "
            "--resume"
        ) from error
    except Exception as error:
        raise EngineError(
            f"a tile could not be computed ({one_line(error)}); go on with --resume"
        ) from error
