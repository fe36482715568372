"""A flag that tells the tasks of a thread pool to end, so that Ctrl-C need not wait for them."""

from __future__ import annotations

import threading
from array import array
from concurrent.futures import CancelledError

_THREAD = threading.local()


class StopFlag:
    """Set by one thread, read by those that compute."""

    def __init__(self) -> None:
        """Begin unset."""
        #: One int, for C code to read; anything but 0 is set.
        self.memory = array("i", [0])

    def __bool__(self) -> bool:
        return self.memory[0] != 0

    def set(self) -> None:
        """Tell the tasks to end."""
        self.memory[0] = 1

    def hold_in_this_thread(self) -> None:
        """Make this the flag of what this thread computes from now on."""
        _THREAD.flag = self


def stop_flag() -> StopFlag | None:
    """Return the flag of this thread's pool; None in a thread of no pool."""
    flag: StopFlag | None = getattr(_THREAD, "flag", None)
    return flag


def end_where_stopped() -> None:
    """Raise CancelledError where the flag of this thread's pool is set."""
    if stop_flag():
        raise CancelledError
