"""Folders, programs and cases of the tests of the engine over a program."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.engine import PROGRAM_VARIABLE
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from parity_bridge.experiment.model import Experiment
from tests.cli.drop_in_runs import write_script
from tests.engines.golden_cases import GoldenCase, load_case
from tests.engines.nanobragg_program.printed_cases import (
    OVERSAMPLE,
    PIXEL,
    SHOWN,
    STORED,
    Prints,
    WriteProgram,
    printout,
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory, with a stale cache, and a folder in which folders are made."""
    (tmp_path / "private").mkdir()
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "Fdump.bin").write_bytes(b"stale")
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "private"))
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)


@pytest.fixture
def write_program(tmp_path: Path) -> WriteProgram:
    """Make an executable script of a few lines of shell."""

    def write(lines: str) -> Path:
        path = tmp_path / "nanoBragg"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def pb_nanobragg(tmp_path: Path) -> NanobraggProgram:
    return NanobraggProgram(c_bin=write_script(tmp_path / "nanoBragg"))


@pytest.fixture(params=STORED)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, GoldenCase, Any]:
    """A console output, the case whose pixel it shows, and that pixel."""
    name: str = request.param
    pixel = STORED[name]
    case = load_case(name.removesuffix(f"_{pixel[0]}_{pixel[1]}"), tmp_path)
    return printout(name), case, pixel


@pytest.fixture
def case(tmp_path: Path) -> Experiment:
    """What the stored output of ``gnnqqny_mosflm`` was asked for, as an experiment of its own."""
    experiment = load_case("gnnqqny_mosflm", tmp_path).experiment
    return subpixel_experiment(experiment, (10, 50), OVERSAMPLE)


@pytest.fixture
def text() -> str:
    """The output for ``PIXEL`` alone."""
    head, _, block, *_ = re.split(r"(?m)^(?= 10[01]   2[01] :)", printout("gnnqqny_mosflm_10_50"))
    return f"{head}{block}\nsolid angle\n"


@pytest.fixture
def prints(tmp_path: Path, write_program: WriteProgram) -> Prints:
    """An engine over a program that prints a text and leaves an image, whatever it is asked."""

    def engine(
        text: str, after: str = "", *, shown: float = SHOWN, time_limit: float = 600.0
    ) -> NanobraggProgram:
        image = np.zeros((128, 128), dtype="<f4")
        image[PIXEL] = shown
        image.tofile(tmp_path / "image")
        (tmp_path / "text").write_text(text)
        lines = f"cat {tmp_path}/text; cp {tmp_path}/image image.bin\n{after}"
        return NanobraggProgram(c_bin=write_program(lines), time_limit=time_limit)

    return engine
