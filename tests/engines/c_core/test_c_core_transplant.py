"""The C core goes on from what it is given, bit for bit as if it had computed that itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge._core import ffi
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.overrides import Stage, StageOverrides
from parity_bridge.errors import ShapeError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import EVALUATION
from parity_bridge.taps.observation import Observation, Quantity
from tests.engines.golden_cases import load_case

CASES = [
    "divergence_dispersion", "dmin_cut", "interpolate_forced", "interpolate_runs_out_of_range",
    "mosaic", "mosaic_phi", "oversample_polar_omega", "phi_from_zero", "shape_gauss_fudge",
    "shape_tophat", "simple_cubic", "thick_layers", "thick_layers_oversampled", "water_background",
]  # fmt: skip
#: Behaviours that keep, scale or skip otherwise than the reference does.
OTHERWISE = [
    ["omega=mean", "polar=mean", "capture=mean"],
    ["omega=each", "polar=last", "capture=last", "layers=each", "background=undivided"],
    ["zero_lattice=looked_up", "oversampled=term", "layers=first", "divide_by_steps=false"],
]
CRYSTAL = (
    "-cell 21.937 4.866 23.477 90 107.08 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 "
    "-pixel 1 -oversample 2"
)
PIXELS = [(10, 50), (32, 32)]


def experiment(flags: str) -> Experiment:
    return parse_flags(flags.split()).experiment


def given(observations: list[Observation], stage: Stage) -> list[StageOverrides]:
    return [
        StageOverrides(seen.evaluations, seen.totals, stage, orientations_of(seen))
        for seen in observations
    ]


def orientations_of(seen: Observation) -> NDArray[np.float64]:
    """The cell vectors in force at each evaluation, one after the other."""
    current: dict[tuple[int, int], Any] = {}
    used = {place(row): row for row in seen.orientations}
    vectors = []
    for row in seen.evaluations:
        step = row["phi_step"], row["domain"]
        current[step] = used.get(place(row), current.get(step))
        vectors.append([current[step][f"{axis}_mosaic"] for axis in "abc"])
    return np.array(vectors)


def place(row: Any) -> tuple[int, ...]:
    loops = ("layer", "sub_slow", "sub_fast", "source", "phi_step", "domain")
    return tuple(int(row[name]) for name in loops)


def bits(rows: NDArray[np.void]) -> dict[str, bytes]:
    """Column by column, as what lies between them means nothing."""
    return {name: rows[name].tobytes() for name in EVALUATION.names or ()}


def assert_same(found: list[Observation], expected: list[Observation]) -> None:
    """Every figure that a pixel's chain ends in or passes through, bit for bit."""
    for ours, theirs in zip(found, expected, strict=True):
        assert bits(ours.evaluations) == bits(theirs.evaluations)
        assert ours.totals == theirs.totals
        assert ours.f_cell == theirs.f_cell
        assert ours.state == theirs.state


@pytest.mark.parametrize("in_frame", [False, True])
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", CASES)
def test_a_pixel_given_its_own_stages_is_the_same(
    name: str, stage: Stage, in_frame: bool, tmp_path: Path
) -> None:
    case, core = load_case(name, tmp_path), CCore()
    computed = core.observe(case.experiment, case.pixels, in_frame=in_frame)
    fed = given(computed, stage)
    assert_same(
        core.replay(case.experiment, case.pixels, in_frame=in_frame, overrides=fed), computed
    )


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("switches", OTHERWISE, ids="-".join)
@pytest.mark.parametrize("name", ["thick_layers", "oversample_polar_omega", "shape_tophat"])
def test_so_it_is_with_other_behaviours(
    name: str, switches: list[str], stage: Stage, tmp_path: Path
) -> None:
    case, core, behaviours = load_case(name, tmp_path), CCore(), Behaviours.parse(switches)
    computed = core.observe(case.experiment, case.pixels, behaviours=behaviours)
    fed = given(computed, stage)
    assert_same(
        core.replay(case.experiment, case.pixels, behaviours=behaviours, overrides=fed), computed
    )


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage >= Stage.ORIENTATION])
def test_indices_of_another_misset_lead_to_that_misset_s_intensity(stage: Stage) -> None:
    """The orientation has no say after the indices: neither a table nor a tie is in the way."""
    core = CCore()
    here, there = (experiment(f"{CRYSTAL} -misset 1 {angle} 3") for angle in ("2", "2.25"))
    expected, before = core.observe(there, PIXELS), core.observe(here, PIXELS)
    assert before[0].totals["I"] != expected[0].totals["I"]
    assert_same(core.replay(here, PIXELS, overrides=given(expected, stage)), expected)


def test_where_no_orientations_are_given_they_are_computed() -> None:
    core = CCore()
    here, there = (experiment(f"{CRYSTAL} -misset 1 {angle} 3") for angle in ("2", "2.25"))
    fed = [
        StageOverrides(seen.evaluations, seen.totals, Stage.ORIENTATION)
        for seen in core.observe(there, PIXELS)
    ]
    assert_same(core.replay(here, PIXELS, overrides=fed), core.observe(here, PIXELS))


@pytest.mark.parametrize("shape", [(3, 3, 3), (4, 9)])
def test_orientations_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    core, crystal = CCore(), experiment(CRYSTAL)
    (seen,) = core.observe(crystal, PIXELS[:1])
    fed = StageOverrides(seen.evaluations, seen.totals, Stage.HKL, np.zeros(shape))
    with pytest.raises(ShapeError, match="orientations of shape"):
        core.replay(crystal, PIXELS[:1], overrides=[fed])


def test_before_the_indices_the_orientation_still_has_its_say() -> None:
    core = CCore()
    here, there = (experiment(f"{CRYSTAL} -misset 1 {angle} 3") for angle in ("2", "2.25"))
    fed = given(core.observe(there, PIXELS), Stage.SCATTERING)
    assert_same(core.replay(here, PIXELS, overrides=fed), core.observe(here, PIXELS))


@pytest.mark.parametrize(
    ("stage", "other"),
    [
        (Stage.POSITION, "-distance 60.5"),
        (Stage.SCATTERING, "-lambda 1.01"),
        (Stage.HKL, "-cell 22 4.9 23.5 90 107 90"),
        (Stage.F_LATT, "-N 6"),
        (Stage.F_CELL, "-default_F 4"),
        (Stage.FACTORS, "-polar 0.5"),
        (Stage.SUM, "-N 7"),
        (Stage.SUM, "-misset 9 8 7 -default_F 5"),
    ],
)
def test_a_sum_that_only_earlier_stages_differ_in_is_restored(stage: Stage, other: str) -> None:
    """The solid angle is the reference's own, for the distance is not a stage."""
    core = CCore()
    here, there = experiment(CRYSTAL), experiment(f"{CRYSTAL} {other}")
    expected = core.observe(there, PIXELS)
    assert core.observe(here, PIXELS)[0].totals != expected[0].totals
    found = core.replay(here, PIXELS, overrides=given(expected, stage))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.totals["I"] == theirs.totals["I"]
        if stage is not Stage.POSITION:
            assert ours.totals["intensity"] == theirs.totals["intensity"]


@pytest.mark.parametrize("count", [0, 3, 5])
def test_rows_of_another_number_are_refused(count: int) -> None:
    core, crystal = CCore(), experiment(CRYSTAL)
    (seen,) = core.observe(crystal, PIXELS[:1])
    fed = [StageOverrides(np.resize(seen.evaluations, count), seen.totals, Stage.HKL)]
    with pytest.raises(ShapeError, match=f"{count} evaluations"):
        core.replay(crystal, PIXELS[:1], overrides=fed)


def test_rows_of_another_layout_are_refused() -> None:
    core, crystal = CCore(), experiment(CRYSTAL)
    (seen,) = core.observe(crystal, PIXELS[:1])
    layouts: list[Any] = [np.zeros(4), np.repeat(seen.evaluations, 2)[::2]]
    for rows in layouts:
        with pytest.raises(TypeError, match="C-contiguous"):
            core.replay(
                crystal, PIXELS[:1], overrides=[StageOverrides(rows, seen.totals, Stage.SUM)]
            )


def test_given_rows_are_not_written_to() -> None:
    core, crystal = CCore(), experiment(CRYSTAL)
    (seen,) = core.observe(crystal, PIXELS[:1])
    rows = seen.evaluations.copy()
    core.replay(crystal, PIXELS[:1], overrides=[StageOverrides(rows, seen.totals, Stage.SUM)])
    assert bits(rows) == bits(seen.evaluations)


def test_the_stages_have_the_numbers_of_the_c_enumeration() -> None:
    numbers = ffi.typeof("pb_stage").relements
    expected = {f"PB_STAGE_{stage.name}": int(stage) for stage in Stage}
    assert expected == {name: number for name, number in numbers.items() if number}


def plain(derived: dict[str, Any]) -> dict[str, Quantity]:
    return {name: value for name, value in derived.items() if name in DERIVED}


@pytest.mark.parametrize("name", CASES)
def test_its_own_setup_changes_nothing(name: str, tmp_path: Path) -> None:
    case, core = load_case(name, tmp_path), CCore()
    computed = core.observe(case.experiment, case.pixels)
    again = core.replay(case.experiment, case.pixels, derived=plain(dict(computed[0].derived)))
    assert_same(again, computed)
    assert [seen.derived for seen in again] == [seen.derived for seen in computed]


@pytest.mark.parametrize(
    "other",
    [
        "-misset 3 2 1", "-lambda 1.1", "-distance 61", "-Xbeam 30 -Ybeam 31", "-N 6",
        "-cell 22 5 24 90 100 90", "-pixel 0.9", "-fluence 1e20", "-twotheta 10",
        "-detector_rotx 3 -detector_roty 4", "-water 100", "-phi 7", "-mosaic 0.8",
        "-detector_abs 200 -detector_thick 300", "-mosaic_seed 7",
    ],
)  # fmt: skip
def test_the_setup_of_another_run_leads_to_its_figures(other: str) -> None:
    """Where the counts are the same and the flags that no quantity is derived from."""
    core, common = CCore(), "-mosaic 0.5 -mosaic_domains 2 -detector_abs 100 -detector_thick 250"
    here, there = (experiment(f"{CRYSTAL} {common} {flags}") for flags in ("-misset 1 2 3", other))
    expected = core.observe(there, PIXELS)
    found = core.replay(here, PIXELS, derived=plain(dict(expected[0].derived)))
    assert core.observe(here, PIXELS)[0].totals != expected[0].totals
    assert_same(found, expected)


def test_the_first_pixel_of_another_distance_moves_every_position() -> None:
    core = CCore()
    here, there = (experiment(f"{CRYSTAL} -distance {away}") for away in ("60", "61"))
    near, far = core.observe(here, PIXELS), core.observe(there, PIXELS)
    pix0 = plain(dict(far[0].derived))["pix0_vector"]
    moved = core.replay(here, PIXELS, derived={"pix0_vector": pix0})
    for ours, before, theirs in zip(moved, near, far, strict=True):
        assert (ours.evaluations["position"] != before.evaluations["position"]).any(axis=1).all()
        assert bits(ours.evaluations)["position"] == bits(theirs.evaluations)["position"]
        assert bits(ours.evaluations)["q"] == bits(theirs.evaluations)["q"]
        assert {**ours.derived, "pix0_vector": None} == {**before.derived, "pix0_vector": None}
        assert ours.derived["pix0_vector"] == pix0


def test_factors_take_the_place_of_those_that_the_experiment_names(tmp_path: Path) -> None:
    core, case = CCore(), load_case("interpolate_forced", tmp_path)
    named = case.experiment
    without = replace_factors(named)
    expected = core.observe(named, case.pixels)
    fed = structure_factors.load(named.structure_factors, REFERENCE)
    assert_same(core.replay(without, case.pixels, factors=fed), expected)


def replace_factors(named: Experiment) -> Experiment:
    """The same without a table."""
    source = named.structure_factors.model_copy(update={"hkl": None})
    return named.model_copy(update={"structure_factors": source})
