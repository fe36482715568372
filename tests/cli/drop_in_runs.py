"""Runs of ``pb-nanobragg`` in the working directory, and the original's files to hold them to."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parity_bridge.cli import pb_nanobragg
from parity_bridge.cli.drop_in import main

SHARED = Path(__file__).parents[3] / "shared"
#: Command lines of a plain build of the original, and all files it left.
RECORDS = SHARED / "golden" / "program.json"
#: The command lines of a public port's parity matrix, and the original's float images.
MATRIX = SHARED / "cases" / "peer_matrix.json"

#: Starts it in a process of its own.
START = (sys.executable, "-m", pb_nanobragg.__name__)


class Run(NamedTuple):
    status: int
    printed: str
    notes: str


def run(capsys: pytest.CaptureFixture[str], words: str) -> Run:
    """Run the command line ``words`` in this process and take what it prints."""
    status = main(shlex.split(words))
    captured = capsys.readouterr()
    return Run(status, captured.out, captured.err)


def write_script(path: Path) -> Path:
    """Write an executable that is ``pb-nanobragg`` to ``path``, and return that."""
    path.write_text(f'#!/bin/sh\nexec {shlex.join(START)} "$@"\n')
    path.chmod(0o755)
    return path


def sha256(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def records() -> dict[str, dict[str, Any]]:
    """The records of ``golden/program.json``, by name; none where it is absent."""
    loaded: dict[str, dict[str, Any]] = json.loads(RECORDS.read_text()) if RECORDS.is_file() else {}
    return loaded


def matrix() -> dict[str, dict[str, Any]]:
    """The command lines of ``cases/peer_matrix.json``, by name; none where it is absent."""
    cases = json.loads(MATRIX.read_text()) if MATRIX.is_file() else []
    return {case["name"]: case for case in cases}


def lay_out(record: dict[str, Any]) -> None:
    """Write the files of ``record`` into the working directory and make its earlier runs."""
    for name, content in record["files"].items():
        Path(name).write_bytes(content.encode("latin-1"))
    for name in record["copy"]:
        shutil.copy(SHARED / "data" / name, name)
    for words in record["setup"]:
        assert main(words.split()) == 0
