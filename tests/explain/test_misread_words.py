"""A flag that a program reads differently than we do is named."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from parity_bridge.engines.nanobragg_program.engine import PROGRAM_VARIABLE
from tests.engines.nanobragg_program import misreading_program
from tests.explain.explained import explained

ROOT = Path(__file__).parents[2]
#: Few, as each is left out in runs of its own. In plain flags they are 40.0, 1.5, 2 and 70.0.
FLAGS = "-cell 40 -wave 1.5 -default_F 7 -N 5 -detpixels 24 -oversample 2 -distance 70.0".split()

IN_PLAIN_FLAGS = "in plain flags the same experiment agrees with c at the pixel, and "


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize(
    ("flag", "before", "after", "typed", "why"),
    [
        # It knows -lambda only.
        ("-wave", "1.5", "", "-wave 1.5",
         f"{IN_PLAIN_FLAGS}so do the words typed without `-wave 1.5` on both sides."),
        # Nothing is left to compute without it.
        pytest.param("-cell", "40", "41", "-cell 40",
                     f"{IN_PLAIN_FLAGS}with `-cell 40` after them it does not.",
                     marks=pytest.mark.corpus),
        # Other than the slips, and the same in plain flags.
        pytest.param("-distance", "70.0", "71", "-distance 70.0", "and c make different things of "
                     "`-distance 70.0`: without it, on both sides, they agree",
                     marks=pytest.mark.corpus),
        pytest.param("-oversample", "2", "3", "-oversample 2", "and c make different things of "
                     "`-oversample 2`: without it, on both sides, they agree",
                     marks=pytest.mark.corpus),
    ],
)  # fmt: skip
def test_the_flag_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    flag: str, before: str, after: str, typed: str, why: str,
) -> None:  # fmt: skip
    module = misreading_program.__name__
    words = map(shlex.quote, (sys.executable, "-m", module, flag, before, after))
    program = tmp_path / "nanoBragg"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}:$PYTHONPATH" exec {" ".join(words)} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv(PROGRAM_VARIABLE, str(program))
    engines = ["c", "nanobragg-program", "--pixel", "3", "4"]
    status = 4 if flag == "-oversample" else 3
    finding = explained(capsys, *engines, "--", *FLAGS, status=status)
    assert finding.reason == "words"
    assert finding.names == ((typed,),)
    assert why in finding.sentence
