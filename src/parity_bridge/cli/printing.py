"""What a command prints: notes on the error stream, lines on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from parity_bridge.errors import FileError


def print_note(text: str) -> None:
    """Print a note to the error stream, apart from the output."""
    print(f"note: {text}", file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """Print ``lines``; stop without an error where the reader of the output has closed it.

    Raises FileError where the output cannot be written.
    """
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise FileError(f"standard output cannot be written ({error.strerror})") from error
