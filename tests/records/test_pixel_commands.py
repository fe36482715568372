"""The commands that records name: short beside a pixel, whole in ``commands.txt`` and the memo."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.records.metadata import Metadata
from parity_bridge.records.pixel_commands import commands_by_pixel, common_commands
from parity_bridge.records.pixel_records import read_metadata

RUN = "python -m parity_bridge run"
PIXELS = ("--pixel", "1", "2", "--tag", "edge", "--pixel", "3", "4")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"{RUN} --pixel 1 2", {(1, 2): f"{RUN} --pixel 1 2"}),
        (
            f"{RUN} --taps f_cell --pixel 1 2 --tag a --seed 3 --pixel 1 23 -- -N 5",
            {
                (1, 2): f"{RUN} --taps f_cell --pixel 1 2 --tag a --seed 3 -- -N 5",
                (1, 23): f"{RUN} --taps f_cell --pixel 1 23 --seed 3 -- -N 5",
            },
        ),
        (f"{RUN} --pixel 1 2 --seed 3 --tag a --pixel 1 3", {}),
        (f"{RUN} --pixel 1_0 2 --pixel 1 3", {}),
        ("python -m parity_bridge trace --pixel 1 2", {}),
        ("a test's own words", {}),
    ],
    ids=["one", "several", "tag elsewhere", "number of Python", "trace", "no command"],
)
def test_the_command_of_a_pixel_names_no_other(
    command: str, expected: dict[tuple[int, int], str]
) -> None:
    assert commands_by_pixel(command) == expected


def test_commands_of_the_pixels_of_a_run_are_that_run() -> None:
    command = f"{RUN} --pixel 1 2 --tag a --pixel 1 23 --stamp s -- -N 5"
    assert common_commands([*commands_by_pixel(command).values()] * 2) == (command,)


@pytest.mark.parametrize(
    "commands",
    [
        (f"{RUN} --pixel 1 2 --seed 3 --pixel 1 3",),
        (f"{RUN} --pixel 1 2 --stamp a", f"{RUN} --pixel 1 3 --stamp b"),
        ("python -m parity_bridge trace --pixel 1 2", "python -m parity_bridge trace --pixel 1 3"),
    ],
    ids=["one that names all", "two runs", "two traces"],
)
def test_other_commands_stay_as_they_are(commands: tuple[str, ...]) -> None:
    assert common_commands(commands) == commands


def test_the_command_of_a_run_stands_once_in_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        *PIXELS,
        "--taps",
        "f_cell",
        *"-- -default_F 1 -cell 50 -lambda 1 -distance 100 -N 2".split(),
    ]
    assert main(["run", "--stamp", "s", *words]) == 0
    report = Path("reports/s")
    whole = (report / "commands.txt").read_text()
    assert " ".join(PIXELS) in whole
    for folder in ("c_taps", "py_taps"):
        first, second = read_metadata(report / folder)
        assert first.command == whole.replace(" --pixel 3 4", "").strip()
        assert second.command == whole.replace(" --pixel 1 2 --tag edge", "").strip()
    assert whole.replace(" --stamp s", "") in (report / "f_cell_comparison.md").read_text()


def test_metadata_that_name_the_whole_command_are_read_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--stamp", "s", *PIXELS, "--taps", "f_cell"]) == 0
    report = Path("reports/s")
    whole = (report / "commands.txt").read_text().strip()
    for path in report.glob("*_taps/*_metadata.json"):
        metadata = Metadata.model_validate_json(path.read_bytes())
        path.write_text(metadata.model_copy(update={"command": whole}).model_dump_json(indent=2))
    assert main(["check-report", str(report)]) == 0
