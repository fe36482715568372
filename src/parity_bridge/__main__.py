"""``python -m parity_bridge`` and the console script: one command in a process of its own.

Everything else is imported in ``program``, so that Ctrl-C during the imports ends quietly too.
"""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 130


def program() -> int:
    """Run the command on the command line and return its exit status."""
    try:
        from parity_bridge.cli.printing import prepare_streams  # noqa: PLC0415 - see above
        from parity_bridge.cli.program import main  # noqa: PLC0415
        from parity_bridge.files.termination import exit_at_next_interrupt  # noqa: PLC0415

        prepare_streams()
        status = main()
        exit_at_next_interrupt()
    except KeyboardInterrupt:
        return _INTERRUPTED
    # The interpreter's last collection would walk through all of torch to free what the end of the
    # process frees anyway.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(program())
