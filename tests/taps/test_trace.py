"""TRACE logs: every figure of the taps, from both engines under the same keys, and back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.run import EngineRun
from parity_bridge.errors import FileError
from parity_bridge.taps.observation import TOTALS, Observation
from parity_bridge.taps.registry import TAPS_BY_ID
from parity_bridge.taps.trace import trace_lines, trace_logs
from parity_bridge.taps.trace_log import TraceLine, parse_line, read_trace
from tests.records.real_records import CASES, ENGINES, real_run

#: tap_id -> field of a row -> key in the log, in the order of the log.
ROW_KEYS = {
    "omega_subpixel": {"position": "position", "airpath": "airpath", "omega": "omega",
                       "capture": "capture"},
    "orientation": {name: name for name in (
        "phi", "a_spindle", "b_spindle", "c_spindle", "a_mosaic", "b_mosaic", "c_mosaic")},
    "hkl_subpixel": {"scattering_vector": "q", "hkl_fractional": "hkl", "hkl_rounded": "hkl0"},
    "lattice": {name: name for name in ("F_latt_a", "F_latt_b", "F_latt_c", "F_latt")},
    "f_cell_stats": {"F_cell": "F_cell", "out_of_bounds": "out_of_bounds"},
    "intensity_pre_norm": {"interpolation_on": "interpolation_on", "polar": "polar",
                           "running_sum": "I"},
}  # fmt: skip
#: Which kinds of evaluation have a row in a tap.
KINDS = {
    "hkl_subpixel": ("lookup", "no_lattice"),
    "lattice": ("lookup", "no_lattice"),
    "f_cell_stats": ("lookup",),
    "intensity_pre_norm": ("lookup", "no_lattice", "beyond_dmin"),
}


def log_of(run: EngineRun, seen: Observation, folder: Path) -> Path:
    path = folder / f"{run.engine.implementation}.log"
    path.write_text("".join(f"{line}\n" for line in trace_lines(run.engine.trace_prefix, seen)))
    return path


def numbers(line: TraceLine) -> tuple[float, ...]:
    return tuple(map(float, line.values))


def printed(value: Any) -> tuple[float, ...]:
    """As 16 digits tell it."""
    if value is None:
        return (math.nan,)
    if isinstance(value, tuple | list):
        return tuple(number for item in value for number in printed(item))
    return (float(f"{value:.15e}"),)


def assert_told(line: TraceLine, value: Any) -> None:
    for told, expected in zip(numbers(line), printed(value), strict=True):
        assert math.copysign(1, told) == math.copysign(1, expected) or math.isnan(told), line
        assert told == expected or (math.isnan(told) and math.isnan(expected)), line


def evaluations(lines: tuple[TraceLine, ...]) -> Iterator[dict[str, TraceLine]]:
    """The lines of each evaluation by key."""
    starts = [number for number, line in enumerate(lines) if line.key == "subpixel"]
    end = next(number for number, line in enumerate(lines) if line.key == "total_lookups")
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        yield {line.key: line for line in lines[start:stop]}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_a_log_tells_every_figure_of_every_tap(case: str, engine: str, tmp_path: Path) -> None:
    run = real_run(case, engine)
    for seen in run.observations:
        lines = read_trace(log_of(run, seen, tmp_path))
        content = {tap_id: tap.extract(seen).values() for tap_id, tap in TAPS_BY_ID.items()}
        by_key = {line.key: line for line in lines}
        config = content["config_snapshot"]
        for name, value in config["derived"].items():
            assert_told(by_key[name], value)
        assert_told(by_key["default_F"], config["structure_factors"]["default_F"])
        for name, value in config["state"].items():
            assert_told(by_key[f"state_{name}"], value)
        _check_rows(list(evaluations(lines)), content)
        _check_ends(by_key, content)


def _check_rows(rows: list[dict[str, TraceLine]], content: dict[str, dict[str, Any]]) -> None:
    for tap_id, keys in ROW_KEYS.items():
        if tap_id == "orientation":
            told = [row for row in rows if "phi" in row]
        elif tap_id in KINDS:
            told = [row for row in rows if row["evaluation"].values[0] in KINDS[tap_id]]
        else:
            steps = ("source", "phi_step", "domain")
            told = [row for row in rows if all(row[step].values == ("0",) for step in steps)]
        for lines, row in zip(told, content[tap_id]["subpixels"], strict=True):
            assert_told(lines["subpixel"], row["subpixel_index"])
            for step in ("layer", "source", "phi_step", "domain"):
                assert_told(lines[step], row.get(step, 0))
            for field, key in keys.items():
                assert_told(lines[key], row[field])
        order = [lines[key].number for lines in told for key in keys.values()]
        assert order == sorted(order)


def _check_ends(by_key: dict[str, TraceLine], content: dict[str, dict[str, Any]]) -> None:
    stats = content["f_cell_stats"]
    for name in ("mean_f_cell", "rounding_margin"):
        assert (name in by_key) == (stats[name] is not None)
        if name in by_key:
            assert_told(by_key[name], stats[name])
    for field, key in (("hkl_bounds", "hkl"), ("hkl_fractional_bounds", "hkl_fractional")):
        for end in ("min", "max"):
            limits = stats[field] and [stats[field][f"{axis}_{end}"] for axis in "hkl"]
            assert (f"{key}_{end}" in by_key) == (limits is not None)
            if limits is not None:
                assert_told(by_key[f"{key}_{end}"], limits)
    sums = content["intensity_pre_norm"]
    for key, field in (("I", "sum"), ("steps", "steps"), ("I_per_step", "sum_over_steps")):
        assert_told(by_key[f"final_{key}"], sums[field])
    for name, value in content["intensity_post_scale"].items():
        assert_told(by_key[f"final_{name}"], value)
    final = content["final_output"]
    assert_told(by_key["roi"], list(final["region"].values()))
    assert by_key["mask"].values == (("none",) if final["mask"] is None else (str(final["mask"]),))
    for key, field in (("intensity", "intensity"), ("image", "image"), ("in_roi", "in_region")):
        assert_told(by_key[f"final_{key}"], final[field])
    order = [by_key[f"final_{key}"].number for key in TOTALS]
    assert order == sorted(order)


@pytest.mark.parametrize("case", CASES)
def test_both_engines_print_the_same_keys_in_the_same_order(case: str, tmp_path: Path) -> None:
    for ours, theirs in zip(*(real_run(case, name).observations for name in ENGINES), strict=True):
        logs = [
            read_trace(log_of(real_run(case, name), seen, tmp_path))
            for name, seen in zip(ENGINES, (ours, theirs), strict=True)
        ]
        assert [line.key for line in logs[0]] == [line.key for line in logs[1]]
        assert [len(line.values) for line in logs[0]] == [len(line.values) for line in logs[1]]


@pytest.mark.parametrize("case", CASES)
def test_logs_of_a_run_at_parity_agree(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = [log_of(real_run(case, name), real_run(case, name).observations[0], tmp_path)
            for name in ENGINES]  # fmt: skip
    assert main(["compare", *map(str, logs)]) == 0
    count = len(read_trace(logs[0]))
    assert capsys.readouterr().out == f"{count} lines compared, 0 differ\n"


def test_the_first_line_at_which_logs_part_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [real_run("shape_round", name) for name in ENGINES]
    ours, theirs = (log_of(run, run.observations[0], tmp_path) for run in runs)
    lines = theirs.read_text().splitlines()
    places = [number for number, line in enumerate(lines) if "F_latt " in line]
    for number in places[1:]:
        lines[number] = "TRACE_PY: F_latt 2.5"
    theirs.write_text("\n".join(lines))
    assert main(["compare", str(ours), str(theirs)]) == 3
    out = capsys.readouterr().out.splitlines()
    number = places[1] + 1
    assert out[0].startswith(f"first divergence: F_latt, line {number} of A: ")
    assert f"; line {number} of B: 2.5 (difference " in out[0]
    assert out[1] == f"{len(lines)} lines compared, {len(places) - 1} differ"


def test_a_log_with_fewer_keys_has_another_shape_and_names_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = tmp_path / "a.log", tmp_path / "b.log"
    ours.write_text("TRACE_C: omega 1.0\nTRACE_C: polar 0.5\n")
    theirs.write_text("omega=1\nfluence=3\n")
    assert main(["compare", str(ours), str(theirs)]) == 4
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "1 lines compared, 0 differ", f"1 lines only in {ours}: polar",
        f"1 lines only in {theirs}: fluence",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C: pix0_vector 0.5 1e-3 -2",
        "TRACE_PY:pix0_vector  0.5   1e-3\t-2",
        "TRACE : pix0_vector 0.5 1e-3 -2",
        "TRACE_C: pix0_vector=0.5 1e-3 -2",
        "TRACE_C: pix0_vector = 0.5, 1e-3, -2",
        "TRACE_C: pix0_vector: 0.5 1e-3 -2",
        "pix0_vector 0.5 1e-3 -2",
        "pix0_vector=0.5,1e-3,-2",
        "pix0_vector: [0.5, 1e-3, -2]",
        "  pix0_vector = (0.5, 1e-3, -2);  ",
        "TRACE_PY: pix0_vector [[0.5] [1e-3 -2]]",
    ],
)
def test_lines_are_read_as_people_print_them(line: str) -> None:
    assert parse_line(7, line) == TraceLine(7, "pix0_vector", ("0.5", "1e-3", "-2"))


@pytest.mark.parametrize("line", ["", "   ", "----", "3.5 4.5", "key", "key=", "key []", "= 4"])
def test_what_is_no_line_is_passed_over(line: str) -> None:
    assert parse_line(1, line) is None


def test_a_line_of_blanks_takes_no_time() -> None:
    assert parse_line(1, "key" + " " * 1_000_000 + "(") is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"3.5\n", b"-----\n"])
def test_a_file_without_a_line_is_no_log(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"a\.log"):
        read_trace(path)


@pytest.mark.parametrize(
    ("ours", "theirs", "status", "told"),
    [
        ("x -nan", "x nan", 0, ""),
        ("x 1e3", "x=1000.0", 0, ""),
        ("x nan", "x 1", 3, "first divergence: x, line 1 of A: nan; line 1 of B: 1\n"),
        ("x inf", "x 1", 3, "first divergence: x, line 1 of A: inf; line 1 of B: 1\n"),
        ("x 1", "x 1.0000000000000002", 3, "(difference 2.22e-16, 1 ULP as printed)"),
    ],
)
def test_numbers_are_compared_as_they_are_printed(
    ours: str, theirs: str, status: int, told: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, line in (("a.log", ours), ("b.log", theirs)):
        (tmp_path / name).write_text(f"TRACE: {line}\n")
    assert main(["compare", str(tmp_path / "a.log"), str(tmp_path / "b.log")]) == status
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("name", ENGINES)
def test_logs_of_several_pixels_are_those_of_each(name: str) -> None:
    run = real_run("mosaic_phi", name)
    logs = [list(lines) for lines in trace_logs("X", [*run.observations, *run.observations])]
    assert logs == 2 * [list(trace_lines("X", observation)) for observation in run.observations]
