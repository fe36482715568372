"""The interface for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.api import Experiment, compare, engine, explain, scan
from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import parse_flags

FLAGS = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 64 -pixel 1 -oversample 2"
PIXELS = [(0, 0), (32, 32)]


def test_an_experiment_is_what_the_flags_say() -> None:
    made = Experiment.from_nanobragg(FLAGS)
    assert made == Experiment.from_nanobragg(FLAGS.split()) == parse_flags(FLAGS.split()).experiment
    with pytest.raises(UsageError, match="-cel"):
        Experiment.from_nanobragg("-cel 50")


def test_engines_that_agree() -> None:
    found = compare(Experiment.from_nanobragg(FLAGS), PIXELS, engine("c"), engine("torch"))
    assert found
    assert found.agrees
    assert explain(found) is None
    assert found.first_divergence is None
    assert str(found) == (
        "parity: c and pytorch agree in every field of all 8 taps exactly at 2 pixels"
    )


def test_engines_that_do_not() -> None:
    wrong = engine("torch", behaviours=["omega=last"])
    found = compare(Experiment.from_nanobragg(FLAGS), PIXELS, "c", wrong)
    assert not found
    finding = explain(found)
    assert finding is not None
    assert finding.names == (("omega=last",),)
    assert found.first_divergence is not None
    assert found.first_divergence.field == "omega"
    assert compare(Experiment.from_nanobragg(FLAGS), PIXELS, "c", wrong, taps=["f_cell"])


def test_an_engine_that_was_made_already_and_another_dtype() -> None:
    made = Experiment.from_nanobragg(FLAGS)
    assert compare(made, PIXELS, "torch", CCore())
    found = compare(made, PIXELS, "c", engine("torch", dtype="float32"))
    assert found.comparison.tolerances.case == "float32 on cpu"


def test_nothing_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="give at least one pixel"):
        compare(Experiment.from_nanobragg(FLAGS), [])


@pytest.mark.usefixtures("without_pictures")
def test_a_scan(tmp_path: Path) -> None:
    found = scan(Experiment.from_nanobragg(FLAGS), tmp_path / "whole", tile=32)
    assert found.summary.verdict == "parity"
    assert (tmp_path / "whole" / "scan" / "scan.html").exists()
    again = scan(Experiment.from_nanobragg(FLAGS), tmp_path / "whole", tile=32, resume=True)
    assert again.summary.pixels == 64 * 64


class TestEnginesCommand:
    def test_it_lists_what_is_there_and_what_each_can_do(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("NB_C_BIN", raising=False)
        assert main(["engines", "tests.scan.scan_engines:Port", "no_such:Engine"]) == 0
        lines = capsys.readouterr().out.splitlines()
        told = {line.split()[0]: line.split()[1] for line in lines[2:8]}
        assert told == {
            "c": "yes", "torch": "yes", "nanobragg-program": "no", "nanobrag_torch": "no",
            "tests.scan.scan_engines:Port": "yes", "no_such:Engine": "no",
        }  # fmt: skip
        reasons = "\n".join(lines[8:])
        assert "nanobragg-program: no nanoBragg program is named; give --c-bin" in reasons
        assert "no_such:Engine: engine 'no_such:Engine': there is no module 'no_such'" in reasons
