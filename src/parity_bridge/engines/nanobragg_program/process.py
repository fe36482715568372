"""One run of a program: in a given folder, within a time limit, no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from parity_bridge.errors import EngineError

#: Bytes of output after which a program is stopped; a subpixel takes some 500.
MOST_OUTPUT = 256 * 2**20

#: Seconds between two checks of a running program.
_CHECK_EVERY = 0.5

_LAST_LINES = 3
_LONGEST_LINE = 120


@dataclass(frozen=True)
class Program:
    """An executable and the time limit of a run."""

    path: Path
    time_limit: float  # s

    def run(self, words: Sequence[str], folder: Path, *, threads: int = 1) -> str:
        """Run it with the arguments ``words`` in ``folder`` and return what it prints.

        ``threads`` limits the threads of a program that uses several. Raise EngineError, with the
        last lines of its output, where it cannot be run, fails, does not end or prints without end.
        """
        with TemporaryFile() as output, TemporaryFile() as complaints:
            process = self._start(words, folder, threads, (output, complaints))
            try:
                trouble = self._wait_for_failure(process, (output, complaints))
            finally:
                _stop(process)
            printed = _text(output)
            if trouble:
                raise self.error(trouble, printed + _text(complaints))
        return printed

    def error(self, trouble: str, printed: str) -> EngineError:
        """Return an error to raise: ``trouble`` with the end of what it ``printed``."""
        return EngineError(
            f"{self.path.name} {trouble}; {last_lines(printed)}; check that --c-bin or $NB_C_BIN "
            "names a nanoBragg program"
        )

    def _start(
        self, words: Sequence[str], folder: Path, threads: int, outputs: Sequence[IO[bytes]]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - to run what the user names is the purpose
                [str(self.path), *words],
                cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                stdin=subprocess.DEVNULL,
                stdout=outputs[0],
                stderr=outputs[1],
                # A process group of its own, so that a script's children end with it.
                start_new_session=True,
            )
        except OSError as error:
            raise self.error(f"cannot be run ({error.strerror})", "") from error

    def _wait_for_failure(
        self, process: subprocess.Popen[bytes], outputs: Sequence[IO[bytes]]
    ) -> str | None:
        """Wait for the end; return what went wrong, or None."""
        deadline = time.monotonic() + self.time_limit
        while (left := deadline - time.monotonic()) > 0:
            try:
                return _ending(process.wait(min(left, _CHECK_EVERY)))
            except subprocess.TimeoutExpired:
                size = sum(os.fstat(output.fileno()).st_size for output in outputs)
                if size > MOST_OUTPUT:
                    return f"was stopped when it had printed {size} bytes"
        return f"did not end within {self.time_limit:g} s and was stopped"


def last_lines(printed: str) -> str:
    """Return the end of what a program printed, on one line."""
    lines = [" ".join(line.split())[:_LONGEST_LINE] for line in printed.splitlines()]
    shown = [line for line in lines if line][-_LAST_LINES:]
    return f"its last lines are {' / '.join(shown)!r}" if shown else "it printed nothing"


def _ending(status: int) -> str | None:
    if status == 0:
        return None
    return f"failed with exit status {status}" if status > 0 else f"was ended by signal {-status}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the program and all processes it started, which may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read(MOST_OUTPUT).decode("ascii", errors="replace")
