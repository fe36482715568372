"""What a command says: notes on the error stream, lines on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from parity_bridge.errors import FileError


def print_note(text: str) -> None:
    """Print a note, out of the way of the output."""
    print(f"note: {text}", file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """Print, and fall silent where the reader has gone away.

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
