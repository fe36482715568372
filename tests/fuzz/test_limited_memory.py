"""No reader ends in a MemoryError or a traceback where memory is short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("limited_memory.py")


def test_every_saved_file_with_two_gigabytes() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "1953"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
