"""``-misset random`` on a command line (contract §8)."""

from __future__ import annotations

import shlex

import pytest

from parity_bridge.experiment.model import Crystal
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.command_lines import CELL, parsed


def orientation(crystal: Crystal) -> tuple[object, object]:
    return crystal.misset, crystal.random_misset_seed


class TestRandomOrientation:
    @pytest.mark.parametrize("word", ["random", "rand", "atrandom"])
    def test_the_seed_is_stored(self, word: str) -> None:
        crystal = parsed(f"-misset {word} -misset_seed 5").crystal
        assert orientation(crystal) == ((0.0, 0.0, 0.0), 5)

    def test_the_seed_may_stand_anywhere_and_the_last_one_wins(self) -> None:
        crystal = parsed("-misset_seed 1 -misset random -misset_seed 5").crystal
        assert orientation(crystal) == ((0.0, 0.0, 0.0), 5)

    def test_the_last_orientation_wins(self) -> None:
        crystal = parsed("-misset_seed 5 -misset random -misset 1 2 3").crystal
        assert orientation(crystal) == ((1.0, 2.0, 3.0), None)

    def test_without_a_seed_the_clock_gives_one_that_draws_it_again(self) -> None:
        read = parse_flags(shlex.split(f"{CELL} -misset random"))
        seed = read.experiment.crystal.random_misset_seed
        (note,) = read.notes
        assert f"-misset_seed {seed} draws this orientation again" in note
        assert read.experiment.typed[:2] == ("-misset_seed", str(seed))
        again = parse_flags(read.experiment.typed)
        assert again.experiment == read.experiment
        assert again.notes == ()

    def test_a_seed_alone_draws_nothing_and_a_note_says_so(self) -> None:
        read = parse_flags(shlex.split(f"{CELL} -misset_seed 5 -phi 0"))
        assert read.notes == (
            ("-misset_seed 5 -phi 0 is also read as -misset, whose name occurs in it: 5.0"),
            "-misset_seed 5 draws nothing without -misset random",
        )
        last = parse_flags(shlex.split(f"{CELL} -misset_seed 5"))
        assert last.notes == ("-misset_seed 5 draws nothing without -misset random",)
