"""``commands.txt`` and ``attempt_fail.log``: the commands given, and why some failed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity_bridge.errors import BridgeError, FileError
from parity_bridge.files.names import encode_utf8, printable
from parity_bridge.records.metadata import RunContext

COMMANDS_FILE = "commands.txt"
FAILURE_FILE = "attempt_fail.log"


def log_command(folder: Path, command: str) -> None:
    """Append a command to ``commands.txt`` in ``folder``; raises FileError."""
    _append(folder / COMMANDS_FILE, f"{command}\n")


def log_failure(folder: Path, run_context: RunContext, error: BridgeError, remedy: str) -> None:
    """Append to ``attempt_fail.log`` the command, why it failed and how to go on."""
    _append(
        folder / FAILURE_FILE,
        f"when: {run_context.timestamp}\n"
        f"what: {run_context.command}\n"
        f"why: {printable(str(error))} (exit status {error.exit_status})\n"
        f"how to go on: {remedy}\n",
    )


def _append(path: Path, text: str) -> None:
    # One appended block, not a renamed copy: commands running side by side must not lose lines.
    data = encode_utf8(text, path)
    try:
        with os.fdopen(_open_regular_file(path), "ab") as log:
            log.write(data)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror}); give a writable folder with --out-dir"
        ) from error


def _open_regular_file(path: Path) -> int:
    """Open a file for appending; raise OSError where it cannot be, FileError where it is a link.

    A file of any other kind is refused as a link is: text goes into the folder and nowhere else.
    """
    try:
        # Without O_NONBLOCK a FIFO would be waited for.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        number = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _not_regular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise _not_regular(path)
    return number


def _not_regular(path: Path) -> FileError:
    return FileError(
        f"{path} is a link or no regular file, and nothing is appended to it; remove it, or give "
        "another --stamp or --out-dir"
    )


@contextmanager
def failures_noted(folder: Path, context: RunContext, remedy: str) -> Iterator[None]:
    """Log in ``folder`` a BridgeError that the block raises, if the log can be written."""
    try:
        yield
    except BridgeError as error:
        with suppress(FileError):
            log_failure(folder, context, error, remedy)
        raise
