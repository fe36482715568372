"""Broken .npy files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    numpy_file,
    pixels,
    refused,
    without_memory,
)


class TestBrokenNpy:
    @pytest.mark.parametrize(
        ("values", "complaint"),
        [
            (np.zeros((2, 3, 4)), "it holds an array of 3 dimensions; save one image"),
            (np.zeros(5), "it holds an array of 1 dimensions"),
            (np.zeros(()), "it holds an array of 0 dimensions"),
            (np.zeros((0, 3)), "its header has 0 x 3 pixels, which is no image"),
            (np.zeros((2, 3), complex), "it holds values of type '<c16', not real numbers"),
            (np.array([["a"]]), "it holds values of type '<U1', not real numbers"),
            (np.zeros((1, 1), "M8[s]"), "it holds values of type '<M8[s]', not real numbers"),
            (np.zeros((1, 1), "f4,i4"), "it holds a table, not real numbers"),
        ],
    )
    def test_what_is_no_image(self, tmp_path: Path, values: NDArray[Any], complaint: str) -> None:
        assert complaint in refused(numpy_file(tmp_path / "a.npy", values))

    def test_objects_are_not_unpickled(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Any, ...]:
                return os.mkdir, (str(tmp_path / "sprung"),)

        values = np.array([[Trap()]], dtype=object)
        path = numpy_file(tmp_path / "a.npy", values, allow_pickle=True)
        assert "it holds values of type '|O', not real numbers" in refused(path)
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda whole: whole[:-1], "it is truncated: 379 bytes, where a header of 128 and 7"),
            (lambda whole: whole[:100], "its .npy header is not whole"),
            (lambda whole: whole[:7], "its .npy header is not whole"),
            (lambda whole: whole + b"\0", "it is too long: 381 bytes"),
            (lambda whole: whole * 2, "it is too long: 760 bytes"),
            (lambda whole: b"x" + whole, "it does not begin like a .npy; write it with numpy.save"),
            (lambda whole: whole.replace(b"descr", b"desch"), "its .npy header has no descr"),
            (lambda whole: whole.replace(b"(7, 9)", b"[7, 9]"), "its .npy header has no shape"),
            (lambda whole: whole.replace(b"False", b"Falsch"), "its .npy header has no fortran"),
            (lambda whole: whole.replace(b"<f4", b"<f3"), "it holds values of type '<f3'"),
            (
                lambda whole: whole.replace(b"NUMPY\1", b"NUMPY\4"),
                "its .npy header has no version",
            ),
        ],
    )
    def test_what_is_damaged(
        self, tmp_path: Path, change: Callable[[bytes], bytes], complaint: str
    ) -> None:
        whole = numpy_file(tmp_path / "whole.npy", pixels()).read_bytes()
        assert complaint in refused(write_file(tmp_path / "a.npy", change(whole)))

    @pytest.mark.parametrize("zeros", [6, 30, 5000])
    def test_an_absurd_size_takes_no_memory(self, tmp_path: Path, zeros: int) -> None:
        digits = "1" + "0" * zeros
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({digits}, {digits})}}"
        start = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little")
        path = write_file(tmp_path / "a.npy", start + header.encode() + bytes(100))
        assert "it is truncated" in without_memory(path)
