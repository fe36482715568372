"""The installed package, away from its source tree: it must need nothing that lies there."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path

import parity_bridge

EDGE_AND_CENTRE = ["--pixel", "0", "0", "--tag", "edge", "--pixel", "2048", "2048"]


def command(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "parity_bridge", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_version_is_the_one_of_the_distribution() -> None:
    assert parity_bridge.__version__ == version("parity-bridge")


def test_the_package_carries_type_marker_examples_and_schemas() -> None:
    package = files(parity_bridge)
    assert (package / "py.typed").is_file()
    assert (package / "examples" / "gnnqqny_p1.hkl").is_file()
    assert (package / "examples" / "gnnqqny.txt").is_file()
    assert (package / "taps" / "schemas" / "f_cell_stats.schema.json").is_file()


def test_both_engines_are_found_by_name() -> None:
    from parity_bridge.engines.registry import engine_names

    assert {"c", "torch"} <= set(engine_names())


def test_the_core_tells_how_it_was_compiled() -> None:
    from parity_bridge._core import ffi, lib

    assert b"-ffp-contract=off" in ffi.string(lib.pb_build_info())


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).with_name("parity-bridge")
    assert subprocess.run([script, "--help"], capture_output=True, check=False).returncode == 0


def test_the_drop_in_is_installed(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("pb-nanobragg")
    words = "-cell 50 -default_F 1 -detpixels 16 -oversample 1 -seed 1".split()
    done = subprocess.run([script, *words], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 4
    assert subprocess.run([script], cwd=tmp_path, capture_output=True, check=False).returncode == 9


def test_the_benchmark_reaches_parity(tmp_path: Path) -> None:
    done = command("run", *EDGE_AND_CENTRE, "--stamp", "smoke", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = tmp_path / "reports/smoke/c_taps/pixel_0_0_f_cell_stats.json"
    assert json.loads(record.read_text())["values"]["mean_f_cell"] == 100.0


def test_the_c_core_traces_a_pixel(tmp_path: Path) -> None:
    done = command("trace", "--engine", "c", "--pixel", "0", "0", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("TRACE_C: ")


def test_a_scan_leaves_its_page(tmp_path: Path) -> None:
    done = command("scan", "--roi", "0", "31", "0", "31", "--stamp", "smoke", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<script" in (tmp_path / "reports/smoke/scan/scan.html").read_text()


def test_the_pytest_plugin_and_the_engines_are_announced() -> None:
    names = {point.name for point in entry_points(group="pytest11")}
    assert "parity_bridge" in names
    assert entry_points(group="parity_bridge.engines").names >= {"nanobragg-program"}
