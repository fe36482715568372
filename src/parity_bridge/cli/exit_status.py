"""What a command ends with: its own exit status, or that of what ended it."""

from __future__ import annotations

from collections.abc import Callable

from parity_bridge.cli.printing import print_error
from parity_bridge.errors import BridgeError
from parity_bridge.files.termination import Terminated, raise_on_sigterm

_INTERRUPTED = 130
_TERMINATED = 143


def exit_status_of(command: Callable[[], int], program: str = "parity_bridge") -> int:
    """Run ``command`` and return its exit status; print an error of ours after ``program``."""
    try:
        with raise_on_sigterm():
            return command()
    except BridgeError as error:
        print_error(error, program)
        return error.exit_status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Terminated:
        return _TERMINATED
