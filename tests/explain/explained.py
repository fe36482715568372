"""Findings of ``explain``, and the records that it is asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.explain.explanation import Finding

CUBE = "-cell 10 10 10 90 90 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 -pixel 1"
FLAGS = [*CUBE.split(), "-oversample", "2"]
PIXELS = ["--pixel", "10", "50", "--tag", "ring", "--pixel", "30", "33"]


def explained(capsys: pytest.CaptureFixture[str], *words: str, status: int = 3) -> Finding:
    """The finding that ``explain --json`` prints."""
    assert main(["explain", "--json", *words]) == status
    return Finding.model_validate_json(capsys.readouterr().out)


def recorded(name: str, engine: str, *words: str) -> str:
    for number in range(2):
        pixel = PIXELS[5 * number : 5 * number + (3 if number else 5)]
        done = main(
            ["trace", "--engine", engine, "--taps", "all", "--out-dir", name, *pixel, *words,
             "--", *FLAGS]
        )  # fmt: skip
        assert done == 0
    return name


def edit(name: str, part: Any, key: str, value: object) -> None:
    record = json.loads(Path(name).read_text())
    part(record)[key] = value
    Path(name).write_text(json.dumps(record))
