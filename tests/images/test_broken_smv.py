"""Broken SMV images that are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiment.smv_files import smv, write_file
from tests.images.image_files import (
    without_memory,
)


class TestBrokenSmv:
    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"SIZE1": 2}, "it is too long"),
            ({"SIZE1": 10**9}, "it is truncated"),
            ({"TYPE": "mad"}, "its header has TYPE 'mad'; only unsigned_short can be read here"),
            ({"BYTE_ORDER": "middle"}, "only little_endian or big_endian can be read here"),
            ({"DIM": 3}, "its header has DIM '3'; only 2 can be read here"),
        ],
    )
    def test_what_its_header_says(
        self, tmp_path: Path, change: dict[str, object], complaint: str
    ) -> None:
        assert complaint in without_memory(write_file(tmp_path / "a.img", smv(**change)))  # type: ignore[arg-type]
