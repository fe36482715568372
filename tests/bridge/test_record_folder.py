"""The folders of the sides of a report: plain names, and no two of them one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import pytest

from parity_bridge.bridge.record_folder import SIDES, side_folders
from parity_bridge.cli import shared_options
from parity_bridge.cli.program import main
from parity_bridge.errors import FileError
from tests.engines.fake_engines import FakeTorch

OUTSIDE = ("../..", "..", ".", "/tmp", "a/b", "", "a\nb", ".hidden")  # noqa: S108 - never opened


class Upwards(FakeTorch):
    folder: ClassVar[str] = "../up"


class SameInOtherCase(FakeTorch):
    folder: ClassVar[str] = "C_taps"


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_list_of_sides_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "report" / "c_taps").mkdir(parents=True)
    (tmp_path / "report" / SIDES).write_text(json.dumps(["c_taps", name]))
    with pytest.raises(FileError, match=r"sides\.json lists a folder that no report has"):
        side_folders(tmp_path / "report")


def test_the_folders_of_a_report_are_those_listed(tmp_path: Path) -> None:
    for name in ("c_taps", "py_taps"):
        (tmp_path / name).mkdir()
    (tmp_path / SIDES).write_text('["py_taps", "c_taps"]')
    assert side_folders(tmp_path) == ("py_taps", "c_taps")


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("Upwards", "the folder of the engine class Upwards: '../up' is not a name"),
        ("SameInOtherCase", "two of the engines have one folder, c_taps, C_taps"),
    ],
)
def test_an_engine_writes_into_a_folder_of_its_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    engine: str,
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    engines = ("tests.engines.fake_engines:FakeC", f"tests.bridge.test_record_folder:{engine}")
    monkeypatch.setattr(shared_options, "DEFAULT_ENGINES", engines)
    assert main(["run", "--pixel", "0", "0", "--stamp", "s"]) == 1
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
