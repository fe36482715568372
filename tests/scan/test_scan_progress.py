"""How a scan shows how far it is: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

FLAGS = (
    "-cell 50 60 70 -default_F 10 -N 6 -detpixels 96 -pixel 0.8 -lambda 1.1 -oversample 1".split()
)


def on_a_terminal(folder: Path, *words: str) -> str:
    """Everything that a scan shows there."""
    ours, theirs = pty.openpty()
    engines = ("--engines", "c,tests.scan.scan_engines:Slow", "--tile", "16")
    with subprocess.Popen(
        [sys.executable, "-m", "parity_bridge", "scan", *engines, *words, "--", *FLAGS],
        cwd=folder,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "100"},
    ):
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 4096):
                shown += data
        except OSError:  # the other end was closed
            pass
    os.close(ours)
    return shown.decode()


def test_a_bar_shows_rate_and_time_left(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path)
    assert "━" in shown
    assert "100%" in shown
    assert re.search(r"[\d.e+-]+ Mpixel/s", shown)
    assert re.search(r"\d:\d\d:\d\d", shown)


def test_quiet_shows_nothing(tmp_path: Path) -> None:
    assert on_a_terminal(tmp_path, "--quiet") == ""
