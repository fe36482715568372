"""The program, which sends itself a signal at one moment of its work.

``python -m tests.cli.killed_program SIGNAL MOMENT COUNTER COMMAND ...`` sends the signal of that
number at the MOMENT-th audit event (files, imports, processes), counted from 1. Where fewer come,
it ends as the program would and writes their number to the file COUNTER.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from parity_bridge.__main__ import program


def send_at(moment: int, number: int) -> Iterator[int]:
    """Send the signal when the moment comes; the next number of the result is that of events."""
    events = count(1)

    def send(_event: str, _arguments: tuple[object, ...]) -> None:
        if next(events) == moment:
            os.kill(os.getpid(), number)

    sys.addaudithook(send)
    return events


def draw_nothing() -> None:
    """Leave the pictures of a scan out: of a small one they take most of the time."""
    from parity_bridge.report.scan import writing

    vars(writing)["figures"] = lambda *_arguments: iter(())


if __name__ == "__main__":
    signal_number, last, counter, *words = sys.argv[1:]
    sys.argv[1:] = words
    if words[0] == "scan":
        draw_nothing()
    numbers = send_at(int(last), int(signal_number))
    status = program()
    Path(counter).write_text(str(next(numbers)))
    sys.exit(status)
