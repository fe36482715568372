"""Nothing makes the C core read or write out of bounds or overflow; also run under sanitizers."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import experiment_struct
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.experiment.model import MAX_OVERSAMPLE, Experiment
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.taps.evaluations import EVALUATION, ORIENTATION, EvaluationKind

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

#: A pb_table does not own its grid.
_GRIDS: WeakKeyDictionary[Any, NDArray[np.float64]] = WeakKeyDictionary()


def raw_struct(*flags: str) -> Any:
    return experiment_struct(experiment(*flags), REFERENCE, None)


@dataclass
class Pixel:
    """What one call of pb_pixel gave."""

    status: int
    rows: NDArray[np.void]
    totals: Any
    f_cell: Any


def experiment(*flags: str) -> Experiment:
    return parse_flags([*BENCHMARK_FLAGS, *flags]).experiment


def table(
    grid: NDArray[np.float64] | None,
    minimum: tuple[int, int, int] = (0, 0, 0),
    default_F: float = 7.0,
) -> Any:
    """A pb_table over exactly the memory of ``grid``, so that a sanitizer sees one byte too far."""
    result = ffi.new("pb_table *", {"default_F": default_F, "min": minimum})
    if grid is not None:
        result.values = ffi.cast("double *", ffi.from_buffer(grid))
        result.range = grid.shape
        _GRIDS[result] = grid
    return result


def compute(
    setup: Any, structure_factors: Any, slow: int = 0, fast: int = 0, capacity: int | None = None
) -> Pixel:
    rows = np.zeros(setup.evaluations if capacity is None else capacity, dtype=EVALUATION)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    pointer = ffi.cast("pb_evaluation *", ffi.from_buffer(rows))
    state = ffi.new("pb_run_state *")
    lib.pb_start(setup, structure_factors, state)
    status = lib.pb_pixel(
        setup,
        structure_factors,
        slow,
        fast,
        state,
        totals,
        f_cell,
        pointer,
        rows.size,
        ffi.NULL,
        ffi.NULL,
        ffi.NULL,
    )
    return Pixel(status, rows, totals, f_cell)


def turn(setup: Any, axis: tuple[float, float, float]) -> None:
    """Give the only orientation three equal axes."""
    orientation = ffi.cast("pb_orientation *", setup.orientations)
    orientation.a, orientation.b, orientation.c = [axis] * 3


def test_the_numpy_rows_have_the_layout_of_the_c_struct() -> None:
    fields = dict(ffi.typeof("pb_evaluation").fields)
    assert EVALUATION.itemsize == ffi.sizeof("pb_evaluation")
    ours: Any = EVALUATION.fields
    assert {name: ours[name][1] for name in EVALUATION.names or ()} == {
        name: field.offset for name, field in fields.items()
    }


def test_the_numpy_orientations_have_the_layout_of_the_c_struct() -> None:
    fields = dict(ffi.typeof("pb_used_orientation").fields)
    offsets = {name: place[1] for name, place in (ORIENTATION.fields or {}).items()}
    ends = {f"{axis}_{end}": number for end in ("spindle", "mosaic")
            for number, axis in enumerate("abc")}  # fmt: skip
    vector = 3 * ORIENTATION["phi"].itemsize
    assert ORIENTATION.itemsize == ffi.sizeof("pb_used_orientation")
    for name, offset in offsets.items():
        field = fields[name.partition("_")[2]] if name in ends else fields[name]
        assert offset == field.offset + vector * ends.get(name, 0), name


def test_the_limit_of_the_oversampling_is_the_experiment_s() -> None:
    assert lib.PB_MAX_OVERSAMPLE == MAX_OVERSAMPLE


def test_the_kinds_have_the_numbers_of_the_c_enumeration() -> None:
    for kind in EvaluationKind:
        assert getattr(lib, f"PB_{kind.name}") == kind


@pytest.mark.parametrize("wavelength", ["1e-9", "1e-60", "1e-100"])
@pytest.mark.parametrize("shape", ["-square_xtal", "-round_xtal", "-gauss_xtal", "-tophat_spots"])
def test_an_index_beyond_int32_is_a_lookup_outside_the_box(wavelength: str, shape: str) -> None:
    setup = derive(experiment("-lambda", wavelength, "-water", "1", shape))
    pixel = compute(setup, table(np.ones((3, 4, 5))))
    assert pixel.status == lib.PB_OK
    assert pixel.f_cell.out_of_bounds_count == pixel.f_cell.total_lookups == 4
    assert set(np.unique(pixel.rows["hkl0"])) <= {INT32_MIN, INT32_MAX}
    assert set(pixel.rows["F_cell"]) == {7.0}


@pytest.mark.parametrize(("low", "size"), [(INT32_MIN, 1), (INT32_MAX, 1), (INT32_MAX - 4, 5)])
def test_a_box_that_clamped_indices_could_fall_into_is_refused(low: int, size: int) -> None:
    structure_factors = table(np.ones((1, 1, size)), (0, 0, low))
    assert compute(derive(experiment()), structure_factors).status == lib.PB_BAD_TABLE


@pytest.mark.parametrize(
    ("index", "nearest"),
    [
        (0.5, 0),
        (1.5, 1),
        (-0.5, -1),
        (-1.5, -2),
        (2.4999999999999996, 2),
        (2.5000000000000004, 3),
        (INT32_MAX + 0.5, INT32_MAX),
        (INT32_MIN - 0.5, INT32_MIN),
        (1e300, INT32_MAX),
        (-1e300, INT32_MIN),
    ],
)
def test_a_half_rounds_down_and_nothing_overflows(index: float, nearest: int) -> None:
    """Through the public surface: a position chosen so that h is the wanted index."""
    setup = derive(experiment("-oversample", "1", "-water", "1"))
    turn(setup, (index, 0.0, 0.0))
    source = ffi.cast("pb_source *", setup.sources)
    setattr(source, "lambda", 1.0)
    source.incident = (0.0, 0.0, 0.0)
    setup.detector.pix0 = (1.0, 0.0, 0.0)
    setup.detector.subpixel_size = 0.0
    pixel = compute(setup, table(None))
    assert pixel.rows["hkl0"][0].tolist() == [nearest] * 3


@pytest.mark.parametrize("index", [math.inf, -math.inf, math.nan])
def test_an_index_that_is_no_number_is_a_lookup_outside_the_box_and_a_failure(index: float) -> None:
    setup = derive(experiment("-oversample", "1", "-water", "1", "-interpolate"))
    turn(setup, (index, index, index))
    pixel = compute(setup, table(np.ones((9, 9, 9))))
    assert pixel.status == lib.PB_NOT_FINITE
    assert pixel.f_cell.out_of_bounds_count == 1


def test_a_position_on_the_sample_is_a_failure() -> None:
    setup = derive(experiment("-oversample", "1", "-water", "1", "-interpolate"))
    setup.detector.pix0 = (0.0, 0.0, 0.0)
    setup.detector.subpixel_size = 0.0
    pixel = compute(setup, table(np.ones((9, 9, 9))))
    assert pixel.status == lib.PB_NOT_FINITE
    assert np.isnan(pixel.rows["hkl"]).all()
    assert pixel.rows["interpolation_on"].tolist() == [0]
    assert pixel.f_cell.out_of_bounds_count == 1


@pytest.mark.parametrize("size", range(1, 8))
def test_interpolation_stays_inside_boxes_of_every_size(size: int) -> None:
    """Every pixel of a small detector, so that indices cross every face of the box."""
    flags = [*example_flags("gnnqqny"), "-interpolate", "-water", "1", "-detpixels", "24"]
    setup = derive(parse_flags([*flags, "-pixel", "3"]).experiment)
    grid = np.arange(float(size**3)).reshape(size, size, size)
    low = -(size // 2)
    interpolated = 0
    for slow in range(24):
        for fast in range(24):
            rows = compute(setup, table(grid, (low, low, low)), slow, fast).rows
            interpolated += int(rows["interpolation_on"].sum())
            inside = rows["out_of_bounds"] == 0
            assert ((rows["hkl0"][inside] >= low) & (rows["hkl0"][inside] < low + size)).all()
    # Safe means two entries below and above: a box of five leaves a single point, which none hits.
    assert (interpolated > 0) == (size >= 6)


def test_no_call_writes_rows_it_has_no_room_for() -> None:
    setup = derive(experiment("-oversample", "3"))
    pixel = compute(setup, table(None), capacity=8)
    assert pixel.status == lib.PB_SMALL_BUFFER
    assert not pixel.rows["position"].any()


@pytest.mark.parametrize(("slow", "fast"), [(-1, 0), (0, -1), (4096, 0), (0, INT32_MAX)])
def test_a_pixel_outside_the_detector_is_refused(slow: int, fast: int) -> None:
    assert compute(derive(experiment()), table(None), slow, fast).status == lib.PB_OUTSIDE_DETECTOR


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, -1, 1), (INT32_MAX, INT32_MAX, INT32_MAX)])
def test_a_box_that_cannot_be_is_refused(shape: tuple[int, int, int]) -> None:
    bad = table(np.ones((1, 1, 1)))
    bad.range = shape
    assert compute(derive(experiment()), bad).status == lib.PB_BAD_TABLE


def test_null_pointers_are_refused() -> None:
    setup, structure_factors = derive(experiment()), table(None)
    totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
    rows = ffi.new("pb_evaluation[4]")
    state = ffi.new("pb_run_state *")
    given = [ffi.NULL] * 3
    arguments = [setup, structure_factors, 0, 0, state, totals, f_cell, rows, 4, *given]
    for position in (0, 1, 4, 5, 6, 7):
        broken = [*arguments]
        broken[position] = ffi.NULL
        assert lib.pb_pixel(*broken) == lib.PB_BAD_ARGUMENT
    assert lib.pb_derive(ffi.NULL, setup) == lib.PB_BAD_ARGUMENT
    assert lib.pb_derive(raw_struct(), ffi.NULL) == lib.PB_BAD_ARGUMENT


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("convention", 6, "PB_BAD_ARGUMENT"),
        ("convention", -1, "PB_BAD_ARGUMENT"),
        ("shape", 4, "PB_BAD_ARGUMENT"),
        ("pivot", 2, "PB_BAD_ARGUMENT"),
        ("wavelength", 0.0, "PB_BAD_INPUT"),
        ("wavelength", math.nan, "PB_BAD_INPUT"),
        ("fluence", math.inf, "PB_BAD_INPUT"),
        ("pixel_size", 0.0, "PB_BAD_INPUT"),
        ("pixel_size", math.nan, "PB_BAD_INPUT"),
        ("pixel_size", -0.1, "PB_BAD_INPUT"),
        ("distance", math.nan, "PB_BAD_INPUT"),
        ("distance", -5.0, "PB_BAD_INPUT"),
        ("distance", math.inf, "PB_BAD_INPUT"),
        ("close_distance", math.inf, "PB_BAD_INPUT"),
        ("x_beam", -math.inf, "PB_BAD_INPUT"),
        ("phi", math.nan, "PB_BAD_INPUT"),
        ("fudge", math.nan, "PB_BAD_INPUT"),
        ("dmin", math.nan, "PB_BAD_INPUT"),
        ("polarization", math.nan, "PB_BAD_INPUT"),
        ("misset", (0.0, math.nan, 0.0), "PB_BAD_INPUT"),
        ("wavelength", 1e-320, "PB_BAD_BEAM"),
        ("flux", 1e308, "PB_BAD_BEAM"),
        ("pixels", (2**62, 2**62), "PB_BAD_DETECTOR"),
        ("pixels", (2**31 - 1, 10), "PB_BAD_DETECTOR"),
        ("fluence", 1e308, "PB_OK"),
        ("cell", [math.nan] * 6, "PB_BAD_CELL"),
        ("cell", [100, 100, 100, 90, 90, 180], "PB_BAD_CELL"),
        ("matrix", [1.0] * 9, "PB_BAD_CELL"),
        ("oversample", -1, "PB_BAD_OVERSAMPLE"),
        ("oversample", 65, "PB_BAD_OVERSAMPLE"),
        ("mosaic_seed", -1, "PB_BAD_INPUT"),
        ("mosaic_spread", math.inf, "PB_BAD_INPUT"),
        ("mosaic_domains", -1, "PB_BAD_INPUT"),
        ("thickness", math.inf, "PB_BAD_INPUT"),
        ("dispersion", math.nan, "PB_BAD_INPUT"),
        ("horizontal", (math.inf, math.nan, 0), "PB_BAD_INPUT"),
        ("oscillation", (0.0, 1.0, 0), "PB_BAD_STEPS"),
        ("oscillation", (1e300, 1e-300, 0), "PB_BAD_STEPS"),
        ("oscillation", (1.0, 1.0, 2**62), "PB_BAD_STEPS"),
        ("thickness_steps", 2**62, "PB_OK"),  # of no thickness
        ("sample_size", (1e30, 0.0, 0.0), "PB_OK"),
    ],
)
def test_inputs_that_derive_to_nonsense_have_a_status(field: str, value: Any, status: str) -> None:
    raw = raw_struct()
    setattr(raw, field, value)
    assert lib.pb_derive(raw, ffi.new("pb_setup *")) == getattr(lib, status)


def test_oversampling_that_a_huge_crystal_asks_for_is_refused() -> None:
    raw = raw_struct("-xtalsize", "1")
    raw.oversample = 0
    raw.sample_size = (1e6, 0.0, 0.0)
    assert lib.pb_derive(raw, ffi.new("pb_setup *")) == lib.PB_BAD_OVERSAMPLE


def test_every_status_has_a_sentence_of_its_own() -> None:
    statuses = ffi.typeof("pb_status").relements.values()
    sentences = {ffi.string(lib.pb_status_text(status)).decode() for status in statuses}
    assert len(sentences) == len(statuses)
    assert ffi.string(lib.pb_status_text(12345)) == b"unknown status"


@pytest.mark.parametrize("threads", [2, 7])
def test_threads_share_nothing(threads: int) -> None:
    setup = derive(parse_flags(example_flags("gnnqqny")).experiment)
    structure_factors = table(np.random.default_rng(0).random((31, 9, 33)), (-15, -4, -16))
    pixels = [(slow, fast) for slow in range(0, 64, 8) for fast in range(64)]

    def rows(pixel: tuple[int, int]) -> bytes:
        return compute(setup, structure_factors, *pixel).rows.tobytes()

    serial = [rows(pixel) for pixel in pixels]
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(rows, pixels)) == serial
