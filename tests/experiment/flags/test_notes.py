"""Notes on flags that do not do what they seem to."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from parity_bridge.errors import NothingToSimulateError, UsageError
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.command_lines import CELL


class TestNotes:
    @pytest.fixture(autouse=True)
    def _empty_working_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @staticmethod
    def notes(line: str) -> tuple[str, ...]:
        return parse_flags(shlex.split(f"{CELL} {line}")).notes

    def test_an_ordinary_command_line_has_none(self) -> None:
        assert self.notes("-lambda 1 -twotheta 5 -fdet_vector 0 0 1") == ()

    @pytest.mark.parametrize(
        ("line", "note"),
        [
            (
                "-twotheta_axis 0.5 1 0",
                (
                    "-twotheta_axis 0.5 is also read as -twotheta, whose name occurs in it: "
                    "0.5, pivot sample"
                ),
            ),
            (
                "-distance 60 -twotheta_axis 0 1 0",
                (
                    "-twotheta_axis 0 is also read as -twotheta, whose name occurs in it: "
                    "pivot sample"
                ),
            ),
            (
                "-nointerpolate -no-interpolate",
                "-no-interpolate is read as -interpolate, whose name occurs in it",
            ),
            (
                "-nopolar -polar 0.9",
                (
                    "-polar 0.9 switches polarization on again after -nopolar; put -nopolar last "
                    "to keep it off"
                ),
            ),
            (
                "-fdet_vector 0 0 1 -pivot sample -Xbeam 3",
                "-Xbeam 3 sets the pivot again after -pivot sample; put -pivot last to keep it",
            ),
            (
                "-seed 1 -floatfile a.bin -nonoise -coherent",
                (
                    "-seed 1 -floatfile a.bin -nonoise -coherent: read and not used, as "
                    "no figure depends on it"
                ),
            ),
        ],
    )
    def test_a_word_that_does_what_its_reader_would_not_expect(self, line: str, note: str) -> None:
        assert self.notes(line) == (note,)

    @pytest.mark.parametrize(
        "line",
        [
            "-wavelength 1 --distance 60 -Ncells 5 -detector_absorb 300 -mosaicity 0.3",
            "-twotheta_axis 0.5 1 0 -twotheta 0",
            "-misset_seed 5 -misset random",
            "-misset_seed 5 -N 3 -misset 1 2 3 -misset random",
            "-xds -pivot beam -ORGX 3",
        ],
    )
    def test_a_word_whose_side_effect_is_gone_in_the_end_is_not_noted(self, line: str) -> None:
        assert self.notes(line) == ()

    def test_a_cache_beside_a_table_is_left_alone(self) -> None:
        (note,) = self.notes("-hkl a.hkl -dump b.bin")
        assert note == "-hkl a.hkl is read; the cache b.bin is neither read nor written"

    def test_a_stale_cache_is_pointed_out_where_no_table_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "Fdump.bin").write_bytes(b"")
        (note,) = self.notes("")
        assert "the original program would have read it, -dump Fdump.bin does so here" in note

    @pytest.mark.parametrize("line", ["-hkl a.hkl", "-dump Fdump.bin"])
    def test_a_stale_cache_is_not_mentioned_where_a_file_is_named(
        self, tmp_path: Path, line: str
    ) -> None:
        (tmp_path / "Fdump.bin").write_bytes(b"")
        assert self.notes(line) == ()


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        ("-mosaic_domains 3", "-mosaic_domains does nothing without -mosaic"),
        ("-dispsteps 3", "-dispsteps does nothing without -dispersion"),
        ("-oversample_thick", "every intensity is 0"),
        ("-nopolar -oversample_polar", "in spite of -nopolar"),
    ],
)
def test_flags_that_do_not_do_what_they_seem_to_are_noted(flags: str, note: str) -> None:
    assert any(note in text for text in parse_flags([*CELL.split(), *flags.split()]).notes)
    plain = f"{CELL} -mosaic 1 -mosaic_domains 3 -dispersion 1 -dispsteps 3 -oversample_polar"
    layers = "-detector_thick 100 -oversample_thick"
    assert parse_flags([*plain.split(), *layers.split()]).notes == ()


class TestAsTheOriginal:
    @pytest.fixture(autouse=True)
    def _empty_working_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize(
        ("line", "note"),
        [
            ("-distance 60mm", "-distance 60mm: read as -distance 60.0"),
            ("-N 4.7", "-N 4.7: read as -N 4"),
            ("-curved_det", "-curved_det: does nothing as it stands"),
            ("-roi 1 2 3", "-roi 1 2 3: does nothing as it stands"),
            ("-pivot SAMPLE", "-pivot SAMPLE: does nothing as it stands"),
            ("-dphi 1 stray words", "-dphi 1 stray words: no flag fires here, so nothing is done"),
            ("-distance 60mm -distance 50", "-distance 60mm: replaced by -distance 50"),
            ("-dmin 2A -phi 0", "-dmin 2A: read as -dmin 2.0"),
            ("-xtalsize 1 2 3", "2 3: no flag fires here, so nothing is done"),
        ],
    )
    def test_each_word_that_strictly_is_an_error_is_noted(self, line: str, note: str) -> None:
        words = shlex.split(f"{CELL} {line}")
        with pytest.raises(UsageError):
            parse_flags(words)
        assert parse_flags(words, as_original=True).notes == (note,)

    @pytest.mark.parametrize("flag", ["-img", "-mask", "-mat"])
    def test_a_flag_without_its_file_is_passed_over(self, flag: str) -> None:
        read = parse_flags(shlex.split(f"{CELL} {flag} gone"), as_original=True)
        assert read.notes == (f"{flag} gone: there is no such file, so nothing is done",)
        assert read.experiment == parse_flags(shlex.split(CELL)).experiment

    @pytest.mark.parametrize("cell", ["0 3", "abc"])
    def test_a_cell_without_a_length_is_none(self, cell: str) -> None:
        with pytest.raises(NothingToSimulateError, match="give the unit cell"):
            parse_flags(f"-default_F 1 -cell {cell}".split(), as_original=True)

    def test_a_cache_that_lies_there_is_read(self, tmp_path: Path) -> None:
        words = shlex.split(CELL)
        (tmp_path / "Fdump.bin").write_bytes(b"")
        read = parse_flags(words, as_original=True)
        assert read.experiment.structure_factors.dump == Path("Fdump.bin")
        assert read.notes == ("Fdump.bin lies in the working directory and is read",)
        other = parse_flags([*words, "-dump", "other.bin"], as_original=True)
        assert other.experiment.structure_factors.dump is None
        assert other.notes == ()
