"""Ctrl-C does not wait for a pixel: the engines look for it between evaluations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.engines.announcing_program import BEGUN

ROOT = Path(__file__).parents[2]
#: Seconds after which a process has forgotten the signal.
HANGS = 120.0
#: 900 000 evaluations of a subpixel.
PIXEL = "-cell 50 -default_F 10 -detpixels 8 -mosaic 1 -mosaic_domains 900 -osc 90 -phisteps 1000"
TAPPED = f"--pixel 3 4 -- {PIXEL} -oversample 1"
#: A billion evaluations a pixel, which take minutes.
#: Where the order of pixels does not matter, both engines compute them on other threads.
RENDERED = f"--output i.npy -- {PIXEL} -oversample 40 -phi 1 -nopolar -nointerpolate"


@pytest.mark.signals
@pytest.mark.parametrize(
    "command",
    [
        f"trace --engine c {TAPPED}",
        f"trace --engine torch {TAPPED}",
        f"run {TAPPED}",
        f"frame --engine c --threads 2 {RENDERED}",
        f"frame --engine torch --threads 1 {RENDERED}",
        f"frame --engine torch --threads 2 {RENDERED}",
    ],
)
def test_ctrl_c_does_not_wait_for_a_pixel(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engines.announcing_program", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # Where tests are run in the background, it would ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        guard = threading.Timer(HANGS, process.kill)
        guard.start()
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline() == BEGUN
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        guard.cancel()
    assert (process.returncode, out, err.replace(BEGUN, "")) == (130, "", "")
    assert not list(tmp_path.rglob("*.*"))
