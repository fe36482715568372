"""Whole frames at full size: the benchmark, and HIV-1 protease with its own structure factors."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS
from tests.bridge.test_scan import scan, summary

pytestmark = pytest.mark.corpus

HIV = Path(__file__).parent / "data" / "1hpv_p1.hkl.gz"
HIV_FLAGS = (
    "-cell 63.4 63.4 83.8 90 90 120 -hkl 1hpv.hkl -default_F 0 -lambda 1 -distance 200 "
    "-detpixels 2048 -pixel 0.1 -N 10 -misset 12 34 56"
).split()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("1hpv.hkl").write_bytes(gzip.decompress(HIV.read_bytes()))


@pytest.mark.parametrize(
    ("flags", "pixels"), [(list(BENCHMARK_FLAGS), 16_777_216), (HIV_FLAGS, 4_194_304)]
)
def test_no_pixel_differs_in_float64(flags: list[str], pixels: int) -> None:
    assert scan(flags=flags, tile="1024") == 0
    found = summary()
    assert found.pixels == pixels
    assert (found.differing_f_cell, found.differing_intensity) == (0, 0)
    assert found.f_cell is not None
    assert all(item.differing == 0 for item in found.f_cell)
    assert found.correlation == 1.0


@pytest.mark.parametrize(
    ("flags", "pixels"), [(list(BENCHMARK_FLAGS), 16_777_216), (HIV_FLAGS, 4_194_304)]
)
def test_in_float32_every_index_that_differs_is_rounding_sensitive(
    flags: list[str], pixels: int
) -> None:
    assert scan("--dtype", "float32", flags=flags, tile="1024") == 0
    found = summary()
    assert found.pixels == pixels
    assert found.differing_intensity > 0
    assert found.rounding_sensitive == found.differing_index
    assert found.beyond_tolerance_intensity == 0
