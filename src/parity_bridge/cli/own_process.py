"""A command in a process of its own: its streams, Ctrl-C during its imports, and its end."""

from __future__ import annotations

import gc
from collections.abc import Callable

_INTERRUPTED = 130


def run_in_own_process(load: Callable[[], Callable[[], int]]) -> int:
    """Run the command that ``load`` imports and return its exit status.

    Nothing is imported outside of this, so that Ctrl-C during the imports ends quietly too.
    """
    try:
        from parity_bridge.cli.printing import prepare_streams
        from parity_bridge.files.termination import exit_at_next_interrupt

        command = load()
        prepare_streams()
        status = command()
        exit_at_next_interrupt()
    except KeyboardInterrupt:
        return _INTERRUPTED
    # The interpreter's last collection would walk through all that was imported, torch included,
    # to free what the end of the process frees anyway.
    gc.freeze()
    return status
