"""The example engine: the bits of the C core, its refusals, and faults planted in it explained."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from parity_bridge.cli.program import main
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import runner_of_run as reference_of
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import EXACT, tolerances_for
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.capabilities import recorded_taps
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.protocol import Engine
from parity_bridge.engines.run import EngineRun, observe
from parity_bridge.errors import UsageError
from parity_bridge.examples import example_flags, numpy_engine
from parity_bridge.examples.numpy_engine import NumpyEngine, Port
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import (
    MAX_OVERSAMPLE,
    Beam,
    Crystal,
    Detector,
    Experiment,
    Sampling,
    StructureFactorSource,
)
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.experiment.structure_factors import load, write_cache
from parity_bridge.explain.explanation import Finding
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_NAME, choose_taps
from tests.experiment.strategies import WITHOUT_FILES, between, cells, regions
from tests.explain.faults import CUBE, PEPTIDE, TIE_FLAGS
from tests.explain.run_findings import explain_runs

PAGE = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
#: Those that take the engine's word for a pixel.
COMMANDS = re.findall(
    r"^python -m parity_bridge ((?:run|trace|explain|scan) .*)$", PAGE, re.MULTILINE
)
NAME = "parity_bridge.examples.numpy_engine:NumpyEngine"
#: The taps that the example tells.
TOLD = choose_taps(recorded_taps(NumpyEngine))
COUNTED = f"{CUBE} -hkl counted.hkl -oversample 2 -nointerpolate"
PIXELS = ((10, 50), (32, 20), (50, 12))
SPARSE = "-3 -4 -5 7.5\n3 4 5 9.25\n0 0 1 55\n0 -2 3 0\n"


def figures(
    engine: Engine, experiment: Experiment, pixels: list[tuple[int, int]]
) -> list[PixelTaps]:
    seen = engine.observe(experiment, pixels)
    return [PixelTaps.from_observation(item, engine.implementation, TOLD) for item in seen]


def compared(experiment: Experiment, pixels: list[tuple[int, int]]) -> Comparison:
    """The example against the C core: no difference at all passes."""
    ours, theirs = (figures(it, experiment, pixels) for it in (CCore(), NumpyEngine()))
    return compare_runs(ours, theirs, EXACT)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[StructureFactorSource]:
    """A real table, a sparse one with a stored zero, and the cache it leaves behind."""
    folder = tmp_path_factory.mktemp("tables")
    real = parse_flags(example_flags("gnnqqny")).experiment.structure_factors
    (folder / "sparse.hkl").write_text(SPARSE)
    sparse = StructureFactorSource(hkl=folder / "sparse.hkl", default_F=100.0)
    write_cache(folder / "Fdump.bin", load(sparse))
    return [real, sparse, StructureFactorSource(dump=folder / "Fdump.bin", default_F=3.0)]


def _detectors() -> SearchStrategy[Detector]:
    count = st.none() | st.integers(1, 64)
    centre = st.none() | between(-60, 120)
    return st.builds(
        Detector,
        distance=between(20, 500),
        pixel_size=between(0.02, 2),
        pixels_fast=count,
        pixels_slow=count,
        detsize_fast=between(2, 64),
        detsize_slow=between(2, 64),
        x_beam=centre,
        y_beam=centre,
    )


@st.composite
def plain_experiments(draw: DrawFn, oversample: SearchStrategy[int | None]) -> Experiment:
    """Everything that the example computes, but for the files of tables."""
    turn = st.just(0.0) | between(-180, 180)
    count = st.integers(1, 40)
    size = draw(st.tuples(count, count, count))
    interpolate = draw(st.just(False) if min(size) <= 2 else st.sampled_from([None, False]))
    return Experiment(
        crystal=Crystal(cell=draw(cells()), misset=draw(st.tuples(turn, turn, turn)), cells=size),
        beam=Beam(
            wavelength=draw(between(0.5, 3)),
            polarization=draw(st.just(0.0) | between(-1, 1)),
            fluence=draw(between(1e15, 1e30)),
        ),
        detector=draw(_detectors()),
        sampling=Sampling(
            oversample=draw(oversample),
            interpolate=interpolate,
            roi=draw(st.none() | regions()),
        ),
        structure_factors=draw(WITHOUT_FILES),
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data(), experiment=plain_experiments(st.integers(1, 3)))
def test_every_figure_that_it_tells_has_the_bits_of_the_c_core(
    sources: list[StructureFactorSource], data: st.DataObject, experiment: Experiment
) -> None:
    table = data.draw(st.none() | st.sampled_from(sources), label="table")
    if table is not None:
        experiment = experiment.model_copy(update={"structure_factors": table})
    fast, slow = derive(experiment).detector.pixels
    pixels = data.draw(
        st.lists(
            st.tuples(st.integers(0, slow - 1), st.integers(0, fast - 1)),
            min_size=1, max_size=3, unique=True,
        ),
        label="pixels",
    )  # fmt: skip
    comparison = compared(experiment, pixels)
    assert comparison.verdict == "parity", comparison.pixels[0].first_divergence


@settings(max_examples=100, deadline=None)
@given(experiment=plain_experiments(st.none()))
def test_the_oversampling_that_the_crystal_asks_for(experiment: Experiment) -> None:
    asked = Port(experiment, load(experiment.structure_factors)).oversample
    try:
        chosen = derive(experiment).oversample
    except UsageError:
        assert asked > MAX_OVERSAMPLE
    else:
        assert asked == chosen


@pytest.mark.parametrize(
    "flags",
    [
        BENCHMARK_FLAGS,
        example_flags("gnnqqny"),
        "-cell 50 60 70 -default_F 10 -N 6 -detpixels 256 -pixel 0.4".split(),
        "-cell 50 -default_F 10 -N 1 -nointerpolate -detsize 20 -polar 1".split(),
    ],
)
def test_the_full_comparison_is_parity(flags: list[str]) -> None:
    """All figures of the seven taps it tells, at the beam centre too."""
    experiment = parse_flags(flags).experiment
    fast, slow = derive(experiment).detector.pixels
    comparison = compared(experiment, [(0, 0), (slow // 2, fast // 2), (slow - 1, 3)])
    assert comparison.exit_status == 0
    assert all(pixel.taps == tuple(tap.tap_id for tap in TOLD) for pixel in comparison.pixels)


def test_it_tells_all_taps_but_one() -> None:
    assert set(TAPS_BY_NAME) - set(recorded_taps(NumpyEngine)) == {"config"}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("-phi 5", "phi"),
        ("-osc 1", "oscillation"),
        ("-round_xtal", "shape"),
        ("-mosaic 0.5", "mosaic_spread"),
        ("-xtalsize 0.1", "sample_size"),
        ("-water 10", "water"),
        ("-xds", "convention"),
        ("-detector_rotx 3", "rotations"),
        ("-twotheta 3", "twotheta"),
        ("-close_distance 80", "close_distance"),
        ("-curved_det -phi 0", "curved"),
        ("-point_pixel", "point_pixel"),
        ("-detector_thick 300", "thickness"),
        ("-nopolar", "polarized"),
        ("-flux 1e10", "flux"),
        ("-divergence 1", "horizontal_divergence, vertical_divergence"),
        ("-dispersion 1", "dispersion"),
        ("-sourcefile none.txt", "source_file"),
        ("-dmin 2", "dmin"),
        ("-oversample_omega", "oversample_omega"),
        ("-oversample_polar", "oversample_polar"),
        ("-interpolate", "interpolation (give -nointerpolate)"),
        ("-N 2", "interpolation (give -nointerpolate)"),
        ("-phi 5 -dmin 2", "phi, dmin"),
    ],
)
def test_what_it_does_not_compute_is_refused(flags: str, words: str) -> None:
    experiment = parse_flags([*BENCHMARK_FLAGS, *flags.split()]).experiment
    with pytest.raises(UsageError, match=f"engine numpy has no {re.escape(words)}$"):
        NumpyEngine().observe(experiment, [(0, 0)])


def test_an_orientation_matrix_is_refused() -> None:
    matrix = (0.01, 0.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0, 0.01)
    experiment = Experiment(crystal=Crystal(matrix=matrix, cells=(5, 5, 5)))
    with pytest.raises(UsageError, match=r"engine numpy has no matrix$"):
        NumpyEngine().observe(experiment, [(0, 0)])


def test_behaviours_are_refused() -> None:
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    told = Behaviours.parse(["omega=last"])
    with pytest.raises(UsageError, match=r"engine numpy has no omega$"):
        NumpyEngine().observe(experiment, [(0, 0)], behaviours=told)


@pytest.mark.parametrize("where", [{"dtype": "float32"}, {"device": "cuda"}])
def test_it_has_one_dtype_and_one_device(where: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="only float64 on cpu"):
        NumpyEngine(**where)


def test_pixels_and_subpixels_have_the_limits_of_the_other_engines() -> None:
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    with pytest.raises(UsageError, match="--pixel 0 4096 lies outside the detector of 4096"):
        NumpyEngine().observe(experiment, [(0, 0), (0, 4096)])
    huge = parse_flags(
        "-cell 300 -default_F 1 -N 4000 -detpixels 8 -pixel 1 -distance 20".split()
    ).experiment
    with pytest.raises(UsageError, match="give -oversample"):
        NumpyEngine().observe(huge, [(0, 0)])


class LastOmega(Port):
    """Keeps the solid angle of the last subpixel instead of the first."""

    def omega(self, airpath: Any) -> Any:
        return self.size * self.size / airpath / airpath * self.distance / airpath


class HalfToEven(Port):
    """Rounds as numpy does."""

    def nearest(self, hkl: Any) -> Any:
        return np.rint(hkl).astype(int)


class NegatedMisset(Port):
    """Turns the crystal the other way."""

    def real_axes(self, cell: Any, misset: Any) -> Any:
        return super().real_axes(cell, [-turn for turn in misset])


class Unpolarized(Port):
    """Leaves the polarization factor out."""

    def polar(self, d: Any) -> Any:
        return 1.0


class Transposed(Port):
    """Has the table's last two axes the other way round."""

    def look_up(self, hkl0: Any) -> tuple[Any, Any]:
        return super().look_up(hkl0[:, [0, 2, 1]])


class Corners(Port):
    """Takes the corner of a subpixel for its centre."""

    def position(self, slow: Any, fast: Any) -> Any:
        return super().position(slow - 0.5, fast - 0.5)


class Nanometres(Port):
    """Takes the wavelength for nanometres."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.wavelength *= 10.0


@dataclass(frozen=True)
class Fault:
    """A defective port and what must come of it."""

    port: type[Port]
    flags: str
    #: The first divergence, ``tap.field``.
    first: str
    #: What the explanation must name; empty where there is no name for it.
    reason: tuple[str, ...] = ()
    #: The stages that must be named then.
    stages: tuple[str, ...] = ()
    pixels: tuple[tuple[int, int], ...] = PIXELS


FAULTS = (
    Fault(LastOmega, PEPTIDE, "omega_subpixel.omega", ("omega=last",)),
    Fault(
        HalfToEven,
        TIE_FLAGS,
        "hkl_subpixel.hkl_rounded.k",
        ("rounding=half_even",),
        pixels=((0, 0),),
    ),
    Fault(NegatedMisset, PEPTIDE, "orientation.a_spindle.x", ("-misset negated",)),
    Fault(Unpolarized, f"{PEPTIDE} -polar 0.5", "intensity_pre_norm.polar", ("-nopolar added",)),
    Fault(Transposed, COUNTED, "f_cell_stats.F_cell", ("k and l swapped",)),
    Fault(Corners, PEPTIDE, "omega_subpixel.position.y", ("subpixel corner",)),
    Fault(Nanometres, PEPTIDE, "hkl_subpixel.scattering_vector.x", stages=("scattering",)),
)


def look(name: str, fault: Fault) -> EngineRun:
    targets = [Target(pixel) for pixel in fault.pixels]
    return observe(EngineChoice(name), parse_flags(fault.flags.split()), targets)


def examined(fault: Fault) -> tuple[Comparison, Finding]:
    """The comparison with the engine as it stands, by its name, and the explanation."""
    runs = look("c", fault), look(NAME, fault)
    ours, theirs = (
        [
            PixelTaps.from_observation(seen, run.engine.implementation, TOLD)
            for seen in run.observations
        ]
        for run in runs
    )
    again = reference_of(runs[0], TOLD)
    assert again is not None
    noise = {budget.pixel_coords: budget for budget in noise_budgets(again)}
    comparison = compare_runs(ours, theirs, tolerances_for(), noise)
    return comparison, explain_runs(*runs, comparison, theirs)


@pytest.mark.usefixtures("fault_inputs")
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.port.__name__ for fault in FAULTS])
def test_a_fault_planted_in_it_is_detected_localised_and_explained(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumpyEngine, "port", fault.port)
    comparison, finding = examined(fault)
    assert comparison.exit_status == 3
    firsts = [pixel.first_divergence for pixel in comparison.pixels if pixel.first_divergence]
    assert f"{firsts[0].tap}.{firsts[0].field}" == fault.first
    if fault.reason:
        assert finding.names == (fault.reason,)
    else:
        assert finding.reason == "unexplained"
        assert finding.stages == fault.stages
    assert any(line.startswith("the setup: no derived") for line in finding.not_tried)


def test_the_engine_has_some_forty_lines() -> None:
    """Of code: neither blank nor part of a docstring."""
    source = inspect.getsource(NumpyEngine)
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(source.splitlines(), start=1)
    assert sum(bool(line.strip()) and number not in docstrings for number, line in lines) <= 45


def test_the_page_holds_the_engine_as_it_is() -> None:
    source = inspect.getsource(numpy_engine)
    (block,) = re.findall(r"```python\n(#: The fields.*?)```", PAGE, re.DOTALL)
    assert source.endswith(f"\n{block}")


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0
