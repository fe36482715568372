"""The commands and the code of the README do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from parity_bridge.records.pixel_records import read_records

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
#: Blocks that a shell runs as they stand; the one with make is what runs this test.
SHELL = [
    block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "make" not in block
]
#: Those of whole frames and scans take long.
BLOCKS = [
    pytest.param(
        block,
        marks=pytest.mark.corpus if "frame --engine" in block or " scan " in block else (),
    )
    for block in SHELL
]
Run = Callable[[str], tuple[subprocess.CompletedProcess[str], Path]]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def shell(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = re.sub(r"\bpython -", f"{sys.executable} -", block)
    return subprocess.run(
        ["/bin/bash", "-euc", script], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What came of a block, each of which is run once, and where."""

    @cache
    def once(block: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        folder = tmp_path_factory.mktemp("block")
        return shell(block, folder), folder

    return once


@pytest.mark.parametrize("block", BLOCKS)
def test_a_shell_block_runs(block: str, run: Run) -> None:
    done, _ = run(block)
    says = re.search(r"# exits (\d)", block)
    assert done.returncode == (int(says[1]) if says else 0), done.stderr


@pytest.mark.parametrize("block", PYTHON)
def test_a_python_block_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_both_sides_of_the_diff_print_the_chain(tmp_path: Path) -> None:
    """A shell does not tell when a command inside <( ) fails."""
    (block,) = [block for block in SHELL if block.startswith("diff")]
    sides = re.findall(r"<\((.*?cut -d' ' -f2-)\)", block)
    assert len(sides) == 2
    printed = [shell(side, tmp_path).stdout for side in sides]
    assert printed[0] == printed[1]
    assert "pix0_vector" in printed[0]


@pytest.mark.parametrize("block", re.findall(r"```console\n\$ (.*?)```", README, re.DOTALL))
def test_the_output_at_the_top_is_what_the_command_prints(block: str, tmp_path: Path) -> None:
    command, _, printed = block.partition("\n")
    done = shell(command, tmp_path)
    shown = [line.rstrip() for line in done.stdout.splitlines() if not line.startswith("report:")]
    assert shown == [line.rstrip() for line in printed.splitlines()]


def test_the_puzzle_gives_the_known_picture_and_its_memo_names_the_stale_cache(run: Run) -> None:
    """Edge 100 | 100, centre 0 | 100, as in the golden case bench4096_stale_cache."""
    (block,) = [block for block in SHELL if "puzzle" in block]
    done, folder = run(block)
    assert done.returncode == 3
    report = folder / "reports" / "puzzle"
    means = {
        (folder, pixel): record.values.mean_f_cell
        for folder in ("c_taps", "py_taps")
        for pixel, records in read_records(report / folder).items()
        for record in records
        if record.tap_id == "f_cell_stats"
    }
    assert means == {
        ("c_taps", (0, 0)): 100.0,
        ("py_taps", (0, 0)): 100.0,
        ("c_taps", (2048, 2048)): 0.0,
        ("py_taps", (2048, 2048)): 100.0,
    }
    assert "stale cache" in (report / "f_cell_comparison.md").read_text(encoding="utf-8")
    (folder / "Fdump.bin").unlink()
    again = shell(
        "python -m parity_bridge explain reports/puzzle/c_taps reports/puzzle/py_taps", folder
    )
    assert again.returncode == 3
    assert "**stale cache: c read the cache Fdump.bin" in again.stdout
