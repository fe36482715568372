"""The words of a user as a program hears them: as typed, in order, and what tapping adds."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from parity_bridge.engines.nanobragg_program.program_input import ProgramInput
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import Detector, Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from tests.engines.nanobragg_program.printed_cases import FLAGS, plain_experiment
from tests.experiment.smv_files import smv, write_file
from tests.experiment.strategies import detectors

OUTPUT = "-floatfile x.bin -intfile /dev/null -nonoise -nopgm -noprogress".split()


def typed(flags: str) -> Experiment:
    """What a user typed after ``FLAGS``."""
    return parse_flags([*FLAGS, *flags.split()]).experiment


def only_pixel(experiment: Experiment) -> Experiment:
    sampling = experiment.sampling.model_copy(update={"roi": (4, 4, 3, 3)})
    return experiment.model_copy(update={"sampling": sampling})


def heard(flags: str, *, printout: bool = True) -> list[str]:
    """What follows ``FLAGS`` in the run of one pixel."""
    experiment = typed(flags)
    run = ProgramInput(experiment).own_run(only_pixel(experiment), image="x.bin", printout=printout)
    assert run is not None
    assert run.is_typed
    assert run.words[: len(FLAGS)] == tuple(FLAGS)
    return list(run.words[len(FLAGS) :])


def finer(flags: str) -> list[str]:
    """What follows ``FLAGS`` in the run of its subpixels, two along each edge."""
    experiment = typed(flags)
    changed = subpixel_experiment(experiment, (3, 4), 2)
    run = ProgramInput(experiment).own_run(changed, image="x.bin", printout=True)
    assert run is not None
    return list(run.words[len(FLAGS) :])


class TestOnePixel:
    def test_words_come_as_typed_and_in_their_order(self) -> None:
        flags = "-wave 1.5 -seed 3 -Xbeam 5 -Xbeam 6 -phi 0 -osc 0 -nopolar -polar 0.9"
        assert heard(flags) == [*flags.split(), *"-roi 4 4 3 3".split(), *OUTPUT, "-printout"]

    @pytest.mark.parametrize("last", ["-misset_seed 7", "-misset random -misset_seed 7"])
    def test_what_is_added_is_taken_for_no_value(self, last: str) -> None:
        words = heard(f"-wave 1.5 {last}")
        assert words[-2:] == ["-misset_seed", "7"]
        assert words[words.index("-roi") + 1 :][:4] == ["4", "4", "3", "3"]

    def test_a_pixel_that_is_printed_alone_is_not_the_only_one(self) -> None:
        words = heard("-printout_pixel 9 9")
        at = len(words) - 1 - words[::-1].index("-printout_pixel")
        assert words[at + 1 :][:2] == ["-1", "-1"]

    def test_a_frame_prints_no_pixel(self) -> None:
        words = heard("-printout", printout=False)
        at = words.index("-printout_pixel")
        assert int(words[at + 1]) > 2**30
        assert "-printout_pixel" not in heard("", printout=False)

    def test_files_are_named_from_anywhere_and_the_cache_is_a_copy(self, tmp_path: Path) -> None:
        Path("t.hkl").write_text("0 0 1 5\n")
        Path("s.txt").write_text("1 0 0\n")
        words = heard("-hkl t.hkl -sourcefile s.txt -dump mine.bin")
        assert words[:6] == [
            "-hkl", str(Path("t.hkl").absolute()), "-sourcefile", str(Path("s.txt").absolute()),
            "-dump", "Fdump.bin",
        ]  # fmt: skip

    def test_a_cache_is_in_the_folder_of_the_run(self, tmp_path: Path) -> None:
        Path("mine.bin").write_bytes(b"a cache")
        experiment = typed("-dump mine.bin")
        run = ProgramInput(experiment).own_run(only_pixel(experiment), image="x", printout=False)
        assert run is not None
        run.write_files(tmp_path / "private")
        assert (tmp_path / "private" / "Fdump.bin").read_bytes() == b"a cache"
        assert run.words[run.words.index("-dump") + 1] == "Fdump.bin"


class TestPlainFlags:
    """Where the words do not say what is simulated, plain flags do."""

    def test_no_words(self) -> None:
        experiment = typed("-wave 1.5").with_typed(())
        run = ProgramInput(experiment).own_run(only_pixel(experiment), image="x", printout=True)
        assert run is not None
        assert not run.is_typed
        assert "-wave" not in run.words

    def test_words_that_were_typed_for_something_else(self) -> None:
        experiment = typed("-wave 1.5")
        beam = experiment.beam.model_copy(update={"wavelength": 2.0})
        changed = experiment.model_copy(update={"beam": beam})
        assert changed.typed
        assert ProgramInput(changed).typed is None

    def test_a_file_that_is_a_flag_too(self) -> None:
        Path("-nopolar").write_text("0 0 1 5\n")
        experiment = typed("-default_F 3").with_typed([*FLAGS, "-hkl", "-nopolar"])
        assert ProgramInput(experiment).typed is None

    def test_names_of_files_may_have_become_absolute(self) -> None:
        Path("t.hkl").write_text("0 0 1 5\n")
        experiment = typed("-hkl t.hkl")
        source = experiment.structure_factors
        absolute = source.model_copy(update={"hkl": Path("t.hkl").absolute()})
        assert ProgramInput(experiment.model_copy(update={"structure_factors": absolute})).typed


class TestSubpixels:
    def test_pixels_and_beam_centre_follow(self) -> None:
        words = finer("-oversample 2 -pixel 1")
        assert words[:4] == ["-oversample", "2", "-pixel", "1"]
        added = words[4:]
        for flag, value in (("-pixel", "0.5"), ("-detpixels_x", "48"), ("-oversample", "1")):
            assert added[added.index(flag) + 1] == value
        assert added[added.index("-roi") + 1 :][:4] == ["8", "9", "6", "7"]
        assert "-pivot" not in added

    def test_a_pixel_size_that_is_the_default(self) -> None:
        words = finer("-oversample 2 -pixel 0.2")
        assert words[words.index("-pixel", 4) + 1] == "0.1"

    def test_in_custom_geometry_the_pivot_follows(self) -> None:
        words = finer("-oversample 2 -fdet_vector 0 0 1 -ORGX 10 -pivot beam")
        at = len(words) - 1 - words[::-1].index("-pivot")
        assert words[at + 1] == "beam"
        assert at > len(words) - 1 - words[::-1].index("-ORGX")

    @given(detectors(), st.integers(1, 5))
    def test_every_detector_can_be_divided(self, detector: Detector, oversample: int) -> None:
        detector = with_plain_beam_centre(detector)
        plain = plain_experiment(detector, oversample)
        experiment = parse_flags(to_flags(plain)).experiment
        changed = subpixel_experiment(experiment, (0, 0), oversample)
        run = ProgramInput(experiment).own_run(changed, image="x.bin", printout=True)
        assert run is not None
        assert run.is_typed


class TestMask:
    @pytest.fixture
    def mask(self, tmp_path: Path) -> Path:
        header = {"DISTANCE": "80", "BEAM_CENTER_Y": "7", "PIXEL_SIZE": "1"}
        return write_file(tmp_path / "mask.img", smv(np.ones((24, 24), dtype="<u2"), header))

    def test_a_frame_has_it(self, mask: Path) -> None:
        assert heard(f"-mask {mask}")[:2] == ["-mask", str(mask)]

    @pytest.mark.parametrize("further", ["", "-fdet_vector 0 0 1 -pivot sample"])
    def test_subpixels_have_what_its_header_says(self, mask: Path, further: str) -> None:
        words = finer(f"-oversample 2 -mask {mask} {further}")
        assert "-mask" not in words
        experiment = parse_flags([*FLAGS, *words], as_original=True).experiment
        changed = subpixel_experiment(typed(f"-oversample 2 -mask {mask} {further}"), (3, 4), 2)
        assert experiment.detector.distance == changed.detector.distance
        assert experiment.detector.y_beam == changed.detector.y_beam
