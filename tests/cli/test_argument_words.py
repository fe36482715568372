"""The words of a command line before argparse reads them."""

from __future__ import annotations

import pytest

from parity_bridge.cli.argument_words import join_pixels
from parity_bridge.cli.arguments import argument_parser
from parity_bridge.cli.program import main


class TestManyPixels:
    @pytest.mark.parametrize(
        "line",
        [
            "--pixel 1 2 --tag a --pixel 3 4 --pixel 5 6 --tag b --pixel 7 8 --pixel 9 1",
            "--pixel 1 2 --pixel 3 4 --out-dir x --pixel 5 6",
            "--pixel 1 2",
        ],
    )
    def test_joined_options_give_the_same_pixels_and_tags(self, line: str) -> None:
        words = ["run", *line.split()]
        joined = argument_parser().parse_args(join_pixels(words))
        assert list(joined.targets) == list(argument_parser().parse_args(words).targets)

    def test_runs_of_pixels_become_one_option(self) -> None:
        words = "--pixel 1 2 --pixel 3 4 --pixel 5 6 --pixel x 7 --pixel 8".split()
        joined = "--pixel 1 2 --more-pixels 3 4 5 6 --pixel x 7 --pixel 8"
        assert join_pixels(words) == joined.split()

    def test_a_pixel_given_twice_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        words = "trace --engine c --pixel 1 2 --pixel 3 4 --pixel 1 2".split()
        assert main(words) == 1
        assert "--pixel 1 2 is given twice; give it once" in capsys.readouterr().err
