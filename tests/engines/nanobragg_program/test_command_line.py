"""An experiment as input of a program: its command line and its files."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given

from parity_bridge.engines.nanobragg_program.command import command_line, write_input_files
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Crystal, Detector, Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.engines.nanobragg_program.printed_cases import (
    experiment_of,
    plain_experiment,
)
from tests.experiment.strategies import detectors


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
        assert parse_flags(words).experiment == finer

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

    def test_no_axis_is_taken_for_an_angle(self) -> None:
        words = self.words("-twotheta_axis 0.1 1 0 -twotheta 9")
        assert words.index("-twotheta 9.0") > words.index("-twotheta_axis")
