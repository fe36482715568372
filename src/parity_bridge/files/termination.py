"""SIGTERM as an exception, so that it cleans up as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

#: Exit status of a command that was interrupted.
_INTERRUPTED = 130


class Terminated(BaseException):
    """SIGTERM arrived; as with KeyboardInterrupt, no engine may treat it as its own failure."""


@contextmanager
def raise_on_sigterm() -> Iterator[None]:
    """Raise Terminated in the block when SIGTERM arrives; do nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set a handler
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def exit_at_next_interrupt() -> None:
    """End the process at the next SIGINT, whatever its threads do: files are replaced whole."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(_INTERRUPTED))


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    # `timeout` sends it twice: the second one must not interrupt the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated
