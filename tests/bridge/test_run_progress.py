"""What is said of a large run: how far it has come, and how large its report will be."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from parity_bridge.bridge.compare import compare
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.record_folder import RecordFolder
from parity_bridge.bridge.run_progress import report_bytes, size_notes
from parity_bridge.bridge.sides import sides_of
from parity_bridge.cli.run_progress import FEWEST_PIXELS, run_progress
from parity_bridge.comparison import noise
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from parity_bridge.records import pixel_records
from parity_bridge.records.metadata import RunContext
from parity_bridge.report.writing import write_answer
from tests.explain.faults import CUBE

CONTEXT = RunContext("run", "2026-01-31T23:59:59Z", "x")


def question(pixels: int, flags: str = CUBE) -> Question:
    """The C core and the port at the first ``pixels`` of a row."""
    given = parse_flags(flags.split())
    c, torch = (EngineSource(EngineChoice(name), given) for name in ("c", "torch"))
    targets = tuple(Target((31, fast), None) for fast in range(pixels))
    return Question("run", c, (torch,), targets, ())


def ignore(_note: str) -> None:
    """Drop a note."""


def test_every_step_of_a_run_is_reported(tmp_path: Path) -> None:
    steps: dict[str, list[tuple[int, int]]] = {}

    def on_progress(what: str, done: int, total: int) -> None:
        steps.setdefault(what, []).append((done, total))

    compare(question(3), ignore, RecordFolder(tmp_path, CONTEXT, on_progress=on_progress))
    assert list(steps) == ["noise budgets", "records of c", "records of pytorch"]
    assert steps["records of c"] == [(1, 3), (2, 3), (3, 3)]
    for reports in steps.values():
        (total,) = {total for _, total in reports}
        assert [done for done, _ in reports] == list(range(1, total + 1))


def test_a_run_too_large_for_noise_budgets_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    for limit in (noise.MAX_EVALUATIONS, 1):
        monkeypatch.setattr(noise, "MAX_EVALUATIONS", limit)
        compare(question(3), notes.append, RecordFolder(tmp_path / str(limit), CONTEXT))
    (note,) = notes
    assert note.startswith("3 pixels are too many evaluations for noise budgets, so the memo")


@pytest.mark.parametrize("flags", [CUBE, f"{CUBE} -oversample 3"], ids=["1", "9 subpixels"])
def test_the_size_of_a_report_is_estimated_within_a_third(flags: str, tmp_path: Path) -> None:
    asked = question(8, flags)
    estimate = report_bytes(sides_of(asked, ignore), CONTEXT, ())
    write_answer(tmp_path, compare(asked, ignore, RecordFolder(tmp_path, CONTEXT)))
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert written / 1.5 < estimate < 1.5 * written


def test_a_large_report_is_announced_before_it_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parity_bridge.bridge.run_progress.LARGE_REPORT", 10_000)
    notes: list[str] = []

    def on_progress(_what: str, _done: int, _total: int) -> None:
        assert any("the report will take about" in note for note in notes)

    compare(question(2), notes.append, RecordFolder(tmp_path, CONTEXT, on_progress=on_progress))


def test_a_small_report_is_not() -> None:
    assert size_notes(sides_of(question(2), ignore), CONTEXT, ()) == ()


def test_what_the_metadata_of_all_pixels_share_is_written_down_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spelled: list[object] = []
    original = to_flags

    def counted(experiment: object) -> Sequence[str]:
        spelled.append(experiment)
        return original(experiment)  # type: ignore[arg-type]

    (core, _) = sides_of(question(4), ignore)
    assert core.run is not None
    expected = [pixel_records.metadata_of(core.run, one, CONTEXT) for one in core.run.observations]
    monkeypatch.setattr(pixel_records, "to_flags", counted)
    pixel_records.write_run(tmp_path, core.run, CONTEXT, ())
    assert len(spelled) == 1
    assert pixel_records.read_metadata(tmp_path) == expected


@pytest.fixture
def seconds() -> Iterator[int]:
    """A clock that goes on by a second each time it is read."""
    return count()


def test_lines_come_every_few_seconds(
    seconds: Iterator[int], capsys: pytest.CaptureFixture[str]
) -> None:
    with run_progress(FEWEST_PIXELS, lambda: float(next(seconds))) as on_progress:
        for done in range(1, 13):
            on_progress("records of c", done, 12)
    assert capsys.readouterr().err == "records of c: 42 %\nrecords of c: 83 %\n"


def test_few_pixels_show_nothing(
    seconds: Iterator[int], capsys: pytest.CaptureFixture[str]
) -> None:
    with run_progress(FEWEST_PIXELS - 1, lambda: float(next(seconds))) as on_progress:
        for done in range(1, 100):
            on_progress("records of c", done, 99)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("steps", [1, 9])
def test_a_terminal_shows_a_bar_after_two_seconds(
    steps: int, seconds: Iterator[int], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with run_progress(FEWEST_PIXELS, lambda: float(next(seconds))) as on_progress:
        for done in range(1, steps + 1):
            on_progress("records of c", done, steps)
    captured = capsys.readouterr()
    assert ("records of c" in captured.err) == (steps > 1)
    assert captured.out == ""
