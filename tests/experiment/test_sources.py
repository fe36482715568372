"""Text files of sources: what is read, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_bridge.errors import FileError
from parity_bridge.experiment import sources as module
from parity_bridge.experiment.sources import read_sources

NAN = float("nan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


def listed(folder: Path, content: str | bytes) -> Path:
    path = folder / "sources.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        read_sources(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_columns_and_missing_ones(tmp_path: Path) -> None:
    sources = read_sources(
        listed(tmp_path, "-10 0.5 -1e-3 2 1e-10\n1 2 3 4\n1 2 3\n1 2\n-1\n0\n0 0\n")
    )
    expected = [
        [-10, 0.5, -1e-3, 2, 1e-10],
        [1, 2, 3, 4, NAN],
        [1, 2, 3, NAN, NAN],
        [1, 2, NAN, NAN, NAN],
        [-1, NAN, NAN, NAN, NAN],
        [0, NAN, NAN, NAN, NAN],
        [0, 0, NAN, NAN, NAN],
    ]
    assert np.array_equal(sources, expected, equal_nan=True)
    assert sources.dtype == np.float64


@pytest.mark.parametrize(
    "content",
    [
        "# X Y Z\n\n  1\t2   3 # weight 5\r\n\r\n   # end",
        "1 2 3#",
        "1 2 3\r",
        "# Strahlengröße, 10 µm\n1 2 3".encode("latin-1"),
    ],
)
def test_blank_lines_and_comments_are_skipped(tmp_path: Path, content: str | bytes) -> None:
    assert read_sources(listed(tmp_path, content))[:, :3].tolist() == [[1.0, 2.0, 3.0]]


def test_the_sources_are_read_only_and_cached_until_the_file_changes(tmp_path: Path) -> None:
    path = listed(tmp_path, "1 2 3\n")
    sources = read_sources(path)
    assert read_sources(path) is sources
    with pytest.raises(ValueError, match="read-only"):
        sources[0, 0] = 5
    listed(tmp_path, "1 2 3 4\n")
    assert read_sources(path)[0, 3] == 4


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1 2 3 4 5 6", "6 columns, '1 2 3 4 5 6', where X Y Z weight wavelength are five"),
        ("1 2 x", "the Z 'x' is not a finite number; correct it"),
        ("1,2,3", "'1,2,3' has commas; separate the numbers by spaces"),
        ("-10, 0.1, 0, 1.0, 1e-10", "has commas; separate the numbers by spaces"),
        ("1,2,x", "the X '1,2,x' is not a finite number"),
        ("nan 2 3", "the X 'nan' is not a finite number"),
        ("1 -inf 3", "the Y '-inf' is not a finite number"),
        ("1 2 3 1e999", "the weight '1e999' is not a finite number"),
        ("1 2 3 1 1_0", "the wavelength '1_0' is not a finite number"),
        ("1 2 3 1 0", "the wavelength 0.0 must be above 0; give it in metres"),
        ("1 2 3 1 1.0", "the wavelength 1.0 is longer than 1e-06 m; give it in metres"),
        ("1 2 3 1 -1e-10", "the wavelength -1e-10 must be above 0"),
        ("0 0 -0 1 1e-10", "the direction X Y Z must have a length"),
        ("1.7e308 1.7e308 0", "the direction X Y Z must have a length"),
        ("1 2 ٣", "is not a finite number"),
        ("1 2 \0", "is not a finite number"),
        ("x" * 1000, "the X '" + "x" * 40 + "' is not a finite number"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    message = refused(listed(tmp_path, f"1 2 3\n\n{line}\n1 2 3\n"))
    assert ", line 3: " in message
    assert complaint in message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("", "is empty"), ("\n \n# 1 2 3\n", "lists no source; give X Y Z weight wavelength(m)")],
)
def test_a_file_without_a_source_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    assert complaint in refused(listed(tmp_path, content))


def test_too_many_sources_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STEPS", 3)
    assert len(read_sources(listed(tmp_path, "1 0 0\n" * 3 + "#\n"))) == 3
    assert "lists more than 3 sources; shorten it" in refused(listed(tmp_path, "1 0 0\n" * 4))


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nothing")
    assert "is a folder" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(tmp_path / "pipe")


@given(st.lists(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=5), min_size=1, max_size=9))
@settings(deadline=None)
def test_every_number_is_read_to_the_last_bit(folder: Path, rows: list[list[float]]) -> None:
    rows = [[*row[:4], *(1e-12 * wavelength for wavelength in row[4:])] for row in rows]
    content = "".join(" ".join(map(repr, row)) + "\n" for row in rows)
    path = folder / f"{hash(content)}.txt"
    path.write_text(content)
    expected = np.array([row + [NAN] * (5 - len(row)) for row in rows])
    assert read_sources(path).tobytes() == expected.tobytes()


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_any_bytes_give_sources_or_one_sentence(folder: Path, content: bytes) -> None:
    path = folder / f"{hash(content)}.bin"
    path.write_bytes(content)
    try:
        sources = read_sources(path)
    except FileError:
        refused(path)
    else:
        assert sources.shape[1] == 5
