"""Pixels side by side give what a run gives that computes one after the other."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from parity_bridge.engines.torch_port import TorchPort, frame_context
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.pixel import pixel
from parity_bridge.engines.torch_port.run_state import start
from parity_bridge.engines.torch_port.setup import derive, lay_out
from parity_bridge.engines.torch_port.state_conversion import run_state
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import Region, RunState
from parity_bridge.experiment.structure_factors import load
from parity_bridge.taps.evaluations import EvaluationKind
from tests.engines.golden_cases import CASE_NAMES, load_case

#: An axis that a unit vector made of it moves more than once.
RESTLESS = "-polar_vector 0.3 -0.7 0.1 -polar 0.8"

#: What makes the order of the pixels matter.
ORDERS = {
    "nothing": "",
    "interpolation": "-interpolate -default_F 2",
    "axis": RESTLESS,
    "axis, oversampled": f"{RESTLESS} -oversample_polar -oversample 2",
    "axis, some sources dropped": f"{RESTLESS} -dmin 2.0 -oversample_polar",
    "axis, factor can be 0": "-polar_vector 0.3 -0.7 0.1 -polar -1",
    "sweep from zero": "-osc 1 -phisteps 3",
    "sweep from zero, first pixels dropped": "-osc 1 -phisteps 2 -dmin 2.2",
    "sweep through zero": "-phi -1 -osc 3 -phisteps 3",
    "everything": f"{RESTLESS} -interpolate -osc 1 -phisteps 2 -dmin 1.6 -mosaic 1 "
    "-mosaic_domains 2 -hdivrange 2",
}
#: Of each frame: by the end of the first of them its state has changed for the last time.
FIRST_ROWS = Region(range(4), range(14))
#: What float32 images may be off by: units in the last place above 1% of the local peak,
#: and a fraction of that peak anywhere.
ULPS, FRACTION_OF_PEAK = 500, 1e-5

#: Those of them that a compiler is done with in seconds, and whether for the vectors of this CPU.
COMPILED = [
    ("nothing", False),
    pytest.param("nothing", True, marks=pytest.mark.corpus),
    pytest.param("sweep from zero", True, marks=pytest.mark.corpus),
]


def experiment(flags: str) -> Experiment:
    small = "-detpixels 14 -pixel 4 -distance 60 -lambda 1"
    return parse_flags([*example_flags("gnnqqny"), *small.split(), *flags.split()]).experiment


@cache
def one_after_the_other(flags: str) -> tuple[NDArray[np.float32], RunState]:
    simulated = experiment(flags)
    values = Parameters.of(simulated)
    setup = lay_out(simulated, values, derive(simulated, values))
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    state = start(setup, table)
    image = np.zeros(FIRST_ROWS.shape, dtype=np.float32)
    for slow in FIRST_ROWS.slow:
        for fast in FIRST_ROWS.fast:
            totals, _, after = pixel(
                setup, table, torch.tensor([slow]), torch.tensor([fast]), state
            )
            image[slow, fast] = totals.image.item()
            # Of one pixel it is the state of the whole run.
            state = type(after)(
                bool(after.interpolation_on),
                bool(after.swept),
                type(after.axis)(*(component.reshape(()) for component in after.axis)),
            )
    return image, run_state(state)


@pytest.mark.parametrize("batch", [1, 5, 14, 33, 1000])
@pytest.mark.parametrize("order", ORDERS)
def test_a_frame_is_a_run(order: str, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_context, "CPU_BATCH", batch)
    image, state = one_after_the_other(ORDERS[order])
    frame = TorchPort().frame(experiment(ORDERS[order]), FIRST_ROWS)
    assert np.array_equal(frame.image, image)
    assert frame.state == state


@pytest.mark.parametrize("order", ORDERS)
def test_a_frame_in_two_parts_is_the_same_frame(order: str) -> None:
    simulated = experiment(ORDERS[order])
    engine = TorchPort()
    whole = engine.frame(simulated)
    upper = engine.frame(simulated, Region(range(5), range(14)))
    lower = engine.frame(simulated, Region(range(5, 14), range(14)), state=upper.state, threads=2)
    assert np.array_equal(np.concatenate([upper.image, lower.image]), whole.image)
    assert lower.state == whole.state


@pytest.mark.parametrize("order", ORDERS)
def test_a_pixel_in_a_frame_begins_as_the_run_left_it(order: str) -> None:
    simulated = experiment(ORDERS[order])
    engine = TorchPort()
    image = engine.frame(simulated).image
    pixels = [(13, 2), (0, 0), (0, 5), (6, 1), (0, 6)]
    for seen in engine.observe(simulated, pixels, in_frame=True):
        assert np.float32(seen.totals["intensity"]) == image[seen.pixel]
        slow, fast = seen.pixel
        before = engine.frame(simulated, Region(range(slow), range(14))).state if slow else None
        if fast:
            row = Region(range(slow, slow + 1), range(fast))
            before = engine.frame(simulated, row, state=before).state
        if before is not None:
            assert seen.state == before


@pytest.mark.parametrize(
    "flags", ["", "-tophat_spots -fudge 0.05", "-interpolate", "-osc 1 -phisteps 2 -mosaic 1"]
)
@pytest.mark.parametrize("batch", [5, 1000])
def test_maps_hold_tap_4_of_every_pixel(
    flags: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_context, "CPU_BATCH", batch)
    simulated = experiment(flags)
    engine = TorchPort()
    maps = engine.f_cell_maps(simulated)
    pixels = [(slow, fast) for slow in range(0, 14, 3) for fast in range(14)]
    for seen in engine.observe(simulated, pixels, in_frame=True):
        at = {name: plane[seen.pixel] for name, plane in maps.items()}
        counts = seen.f_cell.counts
        for name in ("total_lookups", "skipped_lookups", "out_of_bounds_count", "zero_f_count"):
            assert at[name] == counts[name]
        rows = seen.evaluations[seen.evaluations["kind"] == EvaluationKind.LOOKUP]
        assert at["sum_f_cell"] == sum(rows["F_cell"].tolist())
        if counts["total_lookups"]:
            for axis, *bounds in zip("hkl", *seen.f_cell.hkl_bounds, strict=True):
                assert [at[f"{axis}_min"], at[f"{axis}_max"]] == bounds


def test_nothing_is_computed_outside_the_region_of_interest() -> None:
    whole = TorchPort().frame(experiment("")).image
    part = TorchPort().frame(experiment("-roi 3 20 2 5")).image
    assert np.array_equal(part[2:6, 3:], whole[2:6, 3:])
    part[2:6, 3:] = 0
    assert not part.any()
    assert not TorchPort().frame(experiment("-roi 30 40 30 40")).image.any()


@pytest.mark.parametrize("region", [Region(range(3, 15), range(14)), Region(range(0), range(14))])
def test_a_region_off_the_detector_is_refused(region: Region) -> None:
    with pytest.raises(UsageError, match="not on the detector"):
        TorchPort().frame(experiment(""), region)


def test_a_frame_that_is_not_finite_is_refused() -> None:
    with pytest.raises(UsageError, match="does not come out finite"):
        TorchPort().frame(parse_flags("-cell 50 -default_F 1e200 -detpixels 3".split()).experiment)


@pytest.mark.parametrize("name", [name for name in CASE_NAMES if not name.startswith("bench4096")])
def test_float32_is_close_to_the_original_program(name: str, tmp_path: Path) -> None:
    """Measured by benchmarks/float32_errors.py: 220 ULP above 1% of the peak, 3.7e-6 of it."""
    case = load_case(name, tmp_path)
    stored = case.stored_image()
    assert stored is not None
    image = TorchPort(dtype="float32").frame(case.experiment).image
    peak = _local_peak(stored)
    assert (np.abs(image.astype(np.float64) - stored) <= FRACTION_OF_PEAK * peak).all()
    ulps = np.abs(image.view(np.int32).astype(np.int64) - stored.view(np.int32))
    assert ulps[stored > 0.01 * peak].max(initial=0) <= ULPS


def _local_peak(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """The brightest of the 5 x 5 pixels around each."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2), (5, 5))
    peak: NDArray[np.float32] = windows.max(axis=(2, 3))
    return peak


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    TorchPort().frame(experiment(""), threads=before + 1)
    assert torch.get_num_threads() == before


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles with a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # torch's own, about its own compiler
@pytest.mark.parametrize(("order", "vectors"), COMPILED)
def test_a_compiled_frame_is_close_to_an_eager_one(
    order: str, vectors: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._inductor import config

    if not vectors:
        monkeypatch.setattr(config.cpp, "vec_isa_ok", False)
    torch.compiler.reset()
    simulated = experiment(ORDERS[order])
    compiled = TorchPort(compile=True).frame(simulated)
    eager = TorchPort().frame(simulated)
    assert np.allclose(compiled.image, eager.image, rtol=1e-6, atol=0)
    assert compiled.state.interpolation_on == eager.state.interpolation_on
    assert compiled.state.swept == eager.state.swept


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # its own, when first imported
def test_a_missing_compiler_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from torch._inductor import config

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(config.cpp, "cxx", (None, str(tmp_path / "nowhere")))
    torch.compiler.reset()
    with pytest.raises(EngineError, match=r"could not compile .* C\+\+ compiler") as caught:
        TorchPort(compile=True).frame(experiment(""))
    assert "\n" not in str(caught.value)
