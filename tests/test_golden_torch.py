"""The PyTorch port against the golden figures: bit for bit in float64 on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_cases import NAMES, GoldenCase, load_case

from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.pixel import pixel
from parity_bridge.engines.torch_port.setup import derive
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.structure_factors import load
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import Kind

#: Names in the golden figures and in our rows.
_WHERE = {"subS": "sub_slow", "subF": "sub_fast"}
SUBPIXEL = {
    **_WHERE,
    "pos": "position",
    "airpath": "airpath",
    "omega": "omega",
    "capture": "capture",
}
SKIPPED = {**_WHERE, **{name: name for name in ("hkl", "hkl0", "F_latt", "polar", "I")}}
LOOKUP = {**SKIPPED, "F_cell": "F_cell", "interp": "interpolation_on"}

IMAGES = [name for name in NAMES if not name.startswith("bench4096")]


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def test_every_derived_value_is_the_original_program_s(case: GoldenCase) -> None:
    derived = TorchPort().observe(case.experiment, case.pixels[:1])[0].derived
    assert derived.keys() == set(DERIVED)
    for name, value in derived.items():
        assert np.array_equal(value, case.derived[name]), name


def test_every_event_row_is_the_original_program_s(case: GoldenCase) -> None:
    for observation in TorchPort().observe(case.experiment, case.pixels):
        rows = observation.evaluations
        made = rows[rows["kind"] == Kind.LOOKUP]
        skipped = rows[rows["kind"] == Kind.NO_LATTICE]
        _same(case.rows(observation.pixel, "subpixel"), rows, SUBPIXEL)
        _same(case.rows(observation.pixel, "lookup"), made, LOOKUP)
        _same(case.rows(observation.pixel, "skipped"), skipped, SKIPPED)
        (end,) = case.rows(observation.pixel, "pixel")
        for name, value in observation.totals.items():
            assert value == end[name], name


def _same(events: list[dict[str, Any]], rows: Any, columns: dict[str, str]) -> None:
    for event_name, row_name in columns.items():
        assert [event[event_name] for event in events] == rows[row_name].tolist(), event_name


@pytest.mark.parametrize("name", IMAGES)
def test_every_pixel_of_the_image_is_the_original_program_s(name: str, tmp_path: Path) -> None:
    case = load_case(name, tmp_path)
    stored = case.stored_image()
    assert stored is not None
    assert np.array_equal(_image(case, torch.float64), stored)


def _image(case: GoldenCase, dtype: torch.dtype) -> Any:
    setup = derive(case.experiment, Parameters.of(case.experiment))
    table = Table.of(load(case.experiment.structure_factors), dtype, torch.device("cpu"))
    fpixels, spixels = setup.detector.pixels
    number = torch.arange(fpixels * spixels)
    totals, _ = pixel(setup.to(dtype), table, number // fpixels, number % fpixels)
    return totals.image.reshape(spixels, fpixels).numpy()
