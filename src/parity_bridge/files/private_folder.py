"""Temporary folders that are removed even when the process that created them was killed.

A process holds a lock on its folder, which ends with the process. Before its first folder, a
process removes those that nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

_PREFIX = "parity_bridge_run-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a new, empty folder, which is removed at the end; raise OSError where there is none."""
    remove_leftovers(tempfile.gettempdir())
    while True:
        with TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
            lock = lock_folder(name)
            if lock is None:
                continue  # removed as a leftover before it was locked
            try:
                yield Path(name)
                return
            finally:
                os.close(lock)


@lru_cache
def remove_leftovers(parent: str) -> None:
    """Remove the folders in ``parent`` that dead processes of this user left, once a process."""
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and _is_own(entry):
                remove_if_unused(entry.path)


def _is_own(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return (
            entry.is_dir(follow_symlinks=False)
            and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
        )
    return False


def remove_if_unused(folder: str) -> None:
    """Remove ``folder`` where no process holds its lock."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def lock_folder(folder: str) -> int | None:
    """Lock ``folder`` and return the open file that holds the lock; None where it is being removed.

    Where the file system has no locks, none is held, and no process removes anything there.
    """
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        return lock
    if os.path.exists(folder):  # noqa: PTH110 - as it was named
        return lock
    os.close(lock)
    return None
