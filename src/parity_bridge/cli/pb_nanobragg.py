"""The console script ``pb-nanobragg``: the original program's command line, files and statuses.

Everything else is imported in ``program``, so that Ctrl-C during the imports ends quietly too.
"""

from __future__ import annotations

import gc
import os
import sys

_INTERRUPTED = 130


def program() -> int:
    """Run the command line of this process and return its exit status."""
    # Scanning what imports create would cost a tenth of a small image's time, and threads of
    # linear algebra, which wait in a loop for work that never comes, a fifth.
    gc.disable()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from parity_bridge.cli.drop_in import main
        from parity_bridge.cli.printing import prepare_streams
        from parity_bridge.files.termination import exit_at_next_interrupt

        prepare_streams()
        status = main(sys.argv[1:])
        exit_at_next_interrupt()
    except KeyboardInterrupt:
        return _INTERRUPTED
    # The interpreter's last collection would free what the end of the process frees anyway.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(program())
