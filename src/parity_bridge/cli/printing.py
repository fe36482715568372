"""What a command prints: notes and errors on the error stream, lines on standard output."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from parity_bridge.errors import FileError
from parity_bridge.files.names import printable


def prepare_streams() -> None:
    """Prepare the standard streams of this process, whatever the terminal and the caller are.

    A character that the encoding of the terminal lacks is printed as an escape of its number. A
    stream that is closed becomes the null device, so that no file takes its number.
    """
    for number in range(3):
        _open_if_closed(number)
    sys.stdout = sys.stdout or _open_stream(1)
    sys.stderr = sys.stderr or _open_stream(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_note(text: str) -> None:
    """Print a note to the error stream on one line, apart from the output."""
    _print_to_error_stream(f"note: {text}")


def print_error(error: Exception, program: str = "parity_bridge") -> None:
    """Print the message of ``error`` to the error stream on one line, after the ``program``."""
    _print_to_error_stream(f"{program}: {error}")


def print_lines(lines: Iterable[str]) -> None:
    """Print ``lines``; stop without an error where the reader of the output has closed it.

    Raises FileError where the output cannot be written.
    """
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise FileError(f"standard output cannot be written ({error.strerror})") from error


def _print_to_error_stream(text: str) -> None:
    """Print ``text`` on one line; a stream that cannot be written does not change the result."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Let all that ``stream`` still holds and gets go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_if_closed(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        # The lowest free number is taken, and those below are open.
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _open_stream(number: int) -> TextIO:
    return os.fdopen(number, "w", encoding="utf-8", closefd=False)
