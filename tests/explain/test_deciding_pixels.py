"""The pixel that tells hypotheses apart which other pixels cannot."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import EXACT
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain import deciding_pixels
from parity_bridge.explain.deciding_pixels import deciding_pixel
from parity_bridge.explain.table_slips import table_slips
from parity_bridge.explain.trial_runner import Candidate, TrialRunner
from tests.explain.explained import CUBE, explained

pytestmark = pytest.mark.usefixtures("empty_folder")

#: At this pixel all lookups have k = 0.
PIXEL = (32, 20)


@pytest.fixture
def runner() -> TrialRunner:
    """A table in which a step along h is one along k, but for k beyond 1."""
    box = [(h, k, l) for h in range(-9, 10) for k in range(-9, 10) for l in range(-9, 10)]
    lines = (f"{h} {k} {l} {400 + 20 * h + 20 * k + (k > 1) * 7 * h}\n" for h, k, l in box)
    Path("table.hkl").write_text("".join(lines))
    flags = f"{CUBE} -oversample 2 -hkl table.hkl -nointerpolate"
    reference = ReferenceRunner(parse_flags(shlex.split(flags)).experiment, (PIXEL,))
    return TrialRunner(reference, reference.pixel_taps, EXACT)


def slip(runner: TrialRunner, name: str) -> Candidate:
    slips = table_slips(runner.reference.factors)
    return next(Candidate(item, table_slip=made) for item, made in slips if item.name == name)


def test_a_pixel_at_which_they_differ(runner: TrialRunner) -> None:
    sets = [(slip(runner, f"index {axis} -1"),) for axis in "hk"]
    intensities = [runner.run_or_none(chosen) for chosen in sets]
    assert all(run is not None for run in intensities)
    found = deciding_pixel(runner, sets)
    assert found is not None
    assert found.pixel is not None
    assert found.told_apart == 2
    there = ReferenceRunner(runner.reference.experiment, (found.pixel,))
    at_pixel = TrialRunner(there, there.pixel_taps, EXACT)
    values = {
        run[0].taps["final_output"].pixel["intensity"]
        for chosen in sets
        if (run := at_pixel.run_or_none(chosen)) is not None
    }
    assert len(values) == 2


def test_what_is_the_same_everywhere_is_told_apart_by_no_pixel(runner: TrialRunner) -> None:
    twice = [(slip(runner, "index l +1"),)] * 2
    found = deciding_pixel(runner, twice)
    assert found is not None
    assert (found.pixel, found.tried) == (None, 1024)


def test_one_set_needs_no_pixel(runner: TrialRunner) -> None:
    assert deciding_pixel(runner, [(slip(runner, "index l +1"),)]) is None


def test_runs_that_would_take_too_long_are_left_out(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding_pixels, "_MAX_EVALUATIONS", 3)
    assert deciding_pixel(runner, [(slip(runner, f"index {axis} -1"),) for axis in "hk"]) is None


def test_a_mean_comes_after_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where all terms are alike, an intensity cannot tell the mean of the factors from each."""
    Path("loose.toml").write_text('"*" = { atol = 0.0, rtol = 1e-11 }\n')
    flags = [*CUBE.split(), "-oversample", "2"]
    words = ["--engine", "torch", "--behaviour", "omega=each", "--taps", "final"]
    pixel = ["--pixel", "32", "32", "--out-dir", "port"]
    assert main(["trace", *words, *pixel, "--", *flags, "-N", "1"]) == 0
    capsys.readouterr()
    finding = explained(capsys, "c", "port", "--tolerances", "loose.toml")
    assert finding.names == (("omega=each",), ("omega=mean",))
    assert finding.sentence.startswith(
        "these pixels cannot tell whether pytorch multiplies each term by its own subpixel's solid "
        "angle (`omega=each`) or uses the mean of the subpixels' solid angles (`omega=mean`): with "
        "either the C core reproduces it at the pixel"
    )


def test_the_sentence_proposes_the_pixel(capsys: pytest.CaptureFixture[str]) -> None:
    """The last subpixel of this pixel is nearly alone in its sum."""
    Path("loose.toml").write_text('"*" = { atol = 0.0, rtol = 1e-4 }\n')
    words = ["--engine", "torch", "--behaviour", "omega=last", "--taps", "final"]
    pixel = ["--pixel", "33", "40", "--out-dir", "port"]
    flags = [*CUBE.split(), "-oversample", "2", "-misset", "5", "6", "7"]
    assert main(["trace", *words, *pixel, "--", *flags]) == 0
    capsys.readouterr()
    finding = explained(capsys, "c", "port", "--tolerances", "loose.toml")
    assert finding.names == (("omega=last",), ("omega=each",))
    assert finding.deciding is not None
    assert finding.deciding.pixel == (63, 63)
    assert finding.sentence.endswith("; pixel 63 63 would tell.")
