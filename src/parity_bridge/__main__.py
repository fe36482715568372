"""``python -m parity_bridge`` and the console script: one command in a process of its own."""

from __future__ import annotations

import gc
import sys

from parity_bridge.cli.program import main


def program() -> int:
    """Run the command on the command line and return its exit status."""
    status = main()
    # The interpreter's last collection would walk through all of torch to free what the end of the
    # process frees anyway.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(program())
