"""The program that runs another one and leaves no process of it behind.

Usage: child_keeper.py PROGRAM WORD..., with a socket as standard input. PROGRAM has the keeper's
folder, environment and output, and nothing to read. When it ends, or when the other end of the
socket is shut (as it is when the process that started the keeper dies, by SIGKILL too), every
process that PROGRAM started ends as well, in whatever session it is: their orphans become the
keeper's children, where the system has ``PR_SET_CHILD_SUBREAPER`` (Linux). Then the keeper writes
to the socket how PROGRAM ended: ``status N``, as ``subprocess`` counts it, or ``errno N`` where it
could not be started. It is run as a file and imports nothing of this package.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from contextlib import suppress
from typing import NoReturn

_SOCKET = 0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

#: Signals that end the keeper, but not before it has ended the program.
_STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}

#: Ignored by Python, not by other programs.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)

#: Seconds between two looks at who the parent is: a copy of its socket may outlive it.
_CHECK_EVERY = 1.0


def main(command: list[str]) -> None:
    """Run ``command`` and write to the socket how it ended."""
    parent = os.getppid()
    adopts = _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signals = _signal_pipe()
    program, error = _start(command)
    answer = f"errno {error}" if error else _wait(program, signals, parent)
    if not adopts:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program, signal.SIGKILL)
    _end_children()
    if answer is not None:
        os.write(_SOCKET, answer.encode("ascii"))


def _signal_pipe() -> int:
    """Return a pipe that receives the number of each signal that comes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *_STOPS):
        signal.signal(number, lambda _number, _frame: None)
    return reader


def _start(command: list[str]) -> tuple[int, int]:
    """Start ``command``; return its process and the error number of its start, 0 without one."""
    keeper = os.getpid()
    reader, writer = os.pipe()  # closed when the program begins
    process = os.fork()
    if process == 0:
        _become(command, keeper, writer)
    os.close(writer)
    return process, int(os.read(reader, 16) or 0)


def _become(command: list[str], keeper: int, writer: int) -> NoReturn:
    """Replace this process by ``command``; write the error number where that is impossible."""
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == keeper:
            os.dup2(os.open(os.devnull, os.O_RDONLY), _SOCKET)
            for number in _IGNORED_BY_PYTHON:
                signal.signal(number, signal.SIG_DFL)
            os.execv(command[0], command)  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        os.write(writer, str(error.errno).encode("ascii"))
    finally:
        os._exit(127)


def _wait(program: int, signals: int, parent: int) -> str | None:
    """Wait for the end of ``program`` and return its status; None: it is to be stopped."""
    while os.getppid() == parent:
        ready, _, _ = select.select([_SOCKET, signals], [], [], _CHECK_EVERY)
        if _SOCKET in ready:
            return None
        if signals not in ready:
            continue
        if _STOPS & set(os.read(signals, 4096)):
            return None
        status = _reap(program)
        if status is not None:
            return f"status {os.waitstatus_to_exitcode(status)}"
    return None


def _reap(program: int) -> int | None:
    """Collect the children that have ended; return the status of ``program`` if it is among them.

    Raise ChildProcessError where there are no children.
    """
    while True:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == program:
            return status
        if process == 0:
            return None


def _end_children() -> None:
    """End all children; theirs become children of this process and end too."""
    with suppress(ChildProcessError):
        while True:
            _reap(-1)
            ended = [process for process in _children() if _is_killed(process)]
            if not ended:
                return
            for process in ended:
                os.waitpid(process, 0)


def _children() -> list[int]:
    """Return the children of this process; none where the system does not list processes."""
    own = os.getpid()
    try:
        processes = [entry.name for entry in os.scandir("/proc") if entry.name.isdigit()]
    except OSError:
        return []
    return [int(process) for process in processes if _parent(process) == own]


def _parent(process: str) -> int | None:
    """Return the parent of a process; None where it has ended."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:  # noqa: PTH123 - pathlib loads slowly
            # After the name of the program, which may hold anything: state, parent.
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _is_killed(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _prctl(option: int, value: int) -> bool:
    """Set an attribute of this process; return whether the system has it."""
    try:
        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
