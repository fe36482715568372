"""The exit status of every ending of a command."""

from __future__ import annotations

import pytest

from parity_bridge.cli.program import main
from tests.cli.command_line import (
    UseEngine,
    run,
)


class TestExitStatus:
    @pytest.mark.parametrize(
        ("engine", "status"),
        [
            ("FakeTorch", 0),
            ("OutsideDetector", 1),
            ("FailsAtSecondPixel", 2),
            ("Crashes", 2),
            ("Blind", 2),
            ("DoesNotExist", 1),
            ("OneUlpOff", 3),
            ("MissesAPixel", 4),
            ("NoTable", 5),
            ("Interrupted", 130),
            ("Terminated", 143),
        ],
    )
    def test_run(self, use: UseEngine, engine: str, status: int) -> None:
        use(engine)
        assert run() == status

    def test_oversampling_of_one_engine_alone_is_a_different_shape(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run("--engine-flags", "tests.engines.fake_engines:FakeTorch", "-oversample 3") == 4

    def test_default_F_of_one_engine_alone_is_no_parity(self, use: UseEngine) -> None:
        use("FakeTorch")
        assert run("--engine-flags", "tests.engines.fake_engines:FakeTorch", "-default_F 7") == 3

    @pytest.mark.parametrize(
        ("engine", "status"),
        [("FakeC", 0), ("OutsideDetector", 1), ("Crashes", 2), ("NoTable", 5)],
    )
    def test_trace(self, engine: str, status: int) -> None:
        assert (
            main(["trace", "--engine", f"tests.engines.fake_engines:{engine}", "--pixel", "0", "1"])
            == status
        )
