"""Reports that ``run`` and ``compare`` store are what ``check-report`` makes of their records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from tests.records.json_records import everything, folder_of, plain


class TestStoredReports:
    """``check-report`` reproduces what ``--out-dir`` stores, whatever was compared."""

    @pytest.mark.parametrize("words", [(), ("--taps", "omega"), ("--tolerances", "own.toml")])
    @pytest.mark.parametrize("other", ["ours", "plain"])
    def test_a_stored_report_has_not_drifted(
        self, other: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        Path("own.toml").write_text('"*" = { rtol = 1e-9 }\n')
        if other == "plain" and "omega" in words:
            words = ("--taps", "f_cell")
        folder_of(Path("a"), everything("c"))
        theirs = everything("torch") if other == "ours" else [plain()]
        folder_of(Path("their records"), theirs)
        done = main(["compare", "a", "their records", *words, "--out-dir", "r", "--stamp", "s"])
        # The plain record is of one pixel, ours are of two.
        assert done == (0 if other == "ours" else 4)
        assert main(["check-report", "r/s"]) == 0, capsys.readouterr().out

    @pytest.mark.parametrize("words", [(), ("--tolerances", "own.toml")])
    def test_a_run_has_not_drifted(
        self, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("own.toml").write_text('"omega_subpixel.omega" = { rtol = 1e-9 }\n')
        behaviour = ["--behaviour", "torch:omega=last"]
        assert main(["run", "--pixel", "0", "0", "--stamp", "s", *behaviour, *words]) == 3
        assert main(["check-report", "reports/s"]) == 0

    def test_a_report_with_noise_budgets_is_compared_tap_by_tap(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(["run", "--pixel", "0", "0", "--stamp", "s"]) == 0
        sides = ["reports/s/c_taps", "reports/s/py_taps"]
        assert main(["compare", *sides, "--taps", "omega"]) == 0
        budget = Path("reports/s/c_taps/pixel_0_0_noise_budget.json")
        stored = json.loads(budget.read_text())
        stored["spread"]["omega_subpixel"]["omega"] = [1.0]
        budget.write_text(json.dumps(stored))
        assert main(["compare", *sides]) == 5
