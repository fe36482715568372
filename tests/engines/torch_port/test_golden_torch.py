"""The PyTorch port against the golden figures: bit for bit in float64 on the CPU."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.engines.torch_port import TorchPort, frame_context
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.setup import Setup, derive, lay_out
from parity_bridge.experiment.sources import read_sources
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import EvaluationKind
from tests.engines.golden_cases import (
    CASE_NAMES,
    TOTAL_NAMES,
    GoldenCase,
    check_within_noise,
    figures_are_exact,
    load_case,
)

#: Names in the golden figures and in our rows.
_WHERE = {"thick": "layer", "subS": "sub_slow", "subF": "sub_fast"}
SUBPIXEL = {
    **_WHERE,
    "pos": "position",
    "airpath": "airpath",
    "omega": "omega",
    "capture": "capture",
}
SKIPPED = {
    **_WHERE,
    "source": "source",
    "phi": "phi_step",
    "mos": "domain",
    **{name: name for name in ("hkl", "hkl0", "F_latt", "polar", "I")},
}
LOOKUP = {**SKIPPED, "F_cell": "F_cell", "interp": "interpolation_on"}

#: The 4096² images are stored as their sha256.
IMAGES = [name for name in CASE_NAMES if not name.startswith("bench4096")]
LARGE = [name for name in CASE_NAMES if name.startswith("bench4096")]


@pytest.fixture(params=CASE_NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def test_every_derived_value_is_the_original_program_s(case: GoldenCase) -> None:
    derived = TorchPort().observe(case.experiment, case.pixels[:1])[0].derived
    assert derived.keys() == set(DERIVED)
    for name, value in derived.items():
        assert np.array_equal(value, case.derived[name]), name


def test_every_source_and_mosaic_domain_is_the_original_program_s(case: GoldenCase) -> None:
    setup = laid_out(case)
    sources, matrices = setup.sources, setup.domain_matrices
    assert sources is not None
    assert matrices is not None
    columns = (*sources.direction, sources.weight, sources.wavelength)
    rows = np.stack([column.numpy() for column in columns], axis=-1)
    assert np.array_equal(rows, case.derived["source_list"])
    assert np.array_equal(matrices.numpy().reshape(-1, 9), case.derived["mosaic_umats"])


def laid_out(case: GoldenCase) -> Setup:
    listed = case.experiment.beam.source_file
    lines = None if listed is None else read_sources(listed)
    values = Parameters.of(case.experiment)
    setup = derive(case.experiment, values, lines=lines)
    return lay_out(case.experiment, values, setup, lines)


def test_every_event_row_is_the_original_program_s(case: GoldenCase) -> None:
    """The program went through the whole frame, and so must we."""
    observations = TorchPort().observe(case.experiment, case.pixels, in_frame=True)
    if not figures_are_exact():
        check_within_noise(case, observations)
        return
    for observation in observations:
        rows = observation.evaluations
        made = rows[rows["kind"] == EvaluationKind.LOOKUP]
        skipped = rows[rows["kind"] == EvaluationKind.NO_LATTICE]
        first = (rows["source"] == 0) & (rows["phi_step"] == 0) & (rows["domain"] == 0)
        _same(case.rows(observation.pixel, "subpixel"), rows[first], SUBPIXEL)
        _same(case.rows(observation.pixel, "lookup"), made, LOOKUP)
        _same(case.rows(observation.pixel, "skipped"), skipped, SKIPPED)
        (end,) = case.rows(observation.pixel, "pixel")
        totals = observation.totals
        for name in TOTAL_NAMES:
            assert totals[name] == end[name], name
        assert totals["after_omega"] == totals["intensity"]
        assert totals["image"] == np.float32(end["float32"])


def _same(events: list[dict[str, Any]], rows: Any, columns: dict[str, str]) -> None:
    for event_name, row_name in columns.items():
        assert [event[event_name] for event in events] == rows[row_name].tolist(), event_name


@pytest.mark.parametrize("pixels", [97, 1000, frame_context.CPU_BATCH])
@pytest.mark.parametrize("name", IMAGES)
def test_every_pixel_of_the_image_is_the_original_program_s(
    name: str, pixels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pixels are computed side by side."""
    monkeypatch.setattr(frame_context, "CPU_BATCH", pixels)
    case = load_case(name, tmp_path)
    stored = case.stored_image()
    assert stored is not None
    assert np.array_equal(TorchPort().frame(case.experiment).image, stored)


@pytest.mark.corpus
@pytest.mark.parametrize("name", LARGE)
def test_every_pixel_of_a_large_image_is_the_original_program_s(name: str, tmp_path: Path) -> None:
    case = load_case(name, tmp_path)
    image = TorchPort().frame(case.experiment, threads=2).image
    assert hashlib.sha256(image.tobytes()).hexdigest() == case.image_sha256
