"""How a scan shows its progress: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parity_bridge.cli.program import main

FLAGS = (
    "-cell 50 60 70 -default_F 10 -N 6 -detpixels 96 -pixel 0.8 -lambda 1.1 -oversample 1".split()
)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_pictures: None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """Return everything that a scan shows there."""
    ours, theirs = pty.openpty()
    engines = ("--engines", "c,tests.scan.scan_engines:Port", "--tile", "32")
    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patch:
        shown = pool.submit(everything, ours)
        with os.fdopen(theirs, "w") as terminal:
            for stream in ("stdout", "stderr"):
                patch.setattr(sys, stream, terminal)
            assert main(["scan", *engines, *words, "--", *FLAGS]) == 0
    return shown.result()


def everything(descriptor: int) -> str:
    """Return what is read from a terminal until its other end is closed."""
    shown = b""
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        try:
            while data := terminal.read(4096):
                shown += data
        except OSError:  # so it is said that it was closed
            pass
    return shown.decode()


def test_a_bar_shows_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(monkeypatch)
    assert "━" in shown
    assert "100%" in shown
    assert re.search(r"[\d.e+-]+ Mpixel/s", shown)
    assert re.search(r"\d:\d\d:\d\d", shown)


def test_quiet_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_a_terminal(monkeypatch, "--quiet") == ""
