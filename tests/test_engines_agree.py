"""Over random experiments the two engines agree in every figure, bit for bit in float64."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from strategies import WITHOUT_FILES, experiments

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.engine import derive as c_derive
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.setup import derive as torch_derive
from parity_bridge.errors import UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment import Experiment, StructureFactorSource
from parity_bridge.nanobragg_flags import parse_flags
from parity_bridge.structure_factors import load, write_cache
from parity_bridge.taps.derived import DERIVED

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


@settings(max_examples=100, deadline=None)
@given(experiment=experiments(oversample=st.none()))
def test_the_oversampling_that_the_crystal_asks_for(experiment: Experiment) -> None:
    try:
        chosen = c_derive(experiment).oversample
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            torch_derive(experiment, Parameters.of(experiment))
        return
    assert torch_derive(experiment, Parameters.of(experiment)).oversample == chosen


@settings(max_examples=150, deadline=None)
@given(data=st.data(), experiment=experiments(sources=WITHOUT_FILES))
def test_tap_4_and_everything_behind_it(
    sources: list[StructureFactorSource], data: st.DataObject, experiment: Experiment
) -> None:
    table = data.draw(st.sampled_from([None, *sources]), label="table")
    if table is not None:
        experiment = experiment.model_copy(update={"structure_factors": table})
    pixels = [(0, 0)]
    try:
        (reference,) = CCore().observe(experiment, pixels)
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            TorchPort().observe(experiment, pixels)
        reject()  # so that hypothesis complains where most experiments are refused
    far = (int(str(reference.derived["spixels"])) - 1, int(str(reference.derived["fpixels"])) - 1)
    pixels = list(dict.fromkeys([(0, 0), far]))
    for ours, theirs in zip(
        CCore().observe(experiment, pixels), TorchPort().observe(experiment, pixels), strict=True
    ):
        assert theirs.f_cell == ours.f_cell
        assert theirs.hkl_table == ours.hkl_table
        for name in DERIVED:
            assert np.array_equal(theirs.derived[name], ours.derived[name]), name
        for name in ours.evaluations.dtype.names or ():
            assert np.array_equal(
                theirs.evaluations[name], ours.evaluations[name], equal_nan=True
            ), name
        assert theirs.totals == pytest.approx(ours.totals, rel=0, abs=0, nan_ok=True)
