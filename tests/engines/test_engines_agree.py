"""Over random experiments the two engines agree in every figure, bit for bit in float64."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive as c_derive
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.setup import Setup, lay_out
from parity_bridge.engines.torch_port.setup import derive as torch_derive
from parity_bridge.errors import UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment, StructureFactorSource
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import F_CELL_PLANES, Frame, Region
from parity_bridge.experiment.structure_factors import load, write_cache
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.f_cell import COUNTS, extract
from parity_bridge.taps.observation import Observation
from tests.experiment.strategies import WITHOUT_FILES, behaviours, experiments

SPARSE = "-3 -4 -5 7.5\n3 4 5 9.25\n0 0 1 55\n0 -2 3 0\n"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[StructureFactorSource]:
    """A real table, a sparse one with a stored zero, and the cache it leaves behind."""
    folder = tmp_path_factory.mktemp("tables")
    real = parse_flags(example_flags("gnnqqny")).experiment.structure_factors
    sparse = StructureFactorSource(hkl=_written(folder / "sparse.hkl"), default_F=100.0)
    write_cache(folder / "Fdump.bin", load(sparse.model_copy(update={"default_F": 0.0})))
    cache = StructureFactorSource(dump=folder / "Fdump.bin", default_F=100.0)
    return [real, sparse, cache]


def _written(path: Path) -> Path:
    path.write_text(SPARSE)
    return path


@settings(max_examples=60, deadline=None)
@given(experiment=experiments(oversample=st.none()))
def test_the_oversampling_that_the_crystal_asks_for(experiment: Experiment) -> None:
    try:
        chosen = c_derive(experiment).oversample
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            _torch_setup(experiment)
        return
    assert _torch_setup(experiment).oversample == chosen


def _torch_setup(experiment: Experiment) -> Setup:
    values = Parameters.of(experiment)
    return lay_out(experiment, values, torch_derive(experiment, values))


def seen_by_both(
    experiment: Experiment, pixels: list[tuple[int, int]], how: dict[str, Any]
) -> list[tuple[Observation, Observation]]:
    """What both engines see; what one refuses the other refuses in the same words."""
    try:
        ours = CCore().observe(experiment, pixels, **how)
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            TorchPort().observe(experiment, pixels, **how)
        reject()  # so that hypothesis complains where most experiments are refused
    return list(zip(ours, TorchPort().observe(experiment, pixels, **how), strict=True))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), experiment=experiments(sources=WITHOUT_FILES))
def test_tap_4_and_everything_behind_it(
    sources: list[StructureFactorSource], data: st.DataObject, experiment: Experiment
) -> None:
    experiment = _with_table(experiment, data, sources)
    how: dict[str, Any] = {
        "behaviours": data.draw(behaviours(), label="behaviours"),
        "in_frame": data.draw(st.booleans(), label="in_frame"),
    }
    for ours, theirs in seen_by_both(experiment, corners(experiment), how):
        assert theirs.state == ours.state
        assert f_cell_figures(theirs) == f_cell_figures(ours)
        assert theirs.hkl_table == ours.hkl_table
        for name in DERIVED:
            assert np.array_equal(theirs.derived[name], ours.derived[name]), name
        for name in ours.evaluations.dtype.names or ():
            assert np.array_equal(
                theirs.evaluations[name], ours.evaluations[name], equal_nan=True
            ), name
        assert theirs.totals == pytest.approx(ours.totals, rel=0, abs=0, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), experiment=experiments(sources=WITHOUT_FILES))
def test_frames_and_maps_of_tap_4(
    sources: list[StructureFactorSource], data: st.DataObject, experiment: Experiment
) -> None:
    """Any tiles, threads and behaviours: the same image, the same counts, the same state."""
    experiment = _with_table(experiment, data, sources)
    thrown = data.draw(behaviours(), label="behaviours")
    threads = data.draw(st.sampled_from([1, 2, 7]), label="threads")
    try:
        whole = CCore().frame(experiment, behaviours=thrown, threads=threads)
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            TorchPort().frame(experiment, behaviours=thrown)
        reject()
    slow, fast = whole.image.shape
    cut = data.draw(st.integers(0, slow), label="cut")
    tiles = [Region(rows, range(fast)) for rows in (range(cut), range(cut, slow)) if rows]
    for engine in (CCore(), TorchPort()):
        state, images = None, []
        for tile in tiles:
            part = engine.frame(experiment, tile, behaviours=thrown, state=state, threads=threads)
            state = part.state
            images.append(part.image)
        assert np.array_equal(np.concatenate(images), whole.image)
        assert state == whole.state
    ours, theirs = (
        engine.f_cell_maps(experiment, behaviours=thrown, threads=threads)
        for engine in (CCore(), TorchPort())
    )
    assert list(ours) == list(theirs) == list(F_CELL_PLANES)
    for name, plane in ours.items():
        assert plane.dtype == theirs[name].dtype == F_CELL_PLANES[name]
        assert np.array_equal(theirs[name], plane), name
    row, column = data.draw(st.tuples(st.integers(0, slow - 1), st.integers(0, fast - 1)))
    _check_pixel(experiment, thrown, (row, column), whole, ours)


def corners(experiment: Experiment) -> list[tuple[int, int]]:
    """The first pixel of the detector and the last, where it can be told which that is."""
    first = (0, 0)
    try:
        fast, slow = c_derive(experiment).detector.pixels
    except UsageError:
        return [first]
    return list(dict.fromkeys([first, (slow - 1, fast - 1)]))


def f_cell_figures(seen: Observation) -> dict[str, Any]:
    """Tap 4 as it is recorded: what means nothing without a lookup is left out."""
    return extract(seen).values()


def _check_pixel(
    experiment: Experiment,
    thrown: Behaviours,
    pixel: tuple[int, int],
    whole: Frame,
    maps: dict[str, NDArray[Any]],
) -> None:
    """A pixel tapped as a run over the frame comes to it, against the frame and the maps."""
    try:
        (seen,) = CCore().observe(experiment, [pixel], behaviours=thrown, in_frame=True)
    except UsageError:
        return  # its indices are not finite, which a frame has no need of
    if not _in_roi(experiment, pixel):
        assert whole.image[pixel] == maps["total_lookups"][pixel] == 0
        return
    with np.errstate(over="ignore"):  # beyond float32 an image holds an infinity, as in C
        assert whole.image[pixel] == np.float32(0.0 + seen.totals["intensity"])
    for name in COUNTS:
        assert maps[name][pixel] == seen.f_cell.counts[name], name


def _in_roi(experiment: Experiment, pixel: tuple[int, int]) -> bool:
    slow, fast = pixel
    if experiment.sampling.roi is None:
        return True
    fast_min, fast_max, slow_min, slow_max = experiment.sampling.roi
    return slow_min <= slow <= slow_max and fast_min <= fast <= fast_max


def _with_table(
    experiment: Experiment, data: st.DataObject, sources: list[StructureFactorSource]
) -> Experiment:
    """With one of the tables or none, and sometimes with the sources of a file."""
    table = data.draw(st.sampled_from([None, *sources]), label="table")
    if data.draw(st.booleans(), label="source file"):
        listed = Path(__file__).with_name("three_sources.txt")
        beam = experiment.beam.model_copy(update={"source_file": listed})
        experiment = experiment.model_copy(update={"beam": beam})
    if table is None:
        return experiment
    return experiment.model_copy(update={"structure_factors": table})
