"""Programs that print much: only what is read of it takes memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.process import Program, last_lines
from parity_bridge.errors import EngineError
from parity_bridge.experiment.model import Experiment
from tests.engines.nanobragg_program.printed_cases import PIXEL, WriteProgram, private_folders

MEBIBYTE = 2**20
#: 64 MiB of lines of six bytes.
MUCH = f"yes 12345 | head -c {64 * MEBIBYTE}"


@pytest.fixture(autouse=True)
def _only_ends_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no program be stopped while it prints, however slow it is."""
    monkeypatch.setattr("parity_bridge.engines.nanobragg_program.process._CHECK_EVERY", 600.0)


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("exit 3", "failed with exit status 3; its last lines are '12345 / 12345 / 12"),
        ("kill -KILL $$", "was ended by signal 9; its last lines are '12345 / 12345 / 12"),
        ("exit 0", "more than the 16779264 of such a run; its last lines are '12345 / 12345"),
        ("echo what is wrong >&2; exit 1", "/ what is wrong'"),
    ],
)
def test_a_pixel(
    write_program: WriteProgram, case: Experiment, tmp_path: Path, after: str, words: str
) -> None:
    engine = NanobraggProgram(c_bin=write_program(f"{MUCH}\n{after}"))
    with memory_within(8 * MEBIBYTE), pytest.raises(EngineError) as caught:
        engine.observe(case, [PIXEL])
    assert words in str(caught.value)
    assert private_folders(tmp_path) == []


def test_complaints_count_too(write_program: WriteProgram, case: Experiment) -> None:
    engine = NanobraggProgram(c_bin=write_program(f"({MUCH}) >&2\nexit 3"))
    with memory_within(8 * MEBIBYTE), pytest.raises(EngineError, match="status 3; its last lines"):
        engine.observe(case, [PIXEL])


@pytest.mark.parametrize("image", [True, False])
def test_a_region_prints_what_it_likes(
    write_program: WriteProgram, case: Experiment, tmp_path: Path, *, image: bool
) -> None:
    np.zeros((128, 128), dtype="<f4").tofile(tmp_path / "image")
    copied = f"cp {tmp_path}/image image.bin" if image else ""
    engine = NanobraggProgram(c_bin=write_program(f"{MUCH}\n{copied}"))

    with memory_within(8 * MEBIBYTE):
        if image:
            assert not engine.frame(case).image.any()
        else:
            with pytest.raises(EngineError, match=r"left no image .* its last lines are '12345"):
                engine.frame(case)


def test_a_run_returns_the_end_of_it_unless_pixels_are_read(
    write_program: WriteProgram, tmp_path: Path
) -> None:
    program = Program(write_program("yes | head -c 200000; echo end"), 600.0)
    end = program.run([], tmp_path)
    assert end.endswith("y\nend\n")
    assert len(end) == 2**16
    assert len(program.run([], tmp_path, pixels=1)) == 200_004


def test_a_line_without_an_end() -> None:
    with memory_within(MEBIBYTE):
        assert last_lines("x" * 10).startswith("its last lines are 'xxx")
    long = "x" * (16 * MEBIBYTE)
    with memory_within(MEBIBYTE):
        assert last_lines(long) == f"its last lines are {'x' * 120!r}"
