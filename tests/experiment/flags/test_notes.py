"""Notes on flags that do not do what they seem to."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

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

    def test_a_twotheta_axis_would_have_set_the_angle_in_the_original(self) -> None:
        (note,) = self.notes("-twotheta_axis 0.5 1 0")
        assert "would also have set 2θ to 0.5 degrees and the pivot to SAMPLE" in note

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
    assert any(note in text for text in parse_flags(["-cell", "50", *flags.split()]).notes)
    plain = "-cell 50 -mosaic 1 -mosaic_domains 3 -dispersion 1 -dispsteps 3 -oversample_polar"
    layers = "-detector_thick 100 -oversample_thick"
    assert parse_flags([*plain.split(), *layers.split()]).notes == ()
