"""The C core against the golden figures, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_cases import NAMES, GoldenCase, load_case

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.engine import derive
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.structure_factors import load
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import EVALUATION, Kind

#: The 4096² images are not stored.
IMAGES = [name for name in NAMES if not name.startswith("bench4096")]


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def test_every_derived_value_is_the_original_program_s(case: GoldenCase) -> None:
    derived = CCore().observe(case.experiment, case.pixels[:1])[0].derived
    shared = derived.keys() & case.derived.keys()
    assert derived.keys() == set(DERIVED) == shared
    for name in shared:
        assert np.array_equal(derived[name], case.derived[name]), name


def test_what_is_derived_but_not_traced_is_the_original_program_s_too(case: GoldenCase) -> None:
    setup, derived = derive(case.experiment), case.derived
    incident = setup.beam.incident
    assert [-incident.x, -incident.y, -incident.z] == derived["source_list"][0][:3]
    assert setup.detector.convention == derived["(int)beam_convention"]
    assert setup.detector.pivot == derived["(int)detector_pivot"]
    assert setup.crystal.shape == derived["(int)xtal_shape"]
    assert setup.crystal.fudge == derived["fudge"]
    assert setup.beam.dmin == derived["dmin"]
    assert setup.beam.water_size == derived["water_size"]
    assert list(setup.detector.roi) == [
        derived[f"roi_{end}"] for end in ("xmin", "xmax", "ymin", "ymax")
    ]


def test_the_table_spans_the_original_program_s_box(case: GoldenCase) -> None:
    factors = load(case.experiment.structure_factors)
    extents = factors.provenance.extents
    if extents is None:
        assert "h_min" not in case.derived
    else:
        assert {**case.derived, **extents.model_dump()} == case.derived


def test_every_event_row_is_the_original_program_s(case: GoldenCase) -> None:
    for observation in CCore().observe(case.experiment, case.pixels):
        rows = observation.evaluations
        _check_subpixels(case.rows(observation.pixel, "subpixel"), rows)
        _check_lookups(case.rows(observation.pixel, "lookup"), rows[rows["kind"] == Kind.LOOKUP])
        _check_skipped(
            case.rows(observation.pixel, "skipped"), rows[rows["kind"] == Kind.NO_LATTICE]
        )
        (end,) = case.rows(observation.pixel, "pixel")
        for name, value in observation.totals.items():
            assert value == end[name], name


def _check_subpixels(events: list[dict[str, Any]], rows: Any) -> None:
    assert len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert (event["subS"], event["subF"]) == (row["sub_slow"], row["sub_fast"])
        assert event["pos"] == row["position"].tolist()
        for name in ("airpath", "omega", "capture"):
            assert event[name] == row[name], name


def _check_lookups(events: list[dict[str, Any]], rows: Any) -> None:
    assert len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert (event["subS"], event["subF"]) == (row["sub_slow"], row["sub_fast"])
        assert event["hkl"] == row["hkl"].tolist()
        assert event["hkl0"] == row["hkl0"].tolist()
        assert event["interp"] == row["interpolation_on"]
        for name in ("F_latt", "F_cell", "polar", "I"):
            assert event[name] == row[name], name


def _check_skipped(events: list[dict[str, Any]], rows: Any) -> None:
    assert len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert event["hkl"] == row["hkl"].tolist()
        assert event["hkl0"] == row["hkl0"].tolist()
        assert event["F_latt"] == row["F_latt"] == 0
        for name in ("polar", "I"):
            assert event[name] == row[name], name


@pytest.mark.parametrize("name", IMAGES)
def test_every_pixel_of_the_image_is_the_original_program_s(name: str, tmp_path: Path) -> None:
    case = load_case(name, tmp_path)
    stored = case.stored_image()
    assert stored is not None
    assert np.array_equal(_image(case), stored)


def _image(case: GoldenCase) -> Any:
    """All pixels in a loop over the public C function; no pixel of these cases needs run order."""
    setup = derive(case.experiment)
    factors = load(case.experiment.structure_factors)
    table = table_struct(factors)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    rows = np.empty(setup.steps, dtype=EVALUATION)
    pointer = ffi.cast("pb_evaluation *", ffi.from_buffer(rows))
    fpixels, spixels = setup.detector.pixels
    image = np.empty((spixels, fpixels), dtype=np.float32)
    for slow, fast in np.ndindex(spixels, fpixels):
        assert (
            lib.pb_pixel(setup, table, slow, fast, totals, f_cell, pointer, rows.size) == lib.PB_OK
        )
        image[slow, fast] = totals.image
    return image
