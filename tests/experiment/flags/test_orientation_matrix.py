"""Reading ``-mat FILE``."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.experiment.flags.orientation_matrix import read_matrix

NINE = "1.5e-2 -0.25 .5\n 4 5. 6\n\n+7 8 -9e0\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "A.mat"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("rest", ["", "10 11 12", "\n   0.000   0.000   0.000\nMOSFLM \u00e9\n"])
def test_the_first_nine_numbers_are_read_row_by_row(tmp_path: Path, rest: str) -> None:
    matrix = read_matrix(written(tmp_path, f"{NINE} {rest}".encode()))
    assert matrix == (0.015, -0.25, 0.5, 4.0, 5.0, 6.0, 7.0, 8.0, -9.0)


@pytest.mark.parametrize(
    "content",
    [
        b" 0.01-0.02-0.03\n-0.04  0.05  0.06\n 0.07-0.08  0.09\n",
        b"0.01-2e-2-.03-0.04 0.05+0.06 0.07 -8.E-2 0.09".replace(b"+", b" "),
    ],
)
def test_columns_that_touch_are_taken_apart(tmp_path: Path, content: bytes) -> None:
    matrix = read_matrix(written(tmp_path, content))
    assert matrix == (0.01, -0.02, -0.03, -0.04, 0.05, 0.06, 0.07, -0.08, 0.09)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b" \n", "holds 0 numbers"),
        (b"1 2 3 4 5 6 7 8", "holds 8 numbers"),
        (b"1 2 3 4 5 x 7 8 9", "number 6 of nine reads 'x'"),
        (b"1 nan 3 4 5 6 7 8 9", "number 2 of nine reads 'nan'"),
        (b"1 2 -inf 4 5 6 7 8 9", "number 3 of nine reads '-inf'"),
        (b"1 2 3 1e999 5 6 7 8 9", "number 4 of nine reads '1e999'"),
        (b"1_0 2 3 4 5 6 7 8 9", "number 1 of nine reads '1_0'"),
        (b"\x93NUMPY\0\0 1 2 3", "is a .npy file; name a text file of nine numbers"),
        (b"\x1f\x8b\x08\0 1 2 3", "is packed with gzip; unpack it"),
        (b"1-2-x 3 4", "number 1 of nine reads '1-2-x'"),
        (b"--1 2 3", "number 1 of nine reads '--1'; the file must begin with nine finite"),
    ],
)
def test_anything_else_is_refused_naming_the_file_and_the_word(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as caught:
        read_matrix(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


def test_a_missing_file_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"A\.mat does not exist"):
        read_matrix(tmp_path / "A.mat")


def test_a_folder_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read_matrix(tmp_path)
