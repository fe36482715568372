"""One process scans into a folder at a time, and nothing is written through links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.records.test_folder import other_process

_FLAGS = "-cell 50 60 70 -default_F 10 -N 5 -detpixels 8 -pixel 1 -distance 100".split()
_SCAN = ("scan", "--stamp", "s", "--quiet", "--engines", "c,tests.scan.scan_engines:Port")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("many.toml").write_text('[[experiment]]\nname = "a"\nflags = ""\n')


@pytest.fixture
def _another_process() -> Iterator[None]:
    with other_process("sole_process", Path("reports/s")):
        yield


@pytest.mark.usefixtures("_another_process")
@pytest.mark.parametrize(
    "words", [(), ("--resume",), ("--experiments", "many.toml"),
              ("--experiments", "many.toml", "--resume")],
)  # fmt: skip
def test_the_second_is_told_that_another_process_works_there(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_SCAN, *words, "--", *_FLAGS]) == 5
    assert capsys.readouterr().err == (
        "parity_bridge: another process works in reports/s; wait until it ends, or give another "
        "--stamp\n"
    )
    assert list(Path("reports/s").iterdir()) == []


def test_a_refused_scan_leaves_no_folder() -> None:
    assert main([*_SCAN, "--tile", "5000", "--", *_FLAGS]) == 1
    assert not Path("reports").exists()


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("name", ["scan", "env", "scan/maps.zarr", "scan/tiles"])
def test_a_scan_does_not_go_on_through_a_link(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_SCAN, "--", *_FLAGS]) == 0
    place = Path("reports/s", name)
    place.rename("elsewhere")
    place.symlink_to(Path("elsewhere").absolute())
    assert main([*_SCAN, "--resume", "--", *_FLAGS]) == 5
    assert f"{place} is a link, and nothing is written through it" in capsys.readouterr().err
