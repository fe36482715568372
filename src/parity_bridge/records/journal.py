"""``commands.txt`` and ``attempt_fail.log``: the commands given, and why some failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity_bridge.errors import BridgeError, FileError
from parity_bridge.records.metadata import RunContext

COMMANDS_FILE = "commands.txt"
FAILURE_FILE = "attempt_fail.log"


def log_command(folder: Path, command: str) -> None:
    """Append a command to ``commands.txt`` in ``folder``; raises FileError."""
    _append(folder / COMMANDS_FILE, f"{command}\n")


def log_failure(folder: Path, run_context: RunContext, error: BridgeError, remedy: str) -> None:
    """Append to ``attempt_fail.log`` the command, why it failed and how to go on."""
    _append(
        folder / FAILURE_FILE,
        f"when: {run_context.timestamp}\n"
        f"what: {run_context.command}\n"
        f"why: {error} (exit status {error.exit_status})\n"
        f"how to go on: {remedy}\n",
    )


def _append(path: Path, text: str) -> None:
    # One appended block, not a renamed copy: commands running side by side must not lose lines.
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(text)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror}); give a writable folder with --out-dir"
        ) from error


@contextmanager
def failures_noted(folder: Path, context: RunContext, remedy: str) -> Iterator[None]:
    """Log in ``folder`` a BridgeError that the block raises, if the log can be written."""
    try:
        yield
    except BridgeError as error:
        with suppress(FileError):
            log_failure(folder, context, error, remedy)
        raise
