"""Regions of an experiment prepared once: image and Tap 4 from one pass, begun in any state."""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.capabilities import frame_engine
from parity_bridge.engines.protocol import FrameEngine, Scanner
from parity_bridge.engines.registry import create_engine
from parity_bridge.engines.torch_port import TorchPort, frame_context, scanner
from parity_bridge.engines.torch_port.frame import frame_pixels
from parity_bridge.errors import UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import F_CELL_PLANES, Region, RunState, ScannedRegion
from parity_bridge.experiment.structure_factors import load
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.observation import Quantity
from tests.experiment.smv_files import smv, write_file
from tests.experiment.strategies import behaviours, experiments

ENGINES = ("c", "torch")
FLAGS = "-cell 50 -default_F 10 -N 6 -detpixels 24 -pixel 1 -oversample 1"
#: Where the order of pixels matters for more than the first of them.
RESTLESS = "-polar_vector 0.3 -0.7 0.1 -polar 0.8 -interpolate -osc 1 -phisteps 2 -dmin 1.6"


def engines() -> dict[str, FrameEngine]:
    return {name: frame_engine(create_engine(name), name) for name in ENGINES}


def simulated(flags: str) -> Experiment:
    return parse_flags(flags.split()).experiment


def example(flags: str = "") -> Experiment:
    small = "-detpixels 24 -pixel 2.5"
    return parse_flags([*example_flags("gnnqqny"), *small.split(), *flags.split()]).experiment


def scan_whole(it: Scanner, threads: int = 1) -> ScannedRegion:
    return it.scan(Region.whole(*it.pixels), it.start(), threads=threads)


def assert_same(one: ScannedRegion, other: ScannedRegion) -> None:
    assert np.array_equal(one.image, other.image)
    assert one.image.dtype == other.image.dtype == np.float32
    assert_same_planes(one.planes, other.planes)
    assert one.state == other.state


def assert_same_planes(ours: dict[str, NDArray[Any]], theirs: dict[str, NDArray[Any]]) -> None:
    assert list(ours) == list(theirs) == list(F_CELL_PLANES)
    for name, plane in ours.items():
        assert plane.dtype == theirs[name].dtype == F_CELL_PLANES[name]
        assert np.array_equal(plane, theirs[name]), name


@settings(max_examples=40, deadline=None)
@given(data=st.data(), experiment=experiments(max_pixels=12))
def test_a_scan_is_frame_and_maps_at_once_in_both_engines(
    data: st.DataObject, experiment: Experiment
) -> None:
    table = data.draw(st.sampled_from([None, example().structure_factors]), label="table")
    if table is not None:
        experiment = experiment.model_copy(update={"structure_factors": table})
    thrown = data.draw(behaviours(), label="behaviours")
    threads = data.draw(st.sampled_from([1, 2]), label="threads")
    try:
        ours = CCore().scanner(experiment, behaviours=thrown)
        found = scan_whole(ours, threads)
    except UsageError as refusal:
        with pytest.raises(UsageError, match=re.escape(str(refusal))):
            scan_whole(TorchPort().scanner(experiment, behaviours=thrown))
        reject()
    theirs = TorchPort().scanner(experiment, behaviours=thrown)
    assert_same(scan_whole(theirs, threads), found)
    _check_alone(experiment, thrown, found)
    whole = Region.whole(*ours.pixels)
    margins = ours.margins(whole, ours.start())
    assert np.array_equal(margins, theirs.margins(whole, theirs.start()))
    assert np.array_equal(np.isinf(margins), found.planes["total_lookups"] == 0)
    _check_derived(ours, theirs.derived)
    assert (ours.pixels, ours.roi, ours.oversample) == (
        theirs.pixels,
        theirs.roi,
        theirs.oversample,
    )
    pixel = data.draw(st.tuples(*(st.integers(0, count - 1) for count in ours.pixels)))
    try:
        (seen,) = CCore().observe(experiment, [pixel], behaviours=thrown, in_frame=True)
    except UsageError:
        return  # its indices are not finite, which a frame has no need of
    _check_derived(ours, seen.derived)
    if np.isfinite(margins[pixel]):
        assert margins[pixel] == seen.f_cell.rounding_margin


def _check_alone(experiment: Experiment, thrown: Behaviours, found: ScannedRegion) -> None:
    """The image alone and Tap 4 alone are what both are together."""
    for engine in engines().values():
        frame = engine.frame(experiment, behaviours=thrown)
        assert np.array_equal(frame.image, found.image)
        assert frame.state == found.state
        assert_same_planes(engine.f_cell_maps(experiment, behaviours=thrown), found.planes)


def _check_derived(it: Scanner, others: Mapping[str, Quantity]) -> None:
    assert list(it.derived) == list(others) == list(DERIVED)
    for name, value in it.derived.items():
        assert np.array_equal(value, others[name]), name


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("flags", ["", RESTLESS, "-osc 3 -phisteps 3", "-interpolate"])
def test_any_tiles_from_the_right_states_are_the_whole(
    name: str, flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_context, "CPU_BATCH", 50)
    it = engines()[name].scanner(example(flags))
    whole = scan_whole(it)
    margins = it.margins(Region.whole(*it.pixels), it.start())
    for tile, part, state in tiles(it, whole):
        here = np.s_[tile.slow.start : tile.slow.stop, tile.fast.start : tile.fast.stop]
        assert np.array_equal(part.image, whole.image[here])
        for plane, values in part.planes.items():
            assert np.array_equal(values, whole.planes[plane][here]), plane
        assert np.array_equal(it.margins(tile, state), margins[here])


def tiles(it: Scanner, whole: ScannedRegion) -> Iterator[tuple[Region, ScannedRegion, RunState]]:
    """Rows in their order until nothing changes, then rectangles in another one."""
    slow, fast = it.pixels
    state, rows = it.start(), iter(range(slow))
    while not it.is_settled(state) and (row := next(rows, None)) is not None:
        tile = Region(range(row, row + 1), range(fast))
        part = it.scan(tile, state)
        yield tile, part, state
        state = part.state
    left = list(rows)
    corners = [(top, side) for top in left[::7] for side in range(0, fast, 5)]
    for top, side in reversed(corners):
        tile = Region(range(top, min(top + 7, slow)), range(side, min(side + 5, fast)))
        part = it.scan(tile, state, threads=2)
        assert part.state == state
        yield tile, part, state
    assert state == whole.state


@pytest.mark.parametrize("name", ENGINES)
def test_threads_may_share_a_scanner(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_context, "CPU_BATCH", 100)
    it = engines()[name].scanner(simulated(f"{FLAGS} -detpixels 96"))
    state = it.start()
    assert it.is_settled(state)
    parts = [
        Region(range(top, top + 16), range(side, side + 24))
        for top in range(0, 96, 16)
        for side in range(0, 96, 24)
    ]
    one_by_one = [it.scan(part, state) for part in parts]
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(lambda part: it.scan(part, state), parts))
        with_more = list(pool.map(lambda part: it.scan(part, state, threads=2), parts))
    for alone, *others in zip(one_by_one, at_once, with_more, strict=True):
        for other in others:
            assert_same(other, alone)


@pytest.mark.parametrize("threads", [1, 3])
def test_torch_computes_a_batch_on_one_thread_and_has_its_own_back(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def watched(*arguments: Any) -> Any:
        seen.append(torch.get_num_threads())
        return frame_pixels(*arguments)

    monkeypatch.setattr(scanner, "frame_pixels", watched)
    monkeypatch.setattr(frame_context, "CPU_BATCH", 24)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        it = TorchPort().scanner(simulated(FLAGS))
        whole, state = Region.whole(*it.pixels), it.start()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: it.scan(whole, state, threads=threads), range(6)))
            assert list(pool.map(lambda _: torch.get_num_threads(), range(4))) == [3] * 4
        assert torch.get_num_threads() == 3
        assert _in_a_new_thread(torch.get_num_threads) == 3
    finally:
        torch.set_num_threads(before)
    assert len(seen) == 6 * 24
    assert set(seen) == {1}


def _in_a_new_thread(function: Any) -> Any:
    told = []
    thread = Thread(target=lambda: told.append(function()))
    thread.start()
    thread.join()
    return told[0]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("roi", ["", "-roi 3 40 2 9", "-roi 40 50 0 3"])
def test_what_a_run_leaves_out_holds_nothing(name: str, roi: str, tmp_path: Path) -> None:
    mask = np.random.default_rng(1).integers(0, 2, (24, 24))
    write_file(tmp_path / "mask.img", smv(mask.astype("<u2"), {}))
    engine = engines()[name]
    everything = scan_whole(engine.scanner(simulated(FLAGS)))
    it = engine.scanner(simulated(f"{FLAGS} {roi} -mask {tmp_path / 'mask.img'}"))
    computed = np.zeros((24, 24), dtype=bool)
    computed[it.roi.slow.start : it.roi.slow.stop, it.roi.fast.start : it.roi.fast.stop] = True
    assert computed.sum() == math.prod(it.roi.shape) == {"": 576, "-roi 3 40 2 9": 168}.get(roi, 0)
    computed &= mask > 0
    found = scan_whole(it)
    assert np.array_equal(found.image, np.where(computed, everything.image, 0))
    for plane, values in found.planes.items():
        assert np.array_equal(values, np.where(computed, everything.planes[plane], 0)), plane
    margins = it.margins(Region.whole(*it.pixels), it.start())
    assert np.array_equal(np.isfinite(margins), computed)


@pytest.mark.parametrize("name", ENGINES)
def test_what_cannot_be_scanned_is_refused(name: str) -> None:
    engine = engines()[name]
    it = engine.scanner(simulated(FLAGS))
    for region in (Region(range(0), range(3)), Region(range(20, 25), range(3))):
        with pytest.raises(UsageError, match="is not on the detector"):
            it.scan(region, it.start())
        with pytest.raises(UsageError, match="is not on the detector"):
            it.margins(region, it.start())
    with pytest.raises(UsageError, match="the round beam leaves no source"):
        engine.scanner(simulated(f"{FLAGS} -hdivrange 1 -vdivrange 1 -hdivstep 3 -vdivstep 3"))
    with pytest.raises(UsageError, match="does not come out finite"):
        scan_whole(engine.scanner(simulated(f"{FLAGS} -default_F 1e200")))


def test_the_port_gives_what_is_not_finite_where_it_is_told_to() -> None:
    huge = simulated(f"{FLAGS} -default_F 1e200")
    engine = TorchPort(check_finite=False)
    found = scan_whole(engine.scanner(huge))
    assert np.isinf(found.image).all()
    assert (found.planes["total_lookups"] > 0).all()
    assert np.array_equal(engine.frame(huge).image, found.image)


def test_an_index_that_is_no_number_has_no_margin() -> None:
    tiny = example("-lambda 1e-305")
    for engine in engines().values():
        it = engine.scanner(tiny)
        maps = engine.f_cell_maps(tiny)
        assert np.isinf(it.margins(Region.whole(*it.pixels), it.start())).all()
        assert_same_planes(maps, CCore().f_cell_maps(tiny))
        assert (maps["total_lookups"] > 0).all()
        assert (maps["out_of_bounds_count"] == maps["total_lookups"]).all()


def test_float32_counts_in_float32_and_tells_in_float64() -> None:
    engine = TorchPort(dtype="float32")
    found = scan_whole(engine.scanner(example()))
    assert found.planes["sum_f_cell"].dtype == np.float64
    assert_same_planes(engine.f_cell_maps(example()), found.planes)
    assert np.array_equal(engine.frame(example()).image, found.image)


def test_a_scanner_keeps_the_table_that_it_looks_up_in(tmp_path: Path) -> None:
    it = CCore().scanner(example())
    before = scan_whole(it)
    for number in range(3):  # the loader keeps the last two
        table = tmp_path / f"{number}.hkl"
        table.write_text(f"9 9 9 {number + 1}\n-9 -9 -9 2\n")
        load(example(f"-hkl {table}").structure_factors)
        gc.collect()
    assert_same(scan_whole(it), before)


def test_a_core_is_known_by_what_was_compiled() -> None:
    assert re.fullmatch("[0-9a-f]{16}", CCore().build()["core_sha256"])
