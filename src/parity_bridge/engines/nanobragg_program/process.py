"""One run of a program: in a given folder, within a time limit, no process left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from parity_bridge.errors import EngineError
from parity_bridge.files.child_process import ChildProcess, child_process

#: Bytes of output after which a program is stopped.
MOST_OUTPUT = 256 * 2**20

#: Bytes that a program may print before its pixels, and about each; a pixel takes some 500.
_HEADER_BYTES = 16 * 2**20
_BLOCK_BYTES = 2048

#: Seconds between two checks of a running program.
_CHECK_EVERY = 0.5

#: Bytes of an output that is not read: the end of it.
_TAIL_BYTES = 2**16
_LAST_LINES = 3
_LONGEST_LINE = 120

_Outputs = tuple[IO[bytes], IO[bytes]]


@dataclass(frozen=True)
class Program:
    """An executable and the time limit of a run."""

    path: Path
    time_limit: float  # s

    def run(self, words: Sequence[str], folder: Path, *, threads: int = 1, pixels: int = 0) -> str:
        """Run it with the arguments ``words`` in ``folder`` and return what it prints.

        ``threads`` limits the threads of a program that uses several. ``pixels`` is the number of
        pixels that it is to print; with 0, only the end of what it prints is returned. Raise
        EngineError, with the last lines of its output, where it cannot be run, fails, does not end
        or prints more than it was asked for.
        """
        limit = min(MOST_OUTPUT, _HEADER_BYTES + _BLOCK_BYTES * pixels) if pixels else MOST_OUTPUT
        with TemporaryFile() as output, TemporaryFile() as complaints:
            trouble = self._failure(words, folder, threads, (output, complaints), limit)
            if trouble:
                raise self.error(trouble, f"{_tail(output)}\n{_tail(complaints)}")
            return _output_text(output) if pixels else _tail(output)

    def error(self, trouble: str, printed: str) -> EngineError:
        """Return an error to raise: ``trouble`` with the end of what it ``printed``."""
        return EngineError(
            f"{self.path.name} {trouble}; {last_lines(printed)}; check that --c-bin or $NB_C_BIN "
            "names a nanoBragg program"
        )

    def _failure(
        self, words: Sequence[str], folder: Path, threads: int, outputs: _Outputs, limit: int
    ) -> str | None:
        """Run it to its end; return what went wrong, or None."""
        command = [str(self.path), *words]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        output, complaints = outputs
        try:
            with child_process(
                command, environment, folder=folder, stdout=output, stderr=complaints
            ) as process:
                return self._wait_for_failure(process, outputs, limit)
        except OSError as error:
            raise self.error(f"cannot be run ({error.strerror})", "") from error

    def _wait_for_failure(self, process: ChildProcess, outputs: _Outputs, limit: int) -> str | None:
        """Wait for the end; return what went wrong, or None."""
        deadline = time.monotonic() + self.time_limit
        while (left := deadline - time.monotonic()) > 0:
            status = process.wait(min(left, _CHECK_EVERY))
            size = sum(os.fstat(output.fileno()).st_size for output in outputs)
            if status:
                return _ending_text(status)
            if size > limit:
                stopped = "was stopped when it had printed" if status is None else "printed"
                return f"{stopped} {size} bytes, more than the {limit} of such a run"
            if status == 0:
                return None
        return f"did not end within {self.time_limit:g} s and was stopped"


def last_lines(printed: str) -> str:
    """Return the end of what a program printed, on one line."""
    tail = printed[-_TAIL_BYTES:]
    lines = [" ".join(line.split())[:_LONGEST_LINE] for line in tail.splitlines()]
    shown = [line for line in lines if line][-_LAST_LINES:]
    return f"its last lines are {' / '.join(shown)!r}" if shown else "it printed nothing"


def _ending_text(status: int) -> str:
    return f"failed with exit status {status}" if status > 0 else f"was ended by signal {-status}"


def _output_text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read(MOST_OUTPUT).decode("ascii", errors="replace")


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TAIL_BYTES))
    return output.read(_TAIL_BYTES).decode("ascii", errors="replace")
