"""Work in forks of this process: each returns its result through a pipe, or is killed in time."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any


class Fork:
    """A fork that computes ``work()``; its result is None where it raised, died or was killed."""

    def __init__(self, work: Callable[[], Any], limit_s: float) -> None:
        self.result: Any = None
        self._data = b""
        self._deadline = time.monotonic() + limit_s
        self.pipe, theirs = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _work_and_exit(work, theirs)
        os.close(theirs)

    def fileno(self) -> int:
        """Return what ``select`` waits for."""
        return self.pipe

    @property
    def seconds_left(self) -> float:
        """Seconds until it is killed."""
        return max(0.0, self._deadline - time.monotonic())

    def has_ended(self) -> bool:
        """Read what the fork has written; True where that is all."""
        data = os.read(self.pipe, 1 << 16)
        self._data += data
        if data:
            return False
        self._end()
        if self._data:
            self.result = pickle.loads(self._data)  # noqa: S301 - of our own fork
        return True

    def kill(self) -> None:
        """End it without a result."""
        os.kill(self._process, signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        os.close(self.pipe)
        os.waitpid(self._process, 0)


def _work_and_exit(work: Callable[[], Any], pipe: int) -> None:
    status = 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        data = pickle.dumps(work())
        with os.fdopen(pipe, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)


def first_to_end(forks: Sequence[Fork]) -> Fork:
    """Wait until one of ``forks`` has ended, or kill one whose time is over, and return it."""
    while True:
        late = min(forks, key=lambda fork: fork.seconds_left)
        ready, _, _ = select.select(forks, [], [], late.seconds_left)
        if not ready:
            late.kill()
            return late
        for fork in ready:
            if fork.has_ended():
                return fork


def in_fork(work: Callable[[], Any], limit_s: float) -> Any:
    """Return what ``work`` returns in a fork, which leaves nothing in this process."""
    fork = Fork(work, limit_s)
    first_to_end([fork])
    return fork.result
