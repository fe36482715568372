"""The program, of which a thread stops for good when it does something to a report.

``python -m tests.bridge.stopping_program N FD COMMAND ...`` stops at the N-th such thing and writes
a byte to the descriptor FD; other threads go on. Where less is done, it ends as the program would.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from threading import Event

from parity_bridge.cli.program import main

#: What is done to a file or folder, its path first.
DONE = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}


def stop_at(last: int, said: int) -> None:
    """Stop the thread that comes to it, ``last`` counted from 1."""
    numbers = count(1)

    def stop(event: str, told: tuple[object, ...]) -> None:
        if event in DONE and "reports" in str(told[0]) and next(numbers) == last:
            os.write(said, b"x")
            Event().wait()

    sys.addaudithook(stop)


if __name__ == "__main__":
    stop_at(int(sys.argv[1]), int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
