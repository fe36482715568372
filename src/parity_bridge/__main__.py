"""``python -m parity_bridge`` and the console script: one command in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable

from parity_bridge.cli.own_process import run_in_own_process


def program() -> int:
    """Run the command on the command line and return its exit status."""
    return run_in_own_process(_load)


def _load() -> Callable[[], int]:
    from parity_bridge.cli.program import main  # noqa: PLC0415 - Ctrl-C during imports

    return main


if __name__ == "__main__":
    sys.exit(program())
