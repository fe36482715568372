"""Several evaluations a subpixel: run one by one where that is sound, else left out and named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.evaluations import NotPrintedError, single_evaluations
from parity_bridge.engines.nanobragg_program.printout import LoopCounts
from parity_bridge.experiment.model import Experiment
from tests.engines.nanobragg_program.printed_cases import (
    FLAGS,
    PIXEL,
    Prints,
    assert_parity,
    experiment_of,
)

ONE = {"oversample": 1, "layers": 1, "sources": 1, "phi_steps": 1, "domains": 1}
SOURCES = "1 0 0 1 1e-10\n1 0.001 0 2\n1 0 0.002 1 1.02e-10\n"


class TestOneByOne:
    """Phi steps and sources that carry nothing over."""

    @pytest.mark.parametrize(
        "flags",
        [
            "-phi 3 -osc 2 -phisteps 3",
            "-phi -5 -osc 2",
            "-phi 5 -phistep 0.5 -phisteps 4 -osc 9",
            "-phi 1 -phisteps 2",
            # All at 0: the crystal never moves.
            "-phi 0 -osc 0",
        ],
    )
    def test_phi_steps(self, pb_nanobragg: NanobraggProgram, flags: str) -> None:
        experiment = experiment_of(f"-oversample 2 {flags}")
        ours, theirs = (engine.observe(experiment, [(3, 20)]) for engine in (CCore(), pb_nanobragg))
        assert theirs[0].unrecorded == {}
        assert_parity(ours, theirs)
        for name in ("phi_step", "sub_slow", "sub_fast", "source"):
            assert ours[0].evaluations[name].tolist() == theirs[0].evaluations[name].tolist()

    def test_sources_of_a_file(self, pb_nanobragg: NanobraggProgram, tmp_path: Path) -> None:
        (tmp_path / "sources").write_text(SOURCES)
        flags = f"-oversample 2 -phi 3 -osc 1 -phisteps 2 -dmin 1.7 -sourcefile {tmp_path}/sources"
        experiment = experiment_of(flags)
        ours, theirs = (engine.observe(experiment, [(3, 20)]) for engine in (CCore(), pb_nanobragg))
        assert len(theirs[0].evaluations) == 24
        assert_parity(ours, theirs)
        assert ours[0].evaluations["source"].tolist() == theirs[0].evaluations["source"].tolist()


class TestLeftOut:
    """What a program does not print is left out, and the note says why."""

    @pytest.mark.parametrize(
        ("line", "count", "why"),
        [
            ("thick in 1 layers", "thick in 3 layers", "3 layers .*; leave -detector_thick out"),
            ("  1 sources", "  2 sources", "2 sources .*; leave divergence and dispersion out"),
            ("1 mosaic domains over", "10 mosaic domains over", "10 domains .*; leave -mosaic out"),
            ("1 phi steps", "4 phi steps", "at phi = 0 the crystal stays .*; give a -phi"),
        ],
    )
    def test_the_final_tap_is_recorded_all_the_same(
        self, prints: Prints, case: Experiment, text: str, line: str, count: str, why: str
    ) -> None:
        (observation,) = prints(text.replace(line, count)).observe(case, [PIXEL])
        assert observation.totals["image"] > 0
        (reason,) = observation.unrecorded.values()
        assert tuple(observation.unrecorded) == ("f_cell_stats",)
        assert re.search(why, reason)

    def test_more_runs_than_are_worth_it(self, tmp_path: Path) -> None:
        experiment = experiment_of("-phi 3 -osc 1 -phisteps 101")
        with pytest.raises(NotPrintedError, match=r"101 sources and phi steps .* more than 100"):
            single_evaluations(experiment, LoopCounts(**{**ONE, "phi_steps": 101}), tmp_path)

    def test_interpolation_may_be_switched_off_in_between(self, tmp_path: Path) -> None:
        experiment = experiment_of(f"-phi 3 -osc 1 -phisteps 2 -interpolate -hkl {tmp_path}/t")
        with pytest.raises(NotPrintedError, match=r"switch interpolation off .*-nointerpolate"):
            single_evaluations(experiment, LoopCounts(**{**ONE, "phi_steps": 2}), tmp_path)

    def test_a_program_that_counts_other_sources(self, tmp_path: Path) -> None:
        (tmp_path / "sources").write_text(SOURCES)
        experiment = experiment_of(f"-sourcefile {tmp_path}/sources")
        with pytest.raises(NotPrintedError, match=r"reads 4 sources from .* which lists 3; remove"):
            single_evaluations(experiment, LoopCounts(**{**ONE, "sources": 4}), tmp_path)


def test_the_report_says_what_was_not_compared(
    pb_nanobragg: NanobraggProgram, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [*FLAGS, *"-oversample 1 -mosaic 1 -mosaic_domains 3".split()]
    words = ["run", "--engines", "c,nanobragg-program", "--c-bin", str(tmp_path / "nanoBragg")]
    where = ["--pixel", "3", "4", "--out-dir", str(tmp_path / "out"), "--stamp", "s"]
    assert main([*words, *where, "--", *flags]) == 0
    note = (
        "nanobragg-program does not record f_cell, which is therefore not compared: a program "
        "prints only the last of 3 domains of a subpixel; leave -mosaic out to have it recorded"
    )
    assert note in capsys.readouterr().err
    memo = (tmp_path / "out" / "s" / "f_cell_comparison.md").read_text()
    assert note in memo.replace("\\_", "_")
    assert main([*words, *where[:3], "--taps", "f_cell", "--", *flags]) == 1
    assert "records none of the taps f_cell; ask for final" in capsys.readouterr().err
