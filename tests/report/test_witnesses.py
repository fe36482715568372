"""More than two engines at the same pixels: who agrees with whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.scan.summary import ScanSummary
from tests.cli.drop_in_runs import write_script

FLAGS = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 64 -pixel 1 -oversample 2".split()
THREE = (
    "--engines",
    "c,torch,tests.scan.scan_engines:Port",
    "--pixel",
    "0",
    "0",
    "--pixel",
    "32",
    "32",
)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, stamp: str = "s") -> int:
    return main(["run", *THREE, "--stamp", stamp, *words, "--", *FLAGS])


def memo(stamp: str = "s") -> str:
    return Path("reports", stamp, "f_cell_comparison.md").read_text()


def test_three_records_a_pixel_and_a_column_each() -> None:
    assert run() == 0
    folder = Path("reports/s")
    for own in ("c_taps", "py_taps", "port_taps"):
        assert len(list((folder / own).glob("pixel_*_f_cell_stats.json"))) == 2
    text = memo()
    assert text.startswith("# Parity of pytorch, port with c\n")
    (header,) = [
        line for line in text.splitlines() if line.startswith("| Pixel") and "figure" in line
    ]
    assert [cell.strip() for cell in header.strip("|").split("|")] == [
        "Pixel", "figure", "c", "pytorch", "port",
    ]  # fmt: skip
    assert "## pytorch against c" in text
    assert "## port against c" in text
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["verdict"], summary["exit_status"]) == ("parity", 0)
    pairs = [(item["reference"], item["other"]) for item in summary["comparisons"]]
    assert pairs == [("c", "pytorch"), ("c", "port"), ("pytorch", "port")]
    assert main(["check-report", "reports/s"]) == 0


def test_the_one_that_stands_alone_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--behaviour", "torch:omega=last") == 3
    assert "pytorch stands alone: the others agree with each other" in memo()
    assert "pytorch stands alone" in capsys.readouterr().out
    assert Path("reports/s/explanation_py_taps.json").exists()
    assert not Path("reports/s/explanation_port_taps.json").exists()
    assert main(["check-report", "reports/s"]) == 0


def test_a_reference_that_stands_alone_is_named_too() -> None:
    wrong = (
        "--behaviour",
        "torch:omega=last",
        "--behaviour",
        "tests.scan.scan_engines:Port:omega=last",
    )
    assert run(*wrong) == 3
    assert "c stands alone: the others agree with each other" in memo()
    assert "uses the last subpixel's solid angle" in memo()


def test_two_in_the_order_that_was_given() -> None:
    command = ["run", "--engines", "torch,c", "--pixel", "0", "0", "--stamp", "s", "--", *FLAGS]
    assert main(command) == 0
    assert memo().startswith("# Parity of c with pytorch\n")
    assert main(["check-report", "reports/s"]) == 0


def test_engines_that_would_write_to_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    engines = "c,tests.scan.scan_engines:Port,tests.scan.scan_engines:BreaksDown"
    command = ["run", "--engines", engines, "--pixel", "0", "0", "--stamp", "s", "--", *FLAGS]
    assert main(command) == 1
    assert "give each class a folder of its own and a name" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


class TestProgram:
    """An unmodified nanoBragg program; ``pb-nanobragg`` stands in for it."""

    @pytest.fixture
    def program(self, tmp_path: Path) -> str:
        return str(write_script(tmp_path / "nanoBragg"))

    def test_it_is_a_third_witness(self, program: str) -> None:
        engines = ("--engines", "c,nanobragg-program,torch", "--c-bin", program)
        pixels = ("--pixel", "0", "0", "--pixel", "32", "32")
        assert main(["run", *engines, *pixels, "--stamp", "s", "--", *FLAGS]) == 0
        text = memo()
        (header,) = [line for line in text.splitlines() if "| figure" in line and "Pixel" in line]
        assert [cell.strip() for cell in header.strip("|").split("|")][2:] == [
            "c", "nanobragg_program", "pytorch",
        ]  # fmt: skip
        for own in ("c_taps", "nb_taps", "py_taps"):
            assert len(list(Path("reports/s", own).glob("pixel_*_f_cell_stats.json"))) == 2
        assert "taps recorded by c, not by nanobragg_program, and therefore not compared" in text
        pairs = json.loads(Path("reports/s/summary.json").read_text())["comparisons"]
        cases = {(item["reference"], item["other"]): item["tolerances"]["case"] for item in pairs}
        assert cases[("c", "nanobragg_program")] == "printed"
        assert cases[("nanobragg_program", "pytorch")] == "printed"
        assert main(["check-report", "reports/s"]) == 0

    def test_two_against_one(self, program: str) -> None:
        engines = ("--engines", "c,nanobragg-program,torch", "--c-bin", program)
        wrong = ("--behaviour", "torch:omega=last")
        command = ["run", *engines, *wrong, "--pixel", "0", "0", "--stamp", "s", "--", *FLAGS]
        assert main(command) == 3
        assert "pytorch stands alone: the others agree with each other" in memo()

    @pytest.mark.usefixtures("without_pictures")
    @pytest.mark.parametrize("engines", ["c,nanobragg-program", "nanobragg-program,torch"])
    def test_its_images_are_scanned(self, engines: str, program: str) -> None:
        command = ["scan", "--engines", engines, "--c-bin", program, "--stamp", "s", "--quiet"]
        assert main([*command, "--tile", "64", "--", *FLAGS]) == 0
        text = Path("reports/s/scan/summary.json").read_bytes()
        found = ScanSummary.model_validate_json(text)
        assert (found.differing_intensity, found.f_cell, found.pixels) == (0, None, 64 * 64)
        assert found.shells

    def test_a_single_record_of_it_is_compared_on_what_it_tells(self, program: str) -> None:
        engines = ("--engines", "c,nanobragg-program", "--c-bin", program)
        assert main(["run", *engines, "--pixel", "9", "9", "--stamp", "s", "--", *FLAGS]) == 0
        record = "pixel_9_9_f_cell_stats.json"
        assert main(["compare", f"reports/s/c_taps/{record}", f"reports/s/nb_taps/{record}"]) == 0

    def test_explain_takes_it_too(self, program: str) -> None:
        pixel = ("--pixel", "9", "9", "--c-bin", program)
        assert main(["explain", "c", "nanobragg-program", *pixel, "--", *FLAGS]) == 0
        assert main(["explain", "nanobragg-program", "torch", *pixel, "--", *FLAGS]) == 0


def test_a_program_that_no_engine_runs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "--c-bin", "nanoBragg", "--pixel", "0", "0", "--", *FLAGS]
    assert main(command) == 1
    assert "--c-bin nanoBragg: none of c, torch runs a program" in capsys.readouterr().err


def test_others_that_have_nothing_in_common_are_compared_with_the_reference() -> None:
    engines = "c,tests.scan.scan_engines:OnlyFCell,tests.scan.scan_engines:OnlyOmega"
    command = ["run", "--engines", engines, "--pixel", "0", "0", "--stamp", "s", "--", *FLAGS]
    assert main(command) == 0
    summary = json.loads(Path("reports/s/summary.json").read_text())
    assert len(summary["comparisons"]) == 2
    assert main(["check-report", "reports/s"]) == 0
