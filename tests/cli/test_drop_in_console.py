"""What ``pb-nanobragg`` prints, and that ``nanobragg-program`` can read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.engines.c_core import pixels as core_pixels
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    read_blocks,
    read_counts,
    read_detector,
)
from tests.cli.drop_in_runs import run

LINE = (
    "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels_x 6 -detpixels_y 5 -pixel 4 "
    "-distance 60 -lambda 1.2 -seed 3"
)
ALL = [(slow, fast) for slow in range(5) for fast in range(6)]


def image() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.fromfile("floatimage.bin", "<f4").reshape(5, 6)


def test_counts_are_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        f"{LINE} -oversample 2 -oversample_thick -oversample_polar -oversample_omega "
        "-detector_thick 200 -detector_abs 300 -thicksteps 3 -hdivrange 2 -hdivsteps 3 "
        "-phi 3 -osc 1 -phisteps 4 -mosaic 0.5 -mosaic_domains 5"
    )
    printed = run(capsys, words).printed
    assert read_counts(printed) == LoopCounts(
        oversample=2, layers=3, sources=3, phi_steps=4, domains=5
    )
    assert read_detector(printed) == (5, 6)
    assert "2x2 pixel oversample steps +thick +polar +omega\n" in printed


@pytest.mark.parametrize(
    ("words", "pixels"),
    [
        ("-printout", ALL),
        ("-printout_pixel 4 2", [(2, 4)]),
        ("-printout -printout_pixel 4 2", [(2, 4)]),
        ("-printout_pixel -1 2", ALL),
        ("-printout_pixel 2 -1", []),
        ("-printout_pixel 2 2 -roi 0 1 0 1", []),
        ("-printout -roi 1 2 -3 0", [(0, 1), (0, 2)]),
        ("-noprogress", []),
    ],
)
def test_printed_pixels_are_those_asked_for(
    words: str, pixels: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(capsys, f"{LINE} {words}").printed
    blocks = read_blocks(printed, pixels)
    values = [image()[pixel] for pixel in pixels]
    np.testing.assert_allclose([block.image for block in blocks], values, rtol=1e-9)


def test_printing_follows_the_state_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The crystal is unrotated in the first pixel only (contract §6)."""
    printed = run(capsys, f"{LINE} -phi 0 -osc 3 -phisteps 2 -printout").printed
    blocks = read_blocks(printed, ALL)
    np.testing.assert_allclose([b.image for b in blocks], image().ravel(), rtol=1e-9)


def test_a_block_of_the_original(capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels 24 -pixel 1.2 -distance 60 "
        "-lambda 1.2 -nonoise -nopgm -misset random -misset_seed 5 -roi 5 5 7 7 "
        "-printout_pixel 5 7"
    )
    assert (
        """\
   5    7 : stol = 7.13069e+08 or 0.0713069
at 0.06 0.00604286 -0.00844286
hkl= -0.607883 3.038119 -8.566464  hkl0= -1 3 -9
 F_cell=100  F_latt=-3.02891   I = 3.0037e+07
I/steps     153249.8693
polar      0.9809537411
omega   0.0003773635473
capfrac               1
pixel       56.72945023
"""
        in run(capsys, words).printed
    )


def test_the_block_of_several_wavelengths_is_the_original_s(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first number divides by the wavelength of the last source, the second by the beam's."""
    words = (
        "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels 64 -pixel 0.8 -distance 60 "
        "-lambda 1.2 -oversample 2 -dispersion 1 -dispsteps 3 -nonoise -nopgm -printout_pixel 3 5"
    )
    assert "   3    5 : stol = 2.0101e+09 or 0.202015\n" in run(capsys, words).printed


def test_pixels_computed_on_another_thread_print_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = f"{LINE} -phi 0 -osc 3 -phisteps 2 -printout"
    printed = run(capsys, words).printed
    monkeypatch.setattr(core_pixels, "_EVALUATIONS_FOR_A_THREAD", 0)
    assert run(capsys, words).printed == printed


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    shown = [
        line for line in run(capsys, f"{LINE} -progress").printed.splitlines() if "% done" in line
    ]
    assert shown == ["20% done", "40% done", "60% done", "80% done", "100% done"]
    assert "% done" not in run(capsys, f"{LINE} -progress -noprogress").printed


def test_the_cache_is_written_and_read_and_both_are_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.hkl").write_text("0 0 0 5\n1 0 0 7\n-1 2 0 3\n")
    done = run(capsys, f"{LINE} -hkl t.hkl -dump q.bin")
    assert "the cache q.bin is written" in done.notes
    first = image()
    assert "Fdump.bin is written" in run(capsys, f"{LINE} -hkl t.hkl").notes
    assert Path("q.bin").read_bytes() == Path("Fdump.bin").read_bytes()
    assert "Fdump.bin lies in the working directory and is read" in run(capsys, LINE).notes
    np.testing.assert_array_equal(image(), first)


def test_a_cache_that_cannot_be_written_is_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.hkl").write_text("0 0 0 5\n1 0 0 7\n-1 2 0 3\n")
    done = run(capsys, f"{LINE} -hkl t.hkl -dump no/q.bin")
    assert done.status == 0
    assert "the cache is not written: no/q.bin" in done.notes


def test_unknown_words_are_passed_over_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, f"{LINE} -what 3 -ever stray")
    assert done.status == 0
    assert "-what" in done.notes
    assert "no flag fires" in done.notes


def test_words_about_files_get_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, f"{LINE} -floatfile f.bin -scale 2 -noprogress -nopgm").notes == ""


def test_the_seed_of_the_noise_is_the_time_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    words = LINE.replace("-seed 3", "")
    notes = run(capsys, words).notes
    first = Path("noiseimage.img").read_bytes()
    seed = notes.partition("; -seed ")[2].split()[0]
    run(capsys, f"{words} -seed {seed}")
    assert Path("noiseimage.img").read_bytes() == first


def test_a_process_imports_nothing_heavy() -> None:
    code = (
        "import sys; from parity_bridge.cli.pb_nanobragg import program\n"
        "program(); print({'torch', 'fabio', 'zarr', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *LINE.split()], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("set()\n")
