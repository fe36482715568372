"""What a run that fails or is stopped leaves behind."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.cli.command_line import (
    PIXELS,
    UseEngine,
    everything,
    run,
)


class TestNothingHalfWritten:
    @pytest.mark.parametrize("engine", ["FailsAtSecondPixel", "Crashes", "Blind"])
    def test_a_blocked_run_leaves_the_reason_and_the_command_only(
        self, use: UseEngine, engine: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use(engine)
        run()
        reason = capsys.readouterr().err.removeprefix("parity_bridge: ").strip()
        assert everything(Path("reports")) == ["s", "s/attempt_fail.log", "s/commands.txt"]
        log = Path("reports/s/attempt_fail.log").read_text()
        assert reason in log
        assert "how to go on: " in log
        assert "what: python -m parity_bridge run --pixel 0 0" in log

    @pytest.mark.parametrize("engine", ["OutsideDetector", "NoTable", "Interrupted"])
    def test_any_other_failure_leaves_nothing_at_all(self, use: UseEngine, engine: str) -> None:
        use(engine)
        run("--out-dir", "deep/er")
        assert everything() == []

    def test_a_second_sigterm_does_not_interrupt_the_cleaning_up(self, use: UseEngine) -> None:
        use("Terminated")
        assert run() == 143
        assert everything() == ["put_in_order"]

    def test_the_handler_of_sigterm_is_as_it_was(self, use: UseEngine) -> None:
        before = signal.getsignal(signal.SIGTERM)
        for engine in ("FakeTorch", "Terminated"):
            use(engine)
            main(["run", *PIXELS, "--stamp", engine])
            assert signal.getsignal(signal.SIGTERM) is before

    def test_a_run_outside_the_main_thread_sets_no_handler(self, use: UseEngine) -> None:
        use("FakeTorch")
        with ThreadPoolExecutor() as pool:
            assert pool.submit(run).result() == 0

    def test_a_folder_that_was_there_before_stays(self, use: UseEngine) -> None:
        use("OutsideDetector")
        Path("reports").mkdir()
        run()
        assert everything() == ["reports"]

    def test_an_existing_stamp_is_left_as_it_is(
        self, use: UseEngine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use("FakeTorch")
        Path("reports/s").mkdir(parents=True)
        assert run() == 5
        assert "reports/s exists already" in capsys.readouterr().err
        assert everything() == ["reports", "reports/s"]
