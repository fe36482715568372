"""A real nanoBragg program as a third witness of real command lines; $NB_C_BIN names it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.engine import PROGRAM_VARIABLE
from parity_bridge.engines.nanobragg_program.program_input import ProgramInput
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.engines.nanobragg_program.printed_cases import FLAGS, SHARED, assert_parity
from tests.experiment.smv_files import smv, write_file

PROGRAM = os.environ.get(PROGRAM_VARIABLE)
MATRIX = SHARED / "cases" / "peer_matrix.json"
CASES: list[Any] = json.loads(MATRIX.read_text()) if MATRIX.is_file() else []
#: The image of a case was written by adding this, which takes part in what its words mean.
OUTPUT = ["-floatfile", "image.bin"]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not PROGRAM, reason=f"${PROGRAM_VARIABLE} names no nanoBragg program"),
]


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch, _own_folders: None) -> NanobraggProgram:
    """The program, which the fixtures of this folder hide."""
    monkeypatch.setenv(PROGRAM_VARIABLE, str(PROGRAM))
    Path("Fdump.bin").unlink()
    return NanobraggProgram()


@pytest.mark.skipif(not CASES, reason=f"{MATRIX} is not there")
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
class TestPeerMatrix:
    """The command lines of a public port's parity matrix, as typed."""

    def test_its_image_is_the_one_listed(self, case: Any, program: NanobraggProgram) -> None:
        experiment = parse_flags([*case["args"].split(), *OUTPUT]).experiment
        assert ProgramInput(experiment).typed
        image = program.frame(experiment).image
        assert hashlib.sha256(image.tobytes()).hexdigest() == case["sha256"]

    def test_both_witnesses_agree_on_a_peak_and_off_it(self, case: Any, tmp_path: Path) -> None:
        words = case["args"].split()
        image = CCore().frame(parse_flags(words).experiment, threads=2).image
        slow, fast = np.unravel_index(int(np.argmax(image)), image.shape)
        on, off = (int(slow), int(fast)), (int(slow) * 3 // 5 + 1, int(fast) // 2 + 1)
        pixels = [word for pixel in (on, off) for word in ("--pixel", *map(str, pixel))]
        engines = ["--engines", "c,nanobragg-program", "--out-dir", str(tmp_path / "out")]
        assert main(["run", *engines, *pixels, "--", *words]) == 0


@pytest.mark.parametrize(
    "flags",
    [
        "-oversample 2 -oversample_polar -polar 0.9",
        "-oversample 2 -oversample_omega",
        "-oversample 2 -oversample_thick -detector_thick 90 -detector_abs 300",
        "-detsize 20",
        "-detsize_f 20 -detsize_s 16",
        "-nopolar -polar 0.9",
        "-oversample 2 -misset random -misset_seed 7",
        "-oversample 2 -misset 1 2 3 -misset_seed 7",
        "-oversample 2 -fdet_vector 0.01 0 1 -ORGX 9 -pivot beam",
        "-oversample 2 -xds -Xbeam 9",
        "-oversample 2 -adxv -twotheta 5",
        "-oversample 2 -phi 3 -osc 2 -phisteps 3",
        "-oversample 2 -printout_pixel 1 1 -progress -seed 4 -noisefile n.img",
        "-oversample 2 -roi 0 2 0 2",
        "-phi 0 -osc 3 -phisteps 2 -mosaic 1 -mosaic_dom 3",
    ],
)
def test_words_of_every_kind(program: NanobraggProgram, flags: str) -> None:
    """Among others, those of reported cases 01, 02 and 06."""
    experiment = parse_flags([*FLAGS, *flags.split()]).experiment
    ours, theirs = (engine.observe(experiment, [(3, 14)]) for engine in (CCore(), program))
    lookups = [] if theirs[0].unrecorded else ["f_cell"]
    assert ("-mosaic" in flags or "-detector_thick" in flags) == (lookups == [])
    assert_parity(ours, theirs, [*lookups, "final"])


@pytest.mark.parametrize("masked", [(3, 14), (9, 9)])
def test_a_mask(program: NanobraggProgram, tmp_path: Path, masked: tuple[int, int]) -> None:
    pixels = np.ones((24, 24), dtype="<u2")
    pixels[masked] = 0
    header = {"DISTANCE": "80", "BEAM_CENTER_Y": "7", "PIXEL_SIZE": "1", "SIZE1": "24"}
    mask = write_file(tmp_path / "mask.img", smv(pixels, header))
    for further in ("", "-fdet_vector 0 0 1 -pivot beam"):
        words = [*FLAGS, *f"-oversample 2 -mask {mask} {further}".split()]
        experiment = parse_flags(words).experiment
        assert ProgramInput(experiment).typed
        ours, theirs = (engine.observe(experiment, [(3, 14)]) for engine in (CCore(), program))
        assert_parity(ours, theirs)
        assert np.array_equal(CCore().frame(experiment).image, program.frame(experiment).image)


def test_a_comment_in_a_source_file_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Reported case 10."""
    sources = tmp_path / "hash.txt"
    sources.write_text("-10 0 0 1 1e-10\n# a comment\n")
    words = [*FLAGS, "-oversample", "1", "-sourcefile", str(sources)]
    engines = ["--engines", "c,nanobragg-program", "--out-dir", str(tmp_path / "out")]
    assert main(["scan", *engines, "--stamp", "s", "--", *words]) == 2
    message = capsys.readouterr().err
    assert f"line 2 ('# a comment') of -sourcefile {sources}" in message
    assert "--c-bin" not in message
