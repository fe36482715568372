"""``locate`` on the command line: what it asks, writes, prints and returns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge.bridge import locate as bridge
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.cli.program import main
from parity_bridge.experiment.model import Experiment
from parity_bridge.locate.experiments import choose
from parity_bridge.locate.experiments.choose import ChosenExperiment
from parity_bridge.locate.located import Located
from parity_bridge.locate.record import LocatedExperiment
from tests.report.locate.hand_located import line, located

NUMPY = "parity_bridge.examples.numpy_engine:NumpyEngine"
CUBE = ("--", *"-cell 10 -default_F 1 -N 5 -distance 60 -detpixels 20 -nointerpolate".split())

Asked = list[tuple[WatchedPort, ChosenExperiment]]


@pytest.fixture
def found() -> list[Located | None]:
    """What is found at one experiment after the other; nothing at those that follow."""
    return []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, found: list[Located | None]) -> Asked:
    """Every port and experiment that is watched, with ``found`` in the place of watching."""
    asked: Asked = []

    def locate_at(port: WatchedPort, chosen: ChosenExperiment) -> LocatedExperiment:
        asked.append((port, chosen))
        return LocatedExperiment(
            name=chosen.name, purpose=chosen.purpose, flags=chosen.words, pixels=chosen.pixels,
            agrees=not found[: len(asked)][len(asked) - 1 :], finding=None, names=(),
            located=found[len(asked) - 1] if len(asked) <= len(found) else None, notes=chosen.notes,
        )  # fmt: skip

    monkeypatch.setattr(bridge, "locate_at", locate_at)
    monkeypatch.setattr(choose, "MOST_DRAWS", 1)
    return asked


def locate(*arguments: str) -> int:
    return main(["locate", "--stamp", "s", *arguments])


def test_a_port_that_agrees_everywhere_has_status_0(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locate("--engine", NUMPY) == 0
    assert "agrees with the C core at every experiment (plain, custom" in capsys.readouterr().out
    assert not Path("reports/s/locate.quickfix").exists()


def test_a_named_line_has_status_3_and_is_held_against_a_second_experiment(
    asked: Asked, found: list[Located | None], capsys: pytest.CaptureFixture[str]
) -> None:
    found += [None, located(line(12)), located(line(11), line(12), line(13), line(14))]
    assert locate("--engine", NUMPY, "--quickfix") == 3
    assert [chosen.name for _, chosen in asked] == ["plain", "custom", "subpixels"]
    (printed,) = capsys.readouterr().out.splitlines()
    assert printed.startswith("/ports/mine/beam.py:12:5: ")
    assert Path("reports/s/locate.md").read_text().startswith("# Where ")


def test_the_flags_of_the_record_name_files_below_the_report(asked: Asked) -> None:
    locate("--engine", NUMPY)
    record = json.loads(Path("reports/s/locate.json").read_text())
    flags = record["experiments"][0]["flags"]
    assert flags[flags.index("-hkl") + 1] == "inputs/plain.hkl"
    assert Path("reports/s/inputs/plain.hkl").is_file()
    assert main(["check-report", "reports/s"]) == 0


def test_the_users_experiment_comes_first_at_the_pixels_named(asked: Asked) -> None:
    locate("--engine", NUMPY, "--pixel", "3", "4", "--pixel", "19", "0", *CUBE)
    port, first = asked[0]
    assert (port.name, port.is_function, first.name) == (NUMPY, False, "given")
    assert first.pixels[:2] == ((3, 4), (19, 0))
    assert len(set(first.pixels)) == len(first.pixels) == 48
    assert first.parsed.experiment.crystal.cells == (5, 5, 5)
    assert [chosen.name for _, chosen in asked[1:3]] == ["plain", "custom"]


def test_packages_and_type_reach_the_port(asked: Asked) -> None:
    locate("--call", "tests.cli.test_locate:flat", "--watch", "a", "b.c", "--dtype", "float32")
    port, _ = asked[0]
    assert (port.is_function, port.watch, port.choice.dtype) == (True, ("a", "b.c"), "float32")


def flat(_experiment: Experiment) -> NDArray[np.float32]:
    """A function that stands for a port."""
    return np.zeros((6, 8), dtype=np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "c", "--call", "a:b"), "not allowed with argument"),
        ((), "one of the arguments --engine --call is required"),
        (("--engine", NUMPY, "--pixel", "0", "0"), "give its nanoBragg flags after --"),
        (("--engine", NUMPY, "--pixel", "20", "0", *CUBE), "--pixel 20 0 lies outside"),
        (("--call", "nothing"), "write it as package.module:function"),
        (("--call", "json:nothing"), "json has no function nothing"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_leaves_nothing(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locate(*arguments) == 1
    assert message in capsys.readouterr().err
    assert not Path("reports").exists()


@pytest.mark.corpus
def test_the_session_of_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["locate", "--engine", "torch", "--behaviour", "omega=last", "--stamp", "omega"]) == 3
    )
    printed = capsys.readouterr().out.splitlines()
    page = (Path(__file__).parents[2] / "docs" / "locate.md").read_text(encoding="utf-8")
    verdict = next(line for line in printed if line.startswith("torch leaves the C core at"))
    assert verdict in page.splitlines()
