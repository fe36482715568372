"""The reader of command lines against a literal model of contract §8, on random command lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parity_bridge.errors import BridgeError
from parity_bridge.experiment.model import Cell, Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.literal_effects import NoExperimentError
from tests.experiment.flags.literal_model import UndefinedError, read_literally
from tests.experiment.flags.random_command_lines import random_command_line


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run all examples in one working directory, in which each writes its files."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("command_lines"))
    yield
    os.chdir(before)


def settled(experiment: Experiment) -> Experiment:
    """Return ``experiment`` without the choices that no engine can tell from each other.

    These are missing lengths and angles of the cell, the name of the file of a matrix, a pivot
    outside custom geometry, and what another field takes the place of.
    """
    crystal, detector = experiment.crystal, experiment.detector
    if (cell := crystal.cell) is not None:
        lengths = {"b": cell.b or cell.a, "c": cell.c or cell.a}
        angles = {name: getattr(cell, name) or 90.0 for name in ("alpha", "beta", "gamma")}
        crystal = crystal.model_copy(update={"cell": Cell(a=cell.a, **lengths, **angles)})
    if "matrix_file" in type(crystal).model_fields:
        crystal = crystal.model_copy(update={"matrix_file": None})
    if crystal.random_misset_seed is not None:
        crystal = crystal.model_copy(update={"misset": (0.0, 0.0, 0.0)})
    if detector.mask_beam_centre is not None:
        detector = detector.model_copy(update={"y_beam": None})
    if detector.convention != "custom":
        detector = detector.model_copy(update={"pivot": "beam"})
    factors = experiment.structure_factors
    if factors.hkl is not None:
        factors = factors.model_copy(update={"dump": None})
    return experiment.model_copy(
        update={"crystal": crystal, "detector": detector, "structure_factors": factors}
    )


def described(words: tuple[str, ...]) -> Experiment | None:
    """Return what the reader makes of ``words``; None where it refuses them."""
    try:
        return settled(parse_flags(words, as_original=True).experiment)
    except BridgeError:
        return None


def described_literally(words: tuple[str, ...]) -> Experiment | None:
    """Return what the model makes of ``words``; None where it refuses them."""
    try:
        return settled(read_literally(words).experiment)
    except NoExperimentError:
        return None


@given(st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_the_reader_takes_a_command_line_as_the_model_does(source: Random) -> None:
    line = random_command_line(source)
    line.write_files(Path())
    try:
        expected = described_literally(line.words)
    except UndefinedError:
        assume(False)
        raise
    assert described(line.words) == expected
