"""What is measured in a process of its own, and what the kernel says of a process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def told_by(script: str, *words: str) -> Any:
    """Run a Python script; what the last line it prints says, in JSON."""
    return json.loads(_run([sys.executable, script, *words], 0).splitlines()[-1])


def wall_time(command: Sequence[str], status: int = 0, **settings: Any) -> float:
    """Seconds that a command takes; it must end with ``status``."""
    start = time.perf_counter()
    _run(command, status, **settings)
    return time.perf_counter() - start


def _run(command: Sequence[str], status: int, **settings: Any) -> str:
    """Run a command; what it prints. Stops the bench where the exit status is not ``status``."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, **settings)
    except OSError as error:
        raise SystemExit(f"cannot run {command[0]}: {error}") from error
    if done.returncode != status:
        ended = f"{' '.join(command)} ended with {done.returncode}, not {status}"
        raise SystemExit(f"{ended}\n{done.stderr}".rstrip())
    return str(done.stdout)


def memory(key: str) -> float:
    """MiB of this process: ``VmRSS`` now, ``VmHWM`` at most so far.

    getrusage would count what the parent had before exec.
    """
    return int(Path("/proc/self/status").read_text().split(f"{key}:")[1].split()[0]) / 1024
