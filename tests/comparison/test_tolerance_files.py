"""Tolerances from a file: what they change, how they are shown, which are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.records.json_records import Compare, Json, ours


class TestTolerances:
    @pytest.fixture
    def other(self) -> Json:
        record = ours("lattice", "torch")
        record["values"]["subpixels"][0]["F_latt"] *= 1 + 1e-9
        return record

    def test_what_a_file_overrides_is_marked(
        self, tmp_path: Path, compared: Compare, other: Json
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"lattice.F_latt" = { rtol = 1e-8 }\n')
        status, summary = compared(ours("lattice"), other, "--tolerances", str(own))
        assert (status, summary["tolerances"]["overridden"]) == (0, ["lattice.F_latt"])
        assert summary["tolerances"]["file"] == own.name
        assert summary["tolerances"]["fields"]["lattice.F_latt"] == {"atol": 0.0, "rtol": 1e-8}

    def test_the_memo_says_who_set_what(
        self, tmp_path: Path, other: Json, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"lattice.F_latt" = { rtol = 1e-8 }\n')
        for name, record in (("a", ours("lattice")), ("b", other)):
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        sides = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
        assert main(["compare", *sides]) == 3
        assert "own.toml" not in capsys.readouterr().out
        assert main(["compare", *sides, "--tolerances", str(own)]) == 0
        (row,) = [
            line for line in capsys.readouterr().out.splitlines() if "lattice.F_latt |" in line
        ]
        assert "own.toml" in row

    @pytest.mark.parametrize(
        "name",
        ["lattice.F_lat", "latice.F_latt", "f_cell_stats.total_lookups", "F_latt", "f_cell_stats"],
    )
    def test_a_name_that_is_no_float_figure_is_refused(
        self, tmp_path: Path, other: Json, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text(f'"{name}" = {{ atol = 1.0 }}\n')
        path = tmp_path / "a.json"
        path.write_text(json.dumps(other))
        assert main(["compare", str(path), str(path), "--tolerances", str(own)]) == 5
        (line,) = capsys.readouterr().err.splitlines()
        assert str(own) in line
        assert repr(name) in line

    @pytest.mark.parametrize("limit", ["nan", "inf", "-1.0", '"1"', "true"])
    def test_a_limit_that_is_none_is_refused(
        self, tmp_path: Path, other: Json, limit: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text(f'"lattice.F_latt" = {{ atol = {limit} }}\n')
        path = tmp_path / "a.json"
        path.write_text(json.dumps(other))
        assert main(["compare", str(path), str(path), "--tolerances", str(own)]) == 5
        (line,) = capsys.readouterr().err.splitlines()
        assert str(own) in line

    @pytest.mark.parametrize(
        ("first", "second", "agree"),
        [
            ("NaN", "NaN", True),
            ("Infinity", "Infinity", True),
            ("Infinity", "-Infinity", False),
            ("Infinity", 1.7976931348623157e308, False),
            ("NaN", 1.0, False),
            (1.0, "NaN", False),
            ("NaN", "Infinity", False),
            (-0.0, 0.0, True),
            (1.0, 1.5, True),
        ],
    )
    def test_no_tolerance_makes_nan_or_infinity_a_number(
        self, tmp_path: Path, compared: Compare, first: object, second: object, agree: bool
    ) -> None:
        own = tmp_path / "own.toml"
        own.write_text('"*" = { atol = 1e300, rtol = 1e300 }\n')
        sides = [ours("intensity_post_scale", name) for name in ("c", "torch")]
        for side, value in zip(sides, (first, second), strict=True):
            side["values"]["after_omega"] = value
        status, summary = compared(*sides, "--tolerances", str(own))
        assert status == (0 if agree else 3)
        if not agree:
            assert summary["pixels"][0]["first_divergence"]["field"] == "after_omega"
