"""The C core against the golden figures, bit for bit."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.structure_factors import load
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

#: The 4096² images are stored as their sha256.
IMAGES = [name for name in CASE_NAMES if not name.startswith("bench4096")]
LARGE = [name for name in CASE_NAMES if name.startswith("bench4096")]


@pytest.fixture(params=CASE_NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> GoldenCase:
    return load_case(request.param, tmp_path)


def test_there_are_as_many_cases_as_the_original_program_was_run_for() -> None:
    assert (len(IMAGES), len(LARGE)) == (40, 3)


def test_every_derived_value_is_the_original_program_s(case: GoldenCase) -> None:
    derived = CCore().observe(case.experiment, case.pixels[:1])[0].derived
    shared = derived.keys() & case.derived.keys()
    assert derived.keys() == set(DERIVED) == shared
    for name in shared:
        assert np.array_equal(derived[name], case.derived[name]), name


def test_what_is_derived_but_not_traced_is_the_original_program_s_too(case: GoldenCase) -> None:
    setup, derived = derive(case.experiment), case.derived
    assert setup.detector.convention == derived["(int)beam_convention"]
    assert setup.detector.pivot == derived["(int)detector_pivot"]
    assert setup.crystal.shape == derived["(int)xtal_shape"]
    assert setup.crystal.fudge == derived["fudge"]
    assert setup.beam.dmin == derived["dmin"]
    assert setup.beam.water_size == derived["water_size"]
    assert list(setup.detector.roi) == [
        derived[f"roi_{end}"] for end in ("xmin", "xmax", "ymin", "ymax")
    ]


def test_every_source_is_the_original_program_s(case: GoldenCase) -> None:
    setup = derive(case.experiment)
    sources = [setup.sources[number] for number in range(setup.source_count)]
    assert [
        [s.direction.x, s.direction.y, s.direction.z, s.weight, getattr(s, "lambda")]
        for s in sources
    ] == case.derived["source_list"]
    for s in sources:
        assert (s.incident.x, s.incident.y, s.incident.z) == (
            -s.direction.x,
            -s.direction.y,
            -s.direction.z,
        )


def test_every_mosaic_domain_is_the_original_program_s(case: GoldenCase) -> None:
    setup = derive(case.experiment)
    matrices = [
        [setup.domain_matrices[9 * domain + place] for place in range(9)]
        for domain in range(setup.crystal.domains)
    ]
    assert matrices == case.derived["mosaic_umats"]


def test_the_table_spans_the_original_program_s_box(case: GoldenCase) -> None:
    factors = load(case.experiment.structure_factors)
    extents = factors.provenance.extents
    if extents is None:
        assert "h_min" not in case.derived
    else:
        assert {**case.derived, **extents.model_dump()} == case.derived


def test_every_event_row_is_the_original_program_s(case: GoldenCase) -> None:
    observations = CCore().observe(case.experiment, case.pixels, in_frame=True)
    if not figures_are_exact():
        check_within_noise(case, observations)
        return
    for observation in observations:
        rows = observation.evaluations
        _check_subpixels(case.rows(observation.pixel, "subpixel"), rows)
        _check_lookups(
            case.rows(observation.pixel, "lookup"), rows[rows["kind"] == EvaluationKind.LOOKUP]
        )
        _check_skipped(
            case.rows(observation.pixel, "skipped"), rows[rows["kind"] == EvaluationKind.NO_LATTICE]
        )
        (end,) = case.rows(observation.pixel, "pixel")
        totals = observation.totals
        for name in TOTAL_NAMES:
            assert totals[name] == end[name], name
        assert totals["after_omega"] == totals["intensity"]
        assert totals["image"] == np.float32(end["float32"])


def _check_subpixels(events: list[dict[str, Any]], rows: Any) -> None:
    """The original program printed a subpixel once, before its sources, phi steps and domains."""
    rows = rows[(rows["source"] == 0) & (rows["phi_step"] == 0) & (rows["domain"] == 0)]
    assert len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert (event["thick"], event["subS"], event["subF"]) == tuple(
            row[["layer", "sub_slow", "sub_fast"]]
        )
        assert event["pos"] == row["position"].tolist()
        for name in ("airpath", "omega", "capture"):
            assert event[name] == row[name], name


#: Names in the golden figures and in our rows.
_PLACE = {
    "thick": "layer",
    "subS": "sub_slow",
    "subF": "sub_fast",
    "source": "source",
    "phi": "phi_step",
    "mos": "domain",
}


def _check_lookups(events: list[dict[str, Any]], rows: Any) -> None:
    assert len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert [event[name] for name in _PLACE] == [row[name] for name in _PLACE.values()]
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


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("name", IMAGES)
def test_every_pixel_of_the_image_is_the_original_program_s(
    name: str, threads: int, tmp_path: Path
) -> None:
    case = load_case(name, tmp_path)
    image = CCore().frame(case.experiment, threads=threads).image
    assert np.array_equal(image, case.stored_image())  # type: ignore[arg-type]


@pytest.mark.corpus
@pytest.mark.parametrize("name", LARGE)
def test_every_pixel_of_a_large_image_is_the_original_program_s(name: str, tmp_path: Path) -> None:
    case = load_case(name, tmp_path)
    image = CCore().frame(case.experiment, threads=2).image
    assert hashlib.sha256(image.tobytes()).hexdigest() == case.image_sha256


@pytest.mark.parametrize("name", IMAGES)
def test_tiles_in_the_order_of_a_run_give_the_same_image(name: str, tmp_path: Path) -> None:
    case = load_case(name, tmp_path)
    core, state, rows = CCore(), None, []
    stored = case.stored_image()
    assert stored is not None
    slow, fast = stored.shape
    for first in range(0, slow, 9):
        region = Region(range(first, min(first + 9, slow)), range(fast))
        tile = core.frame(case.experiment, region, state=state, threads=2)
        state = tile.state
        rows.append(tile.image)
    assert np.array_equal(np.concatenate(rows), stored)
