"""``-misset random`` on a command line."""

from __future__ import annotations

import shlex

import pytest

from parity_bridge.experiment.flags.random_orientation import random_misset
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.command_lines import CELL, parsed


class TestRandomOrientation:
    @pytest.mark.parametrize("seed", ["", "-misset_seed 5"])
    def test_it_is_drawn_where_no_angles_follow(self, seed: str) -> None:
        drawn = parsed(f"-misset random {seed}").crystal.misset
        assert drawn == (random_misset(5) if seed else random_misset())

    def test_the_seed_may_stand_anywhere_and_the_last_one_wins(self) -> None:
        drawn = parsed("-misset_seed 1 -misset random -misset_seed 5").crystal.misset
        assert drawn == random_misset(5)

    def test_the_last_orientation_wins(self) -> None:
        assert parsed("-misset random -misset 1 2 3").crystal.misset == (1.0, 2.0, 3.0)
        assert parsed("-misset 1 2 3 -misset random").crystal.misset == random_misset()

    def test_a_note_says_angles_and_seed(self) -> None:
        line = shlex.split(f"{CELL} -misset random -misset_seed 5 -hkl a.hkl")
        rx, ry, rz = random_misset(5)
        (note,) = parse_flags(line).notes
        assert note == (
            f"-misset random: -misset {rx!r} {ry!r} {rz!r}, drawn here with -misset_seed 5; "
            "the original program's own draw is not in the contract"
        )

    @pytest.mark.parametrize("misset", ["", "-misset random -misset 1 2 3"])
    def test_a_seed_alone_does_nothing_and_a_note_says_so(self, misset: str) -> None:
        parse = parse_flags(shlex.split(f"{CELL} {misset} -misset_seed 5 -hkl a.hkl"))
        assert parse.notes == ("-misset_seed 5 does nothing without -misset random",)
        assert parse.experiment == parsed(f"{misset} -hkl a.hkl")
