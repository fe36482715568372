"""The engine over a program that nobody modified: what it prints, read as what an engine tells.

Its own console outputs lie in ``golden/printout``. A stand-in over our C core, told by flags alone,
drives the whole path, and shell scripts misbehave in every way that a program can.
"""

from __future__ import annotations

import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.command import command_line, write_input_files
from parity_bridge.engines.nanobragg_program.engine import PROGRAM_VARIABLE
from parity_bridge.engines.nanobragg_program.lookups import check_single_evaluation, lookup_rows
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    PixelBlock,
    read_blocks,
    read_counts,
)
from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from parity_bridge.errors import EngineError, FileError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.hkl_table import HklTable, IndexBounds
from parity_bridge.experiment.model import Cell, Crystal, Detector, Experiment, Sampling
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import Region, RunState
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import choose_taps
from tests.engines.golden_cases import GOLDEN, GoldenCase, load_case
from tests.engines.nanobragg_program import nanobragg_stand_in
from tests.experiment.smv_files import smv, write_file
from tests.experiment.strategies import detectors

PRINTED = tolerances_for(own_case=NanobraggProgram.tolerances)
STORED = {
    "bench4096_default_f_0_0": (0, 0),
    "bench4096_default_f_2048_2048": (2048, 2048),
    "gnnqqny_mosflm_10_50": (10, 50),
    "gnnqqny_xds_40_31": (40, 31),
}
FLAGS = "-cell 40 50 60 70 80 100 -N 5 -default_F 7 -distance 70 -pixel 1 -detpixels 24".split()
OVERSAMPLE = 2

WriteProgram = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory, with a stale cache, and a folder in which folders are made."""
    (tmp_path / "private").mkdir()
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "Fdump.bin").write_bytes(b"stale")
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "private"))
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)


@pytest.fixture
def write_program(tmp_path: Path) -> WriteProgram:
    """Make an executable script of a few lines of shell."""

    def write(lines: str) -> Path:
        path = tmp_path / "nanoBragg"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def stand_in(write_program: WriteProgram) -> NanobraggProgram:
    script = Path(nanobragg_stand_in.__file__)
    words = map(shlex.quote, (sys.executable, str(script)))
    return NanobraggProgram(c_bin=write_program(f'exec {" ".join(words)} "$@"'))


@pytest.fixture(params=STORED)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, GoldenCase, Any]:
    """A console output, the case whose pixel it shows, and that pixel."""
    name: str = request.param
    pixel = STORED[name]
    case = load_case(name.removesuffix(f"_{pixel[0]}_{pixel[1]}"), tmp_path)
    return printout(name), case, pixel


def printout(name: str) -> str:
    return (GOLDEN / "printout" / f"{name}.txt").read_text()


def subpixels(pixel: tuple[int, int]) -> list[tuple[int, int]]:
    slow, fast = (range(OVERSAMPLE * number, OVERSAMPLE * (number + 1)) for number in pixel)
    return [(s, f) for s in slow for f in fast]


def experiment_of(flags: str) -> Experiment:
    return parse_flags([*FLAGS, *flags.split()]).experiment


def private_folders(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "private").iterdir())


def assert_parity(ours: list[Observation], theirs: list[Observation]) -> None:
    """By the tolerances that the engine asks for, in the taps that it tells."""
    taps = choose_taps(NanobraggProgram.taps)
    sides = [
        [PixelTaps.from_observation(seen, "", taps) for seen in side] for side in (ours, theirs)
    ]
    comparison = compare_runs(sides[0], sides[1], PRINTED)
    assert comparison.verdict == "parity", comparison.pixels[0].first_divergence


class TestStoredConsoleOutputs:
    """Figures that the original program printed."""

    def test_everything_is_counted_once(self, stored: tuple[str, GoldenCase, Any]) -> None:
        assert read_counts(stored[0]) == LoopCounts(1, 1, 1, 1, 1)

    def test_its_blocks_are_the_lookups_of_the_golden_case(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        blocks = read_blocks(text, subpixels(pixel))
        lookups = case.rows(pixel, "lookup")
        for block, lookup in zip(blocks, lookups, strict=True):
            assert [f"{index:.6f}" for index in block.hkl] == [f"{h:.6f}" for h in lookup["hkl"]]
            assert block.hkl0 == tuple(lookup["hkl0"])
            assert f"{block.F_cell:g} {block.F_latt:g}" == "{F_cell:g} {F_latt:g}".format(**lookup)
        # Subpixels in the order of the chain: slow-major.
        assert [(lookup["subS"], lookup["subF"]) for lookup in lookups] == [
            (slow % OVERSAMPLE, fast % OVERSAMPLE) for slow, fast in (b.pixel for b in blocks)
        ]

    def test_it_was_asked_for_the_detector_that_we_ask_for(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        finer = subpixel_experiment(case.experiment, pixel, OVERSAMPLE)
        setup = derive(finer)
        detector = setup.detector
        fast, slow = detector.pixels
        assert f"pixel={detector.pixel_size:g} meters ({fast}x{slow} pixels)" in text
        assert f"Fbeam={detector.Fbeam:g} Sbeam={detector.Sbeam:g}" in text
        assert f"Fclose={detector.Fclose:g} Sclose={detector.Sclose:g}" in text
        assert "roi: {} < x < {} && {} < y < {}".format(*detector.roi) in text

    def test_the_last_line_of_a_block_is_the_float32_of_the_image(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        finer = subpixel_experiment(case.experiment, pixel, OVERSAMPLE)
        seen = CCore().observe(finer, subpixels(pixel))
        for block, observation in zip(read_blocks(text, subpixels(pixel)), seen, strict=True):
            assert f"{block.image:.10g}" == f"{observation.totals['image']:.10g}"

    def test_the_engine_makes_the_golden_case_s_records_of_it(
        self,
        stored: tuple[str, GoldenCase, Any],
        stand_in: NanobraggProgram,
        tmp_path: Path,
        write_program: WriteProgram,
    ) -> None:
        text, case, pixel = stored
        (tmp_path / "stored.txt").write_text(text)
        program = (tmp_path / "nanoBragg").read_text().splitlines()[1]
        choose = (
            f'case "$*" in *"-oversample 1 "*) cat {tmp_path}/stored.txt ;; *) {program} ;; esac'
        )
        write_program(choose)
        seen = stand_in.observe(case.experiment, [pixel])
        assert_parity(CCore().observe(case.experiment, [pixel]), seen)


class TestSecondDetector:
    """A detector whose pixels are the subpixels stands where the first one stands."""

    @given(detectors(), st.integers(1, 6))
    def test_it_has_the_same_origin_and_axes(self, detector: Detector, oversample: int) -> None:
        experiment = plain_experiment(detector, oversample)
        # What a setup holds lives as long as it does.
        setups = [derive(experiment), derive(subpixel_experiment(experiment, (0, 0), oversample))]
        first, second = (setup.detector for setup in setups)
        assert [count * oversample for count in first.pixels] == list(second.pixels)
        for name in ("fast", "slow", "odet", "beam"):
            assert components(first, name) == components(second, name)
        origin = components(first, "pix0")
        difference = np.abs(np.subtract(origin, components(second, "pix0"))).max()
        # Most often none; 3 units in the last place were the most in 60000 random detectors.
        assert difference <= 4 * np.spacing(np.abs(origin).max())
        assert second.pixel_size == pytest.approx(first.subpixel_size, rel=2.3e-16, abs=0)
        if oversample in (1, 2, 4):
            assert second.pixel_size == first.subpixel_size

    @given(detectors(), st.integers(1, 4), st.data())
    def test_its_pixels_have_the_indices_of_the_subpixels(
        self, detector: Detector, oversample: int, data: st.DataObject
    ) -> None:
        experiment = plain_experiment(detector, oversample)
        fast, slow = pixels_of(experiment)
        pixel = data.draw(st.integers(0, slow - 1)), data.draw(st.integers(0, fast - 1))
        finer = subpixel_experiment(experiment, pixel, oversample)
        rows = CCore().observe(experiment, [pixel])[0].evaluations
        first_layer = rows[rows["layer"] == 0]
        assert finer.sampling.roi is not None
        fast_min, fast_max, slow_min, slow_max = finer.sampling.roi
        seen = CCore().observe(
            finer,
            [(s, f) for s in range(slow_min, slow_max + 1) for f in range(fast_min, fast_max + 1)],
        )
        found = np.array([observation.evaluations["hkl"][0] for observation in seen])
        assert np.allclose(found, first_layer["hkl"], rtol=0, atol=1e-9)

    def test_more_pixels_than_a_program_counts(self) -> None:
        with pytest.raises(UsageError, match=r"-oversample 3: .* more than a program counts"):
            subpixel_experiment(experiment_of("-detpixels 20000"), (0, 0), 3)

    @pytest.mark.parametrize(
        "flags", ["-pixel 1e-300 -detpixels_f 5", "-pixel 1e-320", "-detsize 0.04"]
    )
    def test_a_detector_without_a_sensible_number_of_pixels(
        self, stand_in: NanobraggProgram, flags: str
    ) -> None:
        experiment = parse_flags(["-cell", "40", *flags.split()]).experiment
        with pytest.raises(UsageError, match="no sensible number of pixels"):
            stand_in.observe(experiment, [(0, 0)])


def plain_experiment(detector: Detector, oversample: int) -> Experiment:
    experiment = Experiment(
        crystal=Crystal(cell=Cell(a=50.0)),
        detector=detector,
        sampling=Sampling(oversample=oversample),
    )
    try:
        derive(experiment)
    except UsageError:
        assume(False)
    return experiment


def pixels_of(experiment: Experiment) -> tuple[int, int]:
    fast, slow = derive(experiment).detector.pixels
    return fast, slow


def components(detector: Any, name: str) -> tuple[float, float, float]:
    vector = getattr(detector, name)
    return vector.x, vector.y, vector.z


class TestCommandLine:
    def words(self, flags: str) -> str:
        return " ".join(command_line(experiment_of(flags), image="x.bin", printout=True))

    def test_numbers_are_written_to_the_last_digit(self) -> None:
        finer = subpixel_experiment(experiment_of("-pixel 0.1"), (1, 2), 3)
        words = command_line(finer, image="/dev/null", printout=True)
        assert words[words.index("-pixel") + 1] == repr(finer.detector.pixel_size)
        assert words[words.index("-roi") + 1 :][:4] == ["6", "8", "3", "5"]
        assert words[words.index("-oversample") + 1] == "1"
        assert words[words.index("-floatfile") + 1] == "/dev/null"

    @given(detectors(), st.integers(1, 5))
    def test_it_says_the_whole_experiment(self, detector: Detector, oversample: int) -> None:
        finer = subpixel_experiment(plain_experiment(detector, oversample), (0, 0), oversample)
        words = command_line(finer, image="/dev/null", printout=True)
        flags, _ = nanobragg_stand_in.split(words)
        assert parse_flags(flags).experiment == finer

    def test_files_lie_in_its_folder_under_plain_names(self, tmp_path: Path) -> None:
        table = tmp_path / "my -polar 1.hkl"
        table.write_text("0 0 1 5\n")
        sources = tmp_path / "sources"
        sources.write_text("1 0 0 1 1e-10\n")
        experiment = parse_flags(
            ["-cell", "40", "-hkl", str(table), "-sourcefile", str(sources)]
        ).experiment
        folder = tmp_path / "private"
        write_input_files(experiment, folder)
        words = command_line(experiment, image="x.bin", printout=False)
        assert str(tmp_path) not in " ".join(words)
        for flag, original in (("-hkl", table), ("-sourcefile", sources)):
            name = words[words.index(flag) + 1]
            assert (folder / name).read_text() == original.read_text()
        assert "-printout" not in words

    def test_a_matrix_becomes_a_file(self, tmp_path: Path) -> None:
        numbers = (0.02, 0.001, -1 / 3, 0.004, 0.03, 1e-5, -0.002, 0.25, 0.04)
        experiment = Experiment(crystal=Crystal(matrix=numbers))
        write_input_files(experiment, tmp_path)
        words = command_line(experiment, image="x.bin", printout=True)
        name = words[words.index("-mat") + 1]
        assert is_flag_word(words[words.index("-mat") + 2])
        assert tuple(map(float, (tmp_path / name).read_text().split())) == numbers

    def test_a_cache_is_copied_under_the_name_that_is_read_unasked(self, tmp_path: Path) -> None:
        cache = tmp_path / "kept.bin"
        cache.write_bytes(b"a cache")
        experiment = experiment_of(f"-dump {cache}")
        folder = tmp_path / "private"
        write_input_files(experiment, folder)
        (copy,) = folder.iterdir()
        assert copy.name == "Fdump.bin"
        assert not copy.is_symlink()
        assert copy.read_bytes() == b"a cache"
        assert "-dump" not in command_line(experiment, image="x.bin", printout=True)

    def test_a_table_is_read_and_no_cache(self, tmp_path: Path) -> None:
        write_input_files(
            experiment_of(f"-hkl {tmp_path}/t -dump {tmp_path}/d"), tmp_path / "private"
        )
        assert [path.name for path in (tmp_path / "private").iterdir()] == ["table.hkl"]

    def test_no_axis_is_taken_for_an_angle_or_a_factor(self) -> None:
        words = self.words("-polar_vector 0.3 0 1 -twotheta_axis 0.1 1 0 -polar 0.4")
        assert words.index("-polar 0.4") > words.index("-polar_vector")
        assert words.index("-twotheta 0.0") > words.index("-twotheta_axis")
        assert "-polar 0.0" in self.words("-polar_vector 0.3 0 1")


#: Cases of every convention and pivot, tilted, with tables, a cache, a matrix and cuts.
WHOLE_PATH = [
    "bench4096_stale_cache",
    "close_distance_energy",
    "detector_rotations_beam_pivot",
    "detector_rotations_sample_pivot",
    "dmin_cut",
    "gnnqqny_adxv",
    "gnnqqny_default_f",
    "gnnqqny_denzo",
    "interpolate_runs_out_of_range",
    "mosflm_matrix",
    "shape_tophat",
    "xtal_size_auto_oversample",
]


#: Axes that a program takes for other flags too.
TRAPPED = (
    "-oversample 3 -polar_vector 0.3 0 1 -polar 0.6 -twotheta_axis 0.2 1 0.1 -twotheta 9 "
    "-pivot sample -detector_rotx 3 -ORGX 10.3"
)


class TestStandIn:
    """The whole path: flags, folder, run, printout, records."""

    @pytest.mark.parametrize("name", WHOLE_PATH)
    def test_a_golden_case(self, stand_in: NanobraggProgram, name: str, tmp_path: Path) -> None:
        case = load_case(name, tmp_path)
        # That some of the cut's pixels are on this side of it.
        pixels = [case.pixels[3 if name == "dmin_cut" else 1]]
        ours = CCore().observe(case.experiment, pixels)
        theirs = stand_in.observe(case.experiment, pixels)
        assert_parity(ours, theirs)
        assert [o.totals["image"] for o in ours] == [o.totals["image"] for o in theirs]
        assert private_folders(tmp_path) == []

    @pytest.mark.parametrize(
        "flags",
        [
            TRAPPED,
            "-oversample 2 -fdet_vector 0.01 0.02 1 -pivot beam -detector_rotz 4 -curved_det",
        ],
    )
    def test_custom_geometry(self, stand_in: NanobraggProgram, flags: str) -> None:
        experiment = experiment_of(flags)
        assert_parity(
            CCore().observe(experiment, [(3, 20)]), stand_in.observe(experiment, [(3, 20)])
        )

    def test_a_masked_pixel_outside_the_region(
        self, stand_in: NanobraggProgram, tmp_path: Path
    ) -> None:
        mask = masked(tmp_path, (3, 20))
        experiment = experiment_of(f"-oversample 1 -mask {mask} -roi 0 5 0 5")
        ours, theirs = (engine.observe(experiment, [(3, 20)]) for engine in (CCore(), stand_in))
        assert_parity(ours, theirs)
        assert theirs[0].totals["image"] == 0.0 < theirs[0].totals["intensity"]

    def test_a_region(self, stand_in: NanobraggProgram, tmp_path: Path) -> None:
        # Several of everything: of an image that does not matter.
        mask = masked(tmp_path, (3, 10))
        experiment = experiment_of(
            f"-oversample 1 -mask {mask} -roi 8 30 0 9 -phi 1 -osc 1 -phisteps 3 -mosaic 1 "
            "-mosaic_domains 2 -dispersion 1 -dispsteps 2"
        )
        region = Region(range(2, 24), range(5, 20))
        ours, theirs = (engine.frame(experiment, region) for engine in (CCore(), stand_in))
        assert np.array_equal(ours.image, theirs.image)
        assert np.count_nonzero(theirs.image) == 8 * 12 - 1
        assert not theirs.in_order

    def test_a_region_begins_as_a_run_does(
        self, stand_in: NanobraggProgram, tmp_path: Path
    ) -> None:
        case = load_case("interpolate_runs_out_of_range", tmp_path)
        region = Region(range(20, 40), range(10, 30))
        ours, theirs = (engine.frame(case.experiment, region) for engine in (CCore(), stand_in))
        assert np.array_equal(ours.image, theirs.image)
        assert theirs.in_order

    def test_regions_of_one_experiment(self, stand_in: NanobraggProgram) -> None:
        experiment = experiment_of("-roi 4 11 0 23")
        scanner, core = stand_in.scanner(experiment), CCore().scanner(experiment)
        for name in ("pixels", "roi", "oversample"):
            assert getattr(scanner, name) == getattr(core, name)
        assert not scanner.has_f_cell
        region = Region(range(3, 9), range(5, 7))
        seen = scanner.scan(region, scanner.start(), threads=2)
        assert np.array_equal(seen.image, core.scan(region, core.start()).image)
        assert seen.planes == {}
        assert scanner.is_settled(seen.state)
        with pytest.raises(UsageError, match="prints Tap 4 of one pixel a run"):
            scanner.margins(region, seen.state)

    def test_outside_the_region_of_interest_nothing_is_run(
        self, write_program: WriteProgram
    ) -> None:
        engine = NanobraggProgram(c_bin=write_program("exit 1"))
        frame = engine.frame(experiment_of("-roi 0 1 0 1"), Region(range(3, 5), range(2)))
        assert np.array_equal(frame.image, np.zeros((2, 2), dtype=np.float32))


def masked(folder: Path, pixel: tuple[int, int]) -> Path:
    """A mask of the detector of ``FLAGS`` with one 0."""
    pixels = np.ones((24, 24), dtype="<u2")
    pixels[pixel] = 0
    return write_file(folder / "mask.img", smv(pixels, {}))


#: One subpixel a pixel: the one that heads the second block of the stored output as 101 20.
PIXEL = (20, 101)
SHOWN = 0.08768503368

Prints = Callable[..., NanobraggProgram]


@pytest.fixture
def case(tmp_path: Path) -> Experiment:
    """What the stored output of ``gnnqqny_mosflm`` was asked for, as an experiment of its own."""
    experiment = load_case("gnnqqny_mosflm", tmp_path).experiment
    return subpixel_experiment(experiment, (10, 50), OVERSAMPLE)


@pytest.fixture
def text() -> str:
    """The output for ``PIXEL`` alone."""
    head, _, block, *_ = re.split(r"(?m)^(?= 10[01]   2[01] :)", printout("gnnqqny_mosflm_10_50"))
    return f"{head}{block}\nsolid angle\n"


@pytest.fixture
def prints(tmp_path: Path, write_program: WriteProgram) -> Prints:
    """An engine over a program that prints a text and leaves an image, whatever it is asked."""

    def engine(
        text: str, after: str = "", *, shown: float = SHOWN, time_limit: float = 600.0
    ) -> NanobraggProgram:
        image = np.zeros((128, 128), dtype="<f4")
        image[PIXEL] = shown
        image.tofile(tmp_path / "image")
        (tmp_path / "text").write_text(text)
        lines = f"cat {tmp_path}/text; cp {tmp_path}/image image.bin\n{after}"
        return NanobraggProgram(c_bin=write_program(lines), time_limit=time_limit)

    return engine


class TestMisbehaviour:
    """Whatever a program does, the command ends with a sentence, and nothing of it is left."""

    def failure(self, engine: NanobraggProgram, experiment: Experiment, tmp_path: Path) -> str:
        with pytest.raises(EngineError) as caught:
            engine.observe(experiment, [PIXEL])
        message = str(caught.value)
        assert message.startswith("nanoBragg ")
        assert "\n" not in message
        assert message.endswith("check that --c-bin or $NB_C_BIN names a nanoBragg program")
        assert private_folders(tmp_path) == []
        return message

    def test_without_any_it_is_right(self, prints: Prints, case: Experiment, text: str) -> None:
        assert_parity(CCore().observe(case, [PIXEL]), prints(text).observe(case, [PIXEL]))

    @pytest.mark.parametrize(
        ("after", "words"),
        [
            ("exit 3", "failed with exit status 3; its last lines are"),
            ("echo no such file >&2; exit 1", "1; its last lines are .* / solid angle / no such f"),
            ("kill -SEGV $$", f"was ended by signal {int(signal.SIGSEGV)};"),
            ("rm image.bin", "left no image that can be read .*No such file"),
            ("echo >> image.bin", "left no image .*65537 bytes for 128 x 128 pixels"),
        ],
    )
    def test_a_run_that_fails(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path, after: str, words: str
    ) -> None:
        assert re.search(words, self.failure(prints(text, after), case, tmp_path))

    @pytest.mark.parametrize(
        ("shown", "words"),
        [
            (0.0, "printed 0.08768503368 where its image holds 0.0;"),
            (np.nan, "not all of its pixels are finite"),
        ],
    )
    def test_an_image_of_something_else(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path, shown: float, words: str
    ) -> None:
        assert words in self.failure(prints(text, shown=shown), case, tmp_path)

    @pytest.mark.parametrize(
        ("before", "now", "words"),
        [
            (r"(?s).*", "", "nothing that tells its number of oversample; it printed nothing"),
            (r"(?s).*", "Usage: other\n", "oversample; its last lines are 'Usage: other'; check"),
            (r"  1 sources\n", "", "printed nothing that tells its number of sources"),
            (r"1 phi steps", "0 phi steps", "printed nothing that tells its number of phi steps"),
            (r"(?s)pixel +0\.08.*", "pix", "block of pixel 20 101 (slow, fast) that is cut short"),
            (r"(?s)at 0.06 .*", "", "block of pixel 20 101 (slow, fast) that is cut short"),
            (r"(?s) 101   20 .*", " 101   20 : sto", "printed 0 pixels where 1 were asked for"),
            (r"F_cell=\S+", "F_cell=nan", "in which 'nan' is not a finite number"),
            (r"hkl= \S+", "hkl= -inf", "in which '-inf' is not a finite number"),
            (r"polar +\S+", "polar  -nan", "in which '-nan' is not a finite number"),
            (r"hkl0= \S+", "hkl0= 3000000000", "in which '3000000000' is no Miller index"),
            (r"hkl0= \S+", "hkl0= 1.5", "in which '1.5' is not a whole number"),
            (r" 101   20 :", " 101   21 :", "printed pixel 21 101 (slow, fast) where 20 101 (s"),
            (r"(?s)( 101   20 .*)", r"\1\1", "printed 2 pixels where 1 were asked for"),
        ],
    )  # fmt: skip
    def test_a_printout_of_something_else(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path,
        before: str, now: str, words: str,
    ) -> None:  # fmt: skip
        changed, count = re.subn(before, now, text, count=1)
        assert count == 1
        assert words in self.failure(prints(changed), case, tmp_path)

    @pytest.mark.signals
    @pytest.mark.parametrize("hang", ["exec sleep infinity", "sleep infinity & wait"])
    def test_a_run_without_an_end(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path, hang: str
    ) -> None:
        engine = prints(text, hang, time_limit=0.3)
        assert "did not end within 0.3 s and was stopped" in self.failure(engine, case, tmp_path)

    @pytest.mark.signals
    def test_a_printout_without_an_end(
        self, prints: Prints, case: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("parity_bridge.engines.nanobragg_program.process.MOST_OUTPUT", 2000)
        message = self.failure(prints("x" * 3000, "exec sleep infinity"), case, tmp_path)
        assert "was stopped when it had printed 3000 bytes" in message

    def test_a_file_that_is_no_program(
        self, write_program: WriteProgram, case: Experiment, tmp_path: Path
    ) -> None:
        path = write_program("")
        path.write_bytes(b"\x7fELF nothing else")
        engine = NanobraggProgram(c_bin=path)
        assert "cannot be run (Exec format error)" in self.failure(engine, case, tmp_path)

    def test_a_cache_that_it_leaves_is_read_by_no_other_run(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path
    ) -> None:
        engine = prints(text, "test ! -e Fdump.bin && touch Fdump.bin")
        engine.observe(case, [PIXEL, PIXEL])
        assert private_folders(tmp_path) == []
        assert Path("Fdump.bin").read_bytes() == b"stale"

    def test_it_runs_alone_in_its_folder(self, prints: Prints, case: Experiment, text: str) -> None:
        only = '[ "$(ls)" = "image.bin\ntable.hkl" ] && [ "$OMP_NUM_THREADS" = 1 ]'
        prints(text, only).observe(case, [PIXEL])


class TestRefusals:
    def test_without_a_program(self) -> None:
        with pytest.raises(UsageError, match=r"give --c-bin PATH, or set \$NB_C_BIN"):
            NanobraggProgram()

    @pytest.mark.parametrize("mode", [None, 0o644])
    def test_what_cannot_be_executed(self, write_program: WriteProgram, mode: int | None) -> None:
        path = write_program("")
        path.unlink() if mode is None else path.chmod(mode)
        with pytest.raises(UsageError, match="not a file that can be executed; name a nanoBragg"):
            NanobraggProgram(c_bin=path)
        with pytest.raises(UsageError, match="not a file that can be executed"):
            NanobraggProgram(c_bin=path.parent)

    def test_the_environment_names_one_too(
        self, write_program: WriteProgram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_program("")
        monkeypatch.chdir(path.parent)
        monkeypatch.setenv(PROGRAM_VARIABLE, path.name)
        build = NanobraggProgram().build()
        assert build["program"] == "nanoBragg"
        assert re.fullmatch("[0-9a-f]{16}", build["program_sha256"])

    def test_another_dtype_or_device(self, write_program: WriteProgram) -> None:
        program = write_program("")
        with pytest.raises(UsageError, match=r"--dtype float32: .* leave --dtype out"):
            NanobraggProgram(c_bin=program, dtype="float32")
        with pytest.raises(UsageError, match=r"--device cuda: .* leave --device out"):
            NanobraggProgram(c_bin=program, device="cuda")

    @pytest.mark.parametrize(
        ("line", "count", "remedy"),
        [
            ("thick in 1 layers", "thick in 3 layers", "-detector_thick"),
            ("  1 sources", "  2 sources", "-sourcefile"),
            ("1 phi steps", "4 phi steps", "-osc"),
            ("1 mosaic domains over", "10 mosaic domains over", "-mosaic"),
        ],
    )
    def test_several_evaluations_a_subpixel(
        self, prints: Prints, case: Experiment, text: str, line: str, count: str, remedy: str
    ) -> None:
        engine = prints(text.replace(line, count))
        with pytest.raises(UsageError, match=f"prints only the last of .* leave .*{remedy}"):
            engine.observe(case, [PIXEL])

    def test_decisions_that_are_the_program_s(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        engine, behaviours = prints(text), Behaviours.parse(["omega=last"])
        for use in (
            lambda: engine.observe(case, [PIXEL], behaviours=behaviours),
            lambda: engine.frame(case, behaviours=behaviours),
            lambda: engine.scanner(case, behaviours=behaviours),
        ):
            with pytest.raises(UsageError, match="--behaviour omega: a program decides by itself"):
                use()

    @pytest.mark.parametrize(
        ("flags", "why"),
        [
            ("-interpolate", "interpolation may be switched off .*; give -nointerpolate"),
            ("-N 2", "interpolation may be switched off"),
            ("-phi 0 -osc 1", "the sweep begins where phi is 0; give another -phi"),
        ],
    )
    def test_states_that_a_run_does_not_begin_in(
        self, prints: Prints, text: str, tmp_path: Path, flags: str, why: str
    ) -> None:
        table = write_file(tmp_path / "t.hkl", b"0 0 1 5\n")
        experiment = experiment_of(f"-hkl {table} {flags}")
        engine = prints(text)
        given = RunState(interpolation_on=True, swept=False, polar_axis=(0.0, 0.0, 1.0))
        for use in (
            lambda: engine.observe(experiment, [PIXEL], in_frame=True),
            lambda: engine.frame(experiment, state=given),
            lambda: engine.scanner(experiment),
        ):
            with pytest.raises(UsageError, match=f"the order of pixels matters, as {why}"):
                use()

    def test_a_state_that_does_not_matter(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        engine = prints(text)
        assert engine.observe(case, [PIXEL], in_frame=True)
        frame = engine.frame(case)
        assert engine.frame(case, state=frame.state).image.shape == (128, 128)

    def test_tap_4_of_regions(self, prints: Prints, case: Experiment, text: str) -> None:
        with pytest.raises(UsageError, match="prints Tap 4 of one pixel a run"):
            prints(text).f_cell_maps(case)

    @pytest.mark.parametrize(
        ("flags", "error"),
        [("-hkl none.hkl", FileError), ("-sourcefile none", FileError), ("-mask none", FileError)],
    )
    def test_files_that_are_not_there(
        self, prints: Prints, text: str, flags: str, error: type[Exception]
    ) -> None:
        experiment = experiment_of("")
        if "mask" in flags:
            changed = experiment.detector.model_copy(update={"mask": Path("none")})
            experiment = experiment.model_copy(update={"detector": changed})
        else:
            experiment = experiment_of(flags)
        with pytest.raises(error, match="none"):
            prints(text).observe(experiment, [(0, 0)])

    def test_a_pixel_outside(self, prints: Prints, text: str) -> None:
        with pytest.raises(UsageError, match="--pixel 24 0 lies outside the detector of 24 slow"):
            prints(text).observe(experiment_of(""), [(24, 0)])
        with pytest.raises(UsageError, match="not on the detector"):
            prints(text).frame(experiment_of(""), Region(range(3), range(25)))


BLOCK = PixelBlock((0, 0), 1e9, (0.2, -1.5, 3.0), (0, -2, 3), 7.0, 1.5, 2.0)
TABLE = HklTable(
    source="text", file="t", sha256="0" * 64, entries=1, default_F=7.0,
    extents=IndexBounds(h_min=0, h_max=0, k_min=-1, k_max=4, l_min=2, l_max=3),
)  # fmt: skip
NO_TABLE = HklTable(source="none", file=None, sha256=None, entries=0, extents=None, default_F=7.0)


class TestLookups:
    """What is not printed is told where it can be, and otherwise not."""

    def row(self, block: PixelBlock, flags: str = "", table: HklTable = TABLE) -> Any:
        return lookup_rows(experiment_of(flags), [block], 1, table)[0]

    @pytest.mark.parametrize(
        ("hkl0", "outside"), [((0, -1, 3), 0), ((0, -2, 3), 1), ((0, 4, 4), 1), ((1, 0, 2), 1)]
    )
    def test_an_index_outside_the_table(self, hkl0: tuple[int, int, int], outside: int) -> None:
        row = self.row(replace(BLOCK, hkl0=hkl0))
        assert row["out_of_bounds"] == row["default_f"] == outside
        assert tuple(row["hkl0"]) == hkl0

    def test_without_a_table_every_lookup_gives_default_F(self) -> None:
        row = self.row(BLOCK, table=NO_TABLE)
        assert (row["out_of_bounds"], row["default_f"]) == (0, 1)

    def test_a_lattice_factor_of_0_makes_no_lookup(self) -> None:
        row = self.row(replace(BLOCK, F_latt=-0.0))
        assert row["kind"] == EvaluationKind.NO_LATTICE
        assert np.isnan(row["F_cell"])
        assert row["out_of_bounds"] == row["default_f"] == 0
        assert self.row(replace(BLOCK, F_latt=0.0), "-water 3")["kind"] == EvaluationKind.LOOKUP
        assert self.row(replace(BLOCK, F_latt=5e-324))["kind"] == EvaluationKind.LOOKUP

    def test_beyond_the_cut_nothing_is_taken(self) -> None:
        row = self.row(BLOCK, "-dmin 5.1")
        assert row["kind"] == EvaluationKind.BEYOND_DMIN
        assert np.isnan(row["hkl"]).all()
        assert self.row(BLOCK, "-dmin 4.9")["kind"] == EvaluationKind.LOOKUP

    @pytest.mark.parametrize("dmin", ["5", "5.000024", "4.999976"])
    def test_on_the_cut_it_cannot_be_told(self, dmin: str) -> None:
        with pytest.raises(UsageError, match=rf"-dmin {float(dmin)!r}: subpixel 0 0 .*lies on the"):
            self.row(BLOCK, f"-dmin {dmin}")

    def test_one_of_everything(self) -> None:
        check_single_evaluation(
            LoopCounts(oversample=9, layers=1, sources=1, phi_steps=1, domains=1)
        )


def test_the_output_of_a_program_is_its_own(tmp_path: Path, write_program: WriteProgram) -> None:
    # Complaints come when they like, in the middle of a line of the printout too.
    path = write_program("echo out; echo complaint >&2; printf 'caf\\303\\251'; pwd >&2")
    assert Program(path, 60.0).run([], tmp_path) == "out\ncaf\ufffd\ufffd"
