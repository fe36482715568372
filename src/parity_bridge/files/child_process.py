"""Another program, run so that none of its processes outlives this one or the end of its run.

It is started by a keeper (``child_keeper.py``), a process that goes on when this one is killed.
"""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from parity_bridge.files import child_keeper

#: Seconds in which a keeper ends all processes; SIGKILL leaves them no choice.
_STOP_SECONDS = 30.0

_ANSWER_BYTES = 64

_Output = IO[bytes] | int


@dataclass(frozen=True)
class ChildProcess:
    """A program that runs."""

    _socket: socket.socket
    _keeper: subprocess.Popen[bytes]

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; return its status as ``subprocess`` counts it, None where it goes on.

        When it has ended, so have all processes that it started. Raise OSError where it could not
        be started.
        """
        self._socket.settimeout(max(seconds, 1e-3))
        try:
            kind, _, number = self._socket.recv(_ANSWER_BYTES).decode("ascii").partition(" ")
        except TimeoutError:
            return None
        if kind == "status":
            return int(number)
        if kind == "errno":
            raise OSError(int(number), os.strerror(int(number)))
        status = self._keeper.wait()
        if status >= 0:
            raise OSError(errno.ECHILD, f"the process that watches it ended with status {status}")
        return status


@contextmanager
def child_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    stdout: _Output = subprocess.DEVNULL,
    stderr: _Output = subprocess.DEVNULL,
) -> Iterator[ChildProcess]:
    """Run ``command``, which begins with the path of a program, as long as the block lasts.

    At the end of the block, or when this process dies, all processes that it started are ended,
    those in sessions of their own too (on Linux). Raise OSError where no process can be started.
    """
    near_end, far_end = socket.socketpair()
    with near_end:
        with far_end:
            keeper = subprocess.Popen(  # noqa: S603 - the caller names the program
                # -I, -S: nothing but the standard library is imported.
                [sys.executable, "-I", "-S", child_keeper.__file__, *command],
                cwd=folder,
                env=dict(environment),
                stdin=far_end.fileno(),
                stdout=stdout,
                stderr=stderr,
                # Ctrl-C in a terminal comes to this process only, which ends the others.
                start_new_session=True,
            )
        try:
            yield ChildProcess(near_end, keeper)
        finally:
            _stop(near_end, keeper)


def _stop(near_end: socket.socket, keeper: subprocess.Popen[bytes]) -> None:
    """Have the keeper end all processes, and wait for it."""
    with suppress(OSError):
        near_end.shutdown(socket.SHUT_WR)
    try:
        keeper.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
