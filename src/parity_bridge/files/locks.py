"""Locks on folders: held by a process, and gone with it, however it ends."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path


class Lock(Enum):
    """What came of the attempt to lock a folder."""

    #: This thread holds the lock.
    HELD = auto()
    #: Another process or thread holds it, or has just removed the folder.
    TAKEN = auto()
    #: The file system has no locks.
    UNKNOWN = auto()


_HELD_BY_THREAD = threading.local()


@contextmanager
def folder_lock(folder: Path) -> Iterator[Lock]:
    """Try to lock the existing ``folder`` during the block; yield what came of it.

    The lock lies on the folder itself, so that no file stays behind. A thread that holds the lock
    gets it again.
    """
    path = os.path.realpath(folder)
    held: set[str] = _HELD_BY_THREAD.__dict__.setdefault("paths", set())
    if path in held:
        yield Lock.HELD
        return
    try:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield Lock.TAKEN
        return
    except OSError:
        yield Lock.UNKNOWN
        return
    lock = Lock.UNKNOWN
    try:
        lock = _try_lock(number, path)
        if lock is Lock.HELD:
            held.add(path)
        yield lock
    finally:
        if lock is Lock.HELD:
            held.discard(path)
        os.close(number)


def _try_lock(number: int, path: str) -> Lock:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Lock.TAKEN
    except OSError:
        return Lock.UNKNOWN
    try:
        is_same = os.path.samestat(os.fstat(number), os.stat(path))  # noqa: PTH116 - path is text
    except OSError:
        return Lock.TAKEN
    return Lock.HELD if is_same else Lock.TAKEN
