"""``explain`` with records on one side or both: complete, partial and of other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.errors import EngineError
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.explain.explained import FLAGS, edit, explained, recorded

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_a_behaviour_of_an_engine_that_is_not_run_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = recorded("port", "torch")
    assert main(["explain", records, "torch", "--behaviour", "c:omega=last"]) == 1
    assert "'c' is not run; name torch" in capsys.readouterr().err


def test_pixels_of_records_are_not_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    assert main(["explain", ours, theirs, "--pixel", "3", "3"]) == 1
    assert "--pixel means nothing where both sides are records" in capsys.readouterr().err


def test_records_of_a_frame_are_held_against_a_frame(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ["-phi", "0", "-osc", "3", "-phisteps", "3", "-misset", "1", "2", "3"]
    done = main(
        ["trace", "--engine", "torch", "--taps", "all", "--out-dir", "port", "--pixel", "10", "50",
         "--state", "frame", "--", *FLAGS, *sweep]
    )  # fmt: skip
    assert done == 0
    capsys.readouterr()
    assert explained(capsys, "c", "port", status=0).reason == "agreement"
    assert explained(capsys, "c", "port", "--state", "start").reason == "unexplained"


def test_records_that_lack_a_tap_are_not_taken_for_noise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    for path in Path(theirs).glob("*_lattice.json"):
        path.unlink()
    capsys.readouterr()
    assert explained(capsys, ours, theirs, status=4).reason == "shapes"
    assert main(["explain", ours, theirs]) == 4
    text = capsys.readouterr().out
    assert "did not record the same; what both recorded agrees" in text
    assert "taps recorded by c, not by pytorch, and therefore not compared: `lattice`" in text


def test_an_engine_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    """Pixels and flags are those of the records."""
    records = recorded("port", "torch", "--behaviour", "torch:divide_by_steps=false")
    capsys.readouterr()
    finding = explained(capsys, "c", records)
    assert finding.names == (("divide_by_steps=false",),)
    assert finding.pixels == ((10, 50), (30, 33))


def test_records_alone_go_on_to_the_c_core(capsys: pytest.CaptureFixture[str]) -> None:
    ours = recorded("core", "c")
    theirs = recorded("port", "torch", "--behaviour", "torch:polar=mean")
    capsys.readouterr()
    assert explained(capsys, ours, theirs).names == (("polar=mean",),)


def test_records_that_the_c_core_does_not_compute_are_no_reference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    edit("core/pixel_10_50_final_output.json", lambda record: record["values"], "intensity", 7.5)
    capsys.readouterr()
    finding = explained(capsys, ours, theirs)
    assert finding.reason == "unexplained"
    assert "the C core no longer computes the reference's records" in finding.not_tried[0]


def test_tap_4_of_another_program(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the other taps there is nothing to transplant; behaviours are searched."""
    table = "".join(
        f"{h} {k} {l} 0\n" for h in range(-9, 10) for k in range(-9, 10) for l in range(-9, 10)
    )
    Path("zeros.hkl").write_text(table)
    values: dict[str, Any] = {
        "total_lookups": 4, "out_of_bounds_count": 0, "zero_f_count": 0, "mean_f_cell": 3.0,
        "hkl_bounds": dict.fromkeys(("h_min", "h_max"), -1)
        | dict.fromkeys(("k_min", "k_max"), 3) | dict.fromkeys(("l_min", "l_max"), 3),
    }  # fmt: skip
    flags = [*FLAGS, "-hkl", "zeros.hkl", "-nointerpolate"]
    (reference,) = ReferenceRunner(parse_flags(flags).experiment, ((10, 50),)).pixel_taps
    for name in ("h_min", "h_max", "k_min", "k_max", "l_min", "l_max"):
        values["hkl_bounds"][name] = reference.taps["f_cell_stats"].pixel[f"hkl_bounds.{name}"]
    record = {
        "tap_id": "f_cell_stats", "pixel_coords": [10, 50], "oversample": 2, "values": values,
        "timestamp_utc": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    Path("theirs").mkdir()
    Path("theirs/tap4.json").write_text(json.dumps(record))
    finding = explained(capsys, "c", "theirs", "--", *flags)
    assert ("in_box_zero=default",) in finding.names
    assert finding.transplants == ()
    assert any("transplants" in line for line in finding.not_tried)


def test_records_without_metadata_need_flags(capsys: pytest.CaptureFixture[str]) -> None:
    recorded("port", "torch")
    for path in Path("port").glob("*_metadata.json"):
        path.unlink()
    assert main(["explain", "c", "port"]) == 1
    assert "give the nanoBragg flags after --" in capsys.readouterr().err


def test_the_stale_cache_from_records_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without either engine: neither can be run any more, and the cache is gone."""
    from parity_bridge.experiment.model import StructureFactorSource
    from parity_bridge.experiment.structure_factors import load, write_cache

    Path("grid.hkl").write_text("-24 -28 -31 7.5\n24 28 30 9.25\n0 0 1 55\n0 -2 3 41.5\n")
    write_cache("Fdump.bin", load(StructureFactorSource(hkl=Path("grid.hkl"))))
    done = main(
        ["run", "--pixel", "0", "0", "--pixel", "2048", "2048", "--stamp", "puzzle",
         "--engine-flags", "c", "-dump Fdump.bin"]
    )  # fmt: skip
    assert done == 3
    Path("Fdump.bin").unlink()
    monkeypatch.setattr("parity_bridge.engines.c_core.CCore.replay", _no_engine)
    monkeypatch.setattr("parity_bridge.engines.torch_port.TorchPort.observe", _no_engine)
    capsys.readouterr()
    finding = explained(capsys, "reports/puzzle/c_taps", "reports/puzzle/py_taps")
    assert finding.reason == "inputs"
    assert finding.names == (("stale cache",),)
    assert finding.sentence.startswith("stale cache: c read the cache Fdump.bin")


def _no_engine(*arguments: object, **settings: object) -> None:
    raise EngineError("there is no engine here")
