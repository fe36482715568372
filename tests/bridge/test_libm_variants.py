"""Figures of processors whose C library has other last bits: named, and never mixed unnoticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.records.environment import environment
from parity_bridge.scan import job as scan_job
from parity_bridge.scan import scan as scanning
from tests.engines.golden_cases import load_case, without_fma
from tests.explain.explained import explained

ELSEWHERE = "0123456789abcdef"
FLAGS = "-cell 70 80 90 -default_F 10 -N 7 -detpixels 40 -pixel 0.8 -lambda 1.1".split()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def traced(folder: str, *pixels: int) -> str:
    for pixel in pixels:
        where = ["--pixel", str(pixel), str(pixel)]
        assert main([*trace_words(folder), *where, "--", *FLAGS]) == 0
    return folder


def trace_words(folder: str) -> list[str]:
    return ["trace", "--engine", "c", "--taps", "all", "--out-dir", folder]


def change(folder: str, pixel: int, **changes: Any) -> None:
    """Change the metadata beside records; a value of None takes the field out."""
    path = Path(folder, f"pixel_{pixel}_{pixel}_metadata.json")
    metadata = json.loads(path.read_text()) | changes
    given = {name: value for name, value in metadata.items() if changes.get(name, "") is not None}
    path.write_text(json.dumps(given))


def nudge(folder: str, pixel: int) -> None:
    """Move one figure by its last place."""
    path = Path(folder, f"pixel_{pixel}_{pixel}_lattice.json")
    record = json.loads(path.read_text())
    row = record["values"]["subpixels"][0]
    row["F_latt"] = float(f"{row['F_latt'] * (1 + 2.3e-16)!r}")
    path.write_text(json.dumps(record))


def test_metadata_and_environment_state_the_fingerprint() -> None:
    traced("here", 3)
    metadata = json.loads(Path("here/pixel_3_3_metadata.json").read_text())
    assert metadata["libm_fingerprint"] == environment()["libm_fingerprint"] == libm_fingerprint()


def test_a_frame_states_the_fingerprint() -> None:
    assert main(["frame", "--engine", "c", "--output", "frame.npy", "--", *FLAGS]) == 0
    assert json.loads(Path("frame.npy.json").read_text())["libm_fingerprint"] == libm_fingerprint()


def test_records_written_before_it_was_stated_still_read() -> None:
    traced("here", 3)
    change("here", 3, libm_fingerprint=None)
    assert "libm_fingerprint" not in Path("here/pixel_3_3_metadata.json").read_text()
    assert main(["compare", "here", traced("again", 3)]) == 0


def test_records_of_two_variants_in_one_folder_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    traced("here", 3, 4)
    change("here", 4, libm_fingerprint=ELSEWHERE)
    assert main(["compare", "here", "here"]) == 5
    assert "here holds records of two libm variants" in capsys.readouterr().err


@pytest.mark.parametrize(("fingerprint", "named"), [(ELSEWHERE, True), (None, False)])
def test_another_variant_is_a_cause_where_last_bits_differ(
    fingerprint: str | None, named: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    traced("here", 3)
    traced("there", 3)
    change("there", 3, libm_fingerprint=fingerprint)
    nudge("there", 3)
    assert main(["compare", "here", "there", "--json"]) == 3
    assert ("another libm variant" in capsys.readouterr().out) is named
    finding = explained(capsys, "here", "there")
    assert finding.reason == "noise"
    assert finding.names == ((("another libm variant",),) if named else ())
    assert (ELSEWHERE in finding.sentence) is named


def test_it_is_no_cause_of_what_is_beyond_the_noise(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*trace_words("there"), "--behaviour", "c:omega=last", "--pixel", "3", "3"]
    assert main([*words, "--", *FLAGS, "-oversample", "2"]) == 0
    assert main([*trace_words("here"), "--pixel", "3", "3", "--", *FLAGS, "-oversample", "2"]) == 0
    change("there", 3, libm_fingerprint=ELSEWHERE)
    capsys.readouterr()
    finding = explained(capsys, "here", "there")
    assert "another libm variant" not in finding.sentence


def test_a_reference_of_another_variant_is_not_run_again_without_a_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    traced("here", 3)
    traced("there", 3)
    change("there", 3, libm_fingerprint=ELSEWHERE)
    nudge("there", 3)
    capsys.readouterr()
    finding = explained(capsys, "there", "here")
    assert any(f"another libm variant (fingerprint {ELSEWHERE}" in it for it in finding.not_tried)


class TestScans:
    def test_a_scan_is_not_resumed_with_another_variant(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["scan", "--stamp", "s", "--quiet", "--resume", "--", *FLAGS]
        with monkeypatch.context() as patch:
            patch.setattr(scanning, "libm_fingerprint", lambda: ELSEWHERE)
            patch.setattr(scan_job, "libm_fingerprint", lambda: ELSEWHERE)
            assert main(words) == 0
            assert main(words) == 0
        stored = json.loads(Path("reports/s/scan/inputs.json").read_text())
        assert stored["libm_fingerprint"] == ELSEWHERE
        assert main(words) == 5
        err = capsys.readouterr().err
        assert f"was begun with another libm variant (fingerprint {ELSEWHERE}, here" in err

    def test_a_worker_with_another_variant_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(scan_job, "libm_fingerprint", lambda: ELSEWHERE)
        assert main(["scan", "--stamp", "s", "--quiet", "--", *FLAGS]) != 0
        err = capsys.readouterr().err
        assert "a worker has another libm variant than the scan was begun with" in err


def test_both_variants_of_glibc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same flags with and without AVX2 and FMA: last bits differ, and the cause is named."""
    case = load_case("gnnqqny_mosflm", tmp_path)
    words = ["--pixel", "32", "32", "--", *case.flags]
    assert main([*trace_words("here"), *words]) == 0
    command = [sys.executable, "-m", "parity_bridge", *trace_words("there"), *words]
    subprocess.run(command, env={**os.environ, **without_fma()}, check=True, capture_output=True)
    there = json.loads(Path("there/pixel_32_32_metadata.json").read_text())["libm_fingerprint"]
    if there == libm_fingerprint():
        pytest.skip("this C library has one variant for all processors, or this one has no FMA")
    capsys.readouterr()
    finding = explained(capsys, "here", "there")
    assert (finding.reason, finding.names) == ("noise", (("another libm variant",),))
    assert there in finding.sentence
