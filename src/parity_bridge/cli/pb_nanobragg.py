"""The console script ``pb-nanobragg``: the original program's command line, files and statuses."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import partial

from parity_bridge.cli.own_process import run_in_own_process


def program() -> int:
    """Run the command line of this process and return its exit status."""
    # Scanning what imports create would cost a tenth of a small image's time, and threads of
    # linear algebra, which wait in a loop for work that never comes, a fifth.
    gc.disable()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run_in_own_process(_load)


def _load() -> Callable[[], int]:
    from parity_bridge.cli.drop_in import main

    return partial(main, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(program())
