"""The sums of a scan: every number against a plain computation, the same for any division."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from parity_bridge.comparison.pairing import ulp_distance
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import F_CELL_PLANES, Region, f_cell_planes
from parity_bridge.scan.maps import Geometry
from parity_bridge.scan.resolution import inverse_d, shell_edges, shell_numbers
from parity_bridge.scan.sides import SideTile
from parity_bridge.scan.statistics import SHELL_COUNT, Statistics, merge_statistics, ulp_bins
from parity_bridge.scan.store import MISMATCH_BITS
from parity_bridge.scan.tile_comparison import ComparisonRules, compare_tiles

SHAPE = (12, 17)
WHOLE = Region(range(100, 112), range(40, 57))
GEOMETRY = Geometry(
    pix0=(0.1, 0.008, -0.006),
    fast=(0.0, 0.0, 1.0),
    slow=(0.0, -1.0, 0.0),
    beam=(1.0, 0.0, 0.0),
    pixel_size=1e-4,
    wavelength=1.2,
)
RULES = ComparisonRules(
    case="by hand",
    intensity=Tolerance(rtol=1e-3),
    f_cell=Tolerance(),
    geometry=GEOMETRY,
    shells=shell_edges(GEOMETRY, WHOLE, SHELL_COUNT),
    sensitive_within=1e-6,
)


@dataclass(frozen=True, repr=False)
class Pair:
    """Two tiles over WHOLE."""

    c: SideTile
    py: SideTile

    def __repr__(self) -> str:
        return "two tiles"  # hypothesis would print every pixel


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c = (rng.lognormal(0, 3, SHAPE)).astype(np.float32)
    py = c.copy()
    for kind in draw(st.lists(st.sampled_from(["ulp", "much", "nan", "inf", "zero"]), max_size=4)):
        where = rng.random(SHAPE) < draw(st.sampled_from([0.01, 0.3]))
        if kind == "ulp":
            py[where] = np.nextafter(py[where], np.float32(np.inf))
        elif kind == "much":
            py[where] *= np.float32(1.5)
        elif kind == "zero":
            c[where], py[where] = 0.0, -0.0
        else:
            py[where] = np.float32(kind)
            if draw(st.booleans()):
                c[where] = np.float32(kind)
    planes = [f_cell_planes(WHOLE) for _ in range(2)]
    for name, plane in planes[0].items():
        plane[:] = rng.integers(-9, 9, SHAPE)
        planes[1][name][:] = plane
    for name in draw(st.lists(st.sampled_from(list(F_CELL_PLANES)), max_size=3)):
        planes[1][name][rng.random(SHAPE) < 0.1] += 1
    planes[0]["total_lookups"][:] = np.abs(planes[0]["total_lookups"])
    return Pair(SideTile(c, planes[0], None), SideTile(py, planes[1], None))


def part(tile: SideTile, rows: slice, columns: slice) -> SideTile:
    planes = {name: plane[rows, columns].copy() for name, plane in (tile.planes or {}).items()}
    return SideTile(tile.image[rows, columns].copy(), planes, None)


def compared(pair: Pair, rows: range = range(12), columns: range = range(17)) -> Statistics:
    place = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
    region = Region(WHOLE.slow[place[0]], WHOLE.fast[place[1]])
    margins = np.full((len(rows), len(columns)), 1e-7)
    margins[::2] = 0.1
    tiles = part(pair.c, *place), part(pair.py, *place)
    return compare_tiles(region, *tiles, RULES, lambda: margins)[1]


def same(c: NDArray[np.float32], py: NDArray[np.float32]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (c == py) | (np.isnan(c) & np.isnan(py))
    return equal


class TestOnePair:
    @given(pair=pairs())
    @settings(max_examples=80, deadline=None)
    def test_counts_and_moments_are_those_of_a_plain_computation(self, pair: Pair) -> None:
        found = compared(pair)
        c, py = pair.c.image, pair.py.image
        finite = np.isfinite(c) & np.isfinite(py)
        x, y = c[finite].astype(np.float64), py[finite].astype(np.float64)
        assert found.pixels == c.size
        assert found.moments.count == finite.sum()
        assert found.nonfinite_c == (~np.isfinite(c)).sum()
        assert found.nonfinite_py == (~np.isfinite(py)).sum()
        assert found.differing_intensity == (~same(c, py)).sum()
        near = np.abs(y - x) <= 1e-3 * np.abs(x)
        assert found.beyond_tolerance_intensity == (~near).sum() + (~same(c, py) & ~finite).sum()
        assert found.max_abs_diff == np.abs(y - x).max(initial=0.0)
        assert math.isclose(found.moments.sum_c, math.fsum(x), rel_tol=1e-12)
        assert math.isclose(found.moments.sum_py, math.fsum(y), rel_tol=1e-12)
        squares = math.fsum((y - x) ** 2)
        assert math.isclose(found.moments.squared_difference, squares, rel_tol=1e-12)
        assert found.moments.correlation == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9)

    @given(pair=pairs())
    @settings(max_examples=80, deadline=None)
    def test_every_field_of_tap_4_is_counted_by_itself(self, pair: Pair) -> None:
        bits, found = compare_tiles(WHOLE, pair.c, pair.py, RULES, lambda: np.full(SHAPE, 0.1))
        ours, theirs = pair.c.planes, pair.py.planes
        assert bits is not None
        assert ours is not None
        assert theirs is not None
        assert found.f_cell is not None
        differing = {name: ours[name] != theirs[name] for name in F_CELL_PLANES}
        counts = {item.field: item.differing for item in found.f_cell}
        assert counts == {name: int(mask.sum()) for name, mask in differing.items()}
        for name, mask in differing.items():
            assert np.array_equal((bits & MISMATCH_BITS[name]) != 0, mask)
        assert found.differing_f_cell == np.logical_or.reduce(list(differing.values())).sum()
        index_masks = [mask for name, mask in differing.items() if name != "sum_f_cell"]
        assert found.differing_index == np.logical_or.reduce(index_masks).sum()
        assert found.lookups == ours["total_lookups"].sum()

    @given(pair=pairs())
    @settings(max_examples=60, deadline=None)
    def test_the_histogram_and_the_worst_pixels(self, pair: Pair) -> None:
        found = compared(pair)
        c, py = pair.c.image, pair.py.image
        expected: dict[int, int] = {}
        for x, y in zip(c.ravel(), py.ravel(), strict=True):
            if np.isfinite(x) and np.isfinite(y):
                ulps = abs(_steps(x) - _steps(y))
                expected[ulps.bit_length()] = expected.get(ulps.bit_length(), 0) + 1
        assert dict(enumerate(found.ulps)).items() >= expected.items()
        assert sum(found.ulps) == sum(expected.values())
        keys = [
            (math.inf if math.isnan(item.abs_diff) else item.abs_diff, len(item.fields))
            for item in found.worst
        ]
        assert keys == sorted(keys, reverse=True)
        bits = compare_tiles(WHOLE, pair.c, pair.py, RULES, lambda: np.ones(SHAPE))[0]
        assert bits is not None
        assert len(found.worst) == min(10, int((~same(c, py) | (bits != 0)).sum()))
        for item in found.worst:
            place = item.pixel_coords[0] - 100, item.pixel_coords[1] - 40
            assert np.float32(item.reference).tobytes() == c[place].tobytes() or np.isnan(c[place])
            assert item.fields == tuple(n for n, bit in MISMATCH_BITS.items() if bits[place] & bit)

    def test_a_side_without_tap_4_has_its_intensities_compared(self) -> None:
        image = np.ones(SHAPE, np.float32)
        tile = SideTile(image, None, None)
        bits, found = compare_tiles(WHOLE, tile, tile, RULES, None)
        assert bits is None
        assert found.f_cell is None
        assert found.differing_f_cell is None
        assert found.differing_intensity == 0
        assert found.moments.correlation is None  # neither varies

    def test_rounding_is_distinguished_by_the_margin(self) -> None:
        planes = [f_cell_planes(WHOLE) for _ in range(2)]
        for plane in (*planes[0].values(), *planes[1].values()):
            plane.fill(4)
        planes[1]["h_min"][3, :5] = 5
        margins = np.full(SHAPE, 0.2)
        # Within 1e-6 of a half, times the largest index, 4.
        margins[3, :5] = [3.9e-6, 1e-9, 0.0, 4.1e-6, 0.2]
        image = np.ones(SHAPE, np.float32)
        tiles = [SideTile(image, one, None) for one in planes]
        found = compare_tiles(WHOLE, tiles[0], tiles[1], RULES, lambda: margins)[1]
        assert (found.differing_index, found.rounding_sensitive) == (5, 3)

    def test_a_sum_of_f_within_its_tolerance_is_no_mismatch(self) -> None:
        planes = [f_cell_planes(WHOLE) for _ in range(2)]
        for plane in (*planes[0].values(), *planes[1].values()):
            plane.fill(4)
        planes[1]["sum_f_cell"][0, :2] = [4.0001, 5.0]
        rules = ComparisonRules("by hand", Tolerance(), Tolerance(rtol=1e-3), None, (), 0.0)
        image = np.ones(SHAPE, np.float32)
        tiles = [SideTile(image, one, None) for one in planes]
        bits, found = compare_tiles(WHOLE, tiles[0], tiles[1], rules, None)
        assert bits is not None
        assert found.f_cell is not None
        of_sum = next(item for item in found.f_cell if item.field == "sum_f_cell")
        assert (of_sum.differing, of_sum.beyond_tolerance) == (2, 1)
        assert (found.differing_f_cell, found.differing_index) == (1, 0)
        assert np.argwhere(bits).tolist() == [[0, 1]]


class TestTogether:
    @given(pair=pairs(), row=st.integers(1, 11), column=st.integers(1, 16))
    @settings(max_examples=80, deadline=None)
    def test_any_division_into_tiles_adds_up_to_the_whole(
        self, pair: Pair, row: int, column: int
    ) -> None:
        whole = compared(pair)
        parts = [
            compared(pair, rows, columns)
            for rows in (range(row), range(row, 12))
            for columns in (range(column), range(column, 17))
        ]
        together = merge_statistics(parts)
        sums = {"moments", "shells", "rounding_sensitive"}
        for name in Statistics.model_fields.keys() - sums:
            ours, theirs = getattr(together, name), getattr(whole, name)
            assert repr(ours) == repr(theirs)  # NaN equals NaN there
        for name, value in whole.moments.model_dump().items():
            assert getattr(together.moments, name) == pytest.approx(value, rel=1e-9, abs=1e-6)
        for ours, theirs in zip(together.shells, whole.shells, strict=True):
            assert ours.model_dump() == pytest.approx(theirs.model_dump(), rel=1e-9, abs=1e-6)

    def test_nan_and_infinity_rank_equally_in_a_tile_and_in_a_whole_scan(self) -> None:
        c = SideTile(np.ones(SHAPE, np.float32), f_cell_planes(WHOLE), None)
        planes = f_cell_planes(WHOLE)
        for own, other in zip((c.planes or {}).values(), planes.values(), strict=True):
            own.fill(4)
            other.fill(4)
        image = np.ones(SHAPE, np.float32)
        image[0, :10], image[1, :10] = np.nan, np.inf
        planes["h_min"][1, :10] = 5
        pair = Pair(c, SideTile(image, planes, None))
        halves = [compared(pair, range(1)), compared(pair, range(1, 12))]
        worst = compared(pair).worst
        assert [item.pixel_coords for item in worst] == [(101, 40 + column) for column in range(10)]
        assert repr(merge_statistics(halves).worst) == repr(worst)

    def test_equal_images_correlate_exactly(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(50):
            image = rng.lognormal(0, 5, SHAPE).astype(np.float32)
            tile = SideTile(image, None, None)
            found = compare_tiles(WHOLE, tile, tile, RULES, None)[1]
            assert found.moments.correlation == 1.0

    def test_nothing_is_no_sum(self) -> None:
        with pytest.raises(ValueError, match="no statistics"):
            merge_statistics([])


class TestResolution:
    def test_the_direct_beam_has_none_and_bragg_s_law_holds_elsewhere(self) -> None:
        one = Geometry((0.1, -5e-5, -5e-5), (0, 0, 1), (0, 1, 0), (1, 0, 0), 1e-4, 1.0)
        region = Region(range(1), range(1001))
        inverse = inverse_d(one, region)[0]
        assert inverse[0] == 0.0
        two_theta = math.atan2(1000 * 1e-4, 0.1)
        assert inverse[1000] == pytest.approx(2 * math.sin(two_theta / 2) / 1.0, rel=1e-12)

    def test_shells_have_equal_volumes_and_hold_every_pixel(self) -> None:
        inverse = inverse_d(GEOMETRY, WHOLE)
        edges = np.array(RULES.shells)
        assert np.diff(edges**3) == pytest.approx(
            np.full(SHELL_COUNT, edges[-1] ** 3 / SHELL_COUNT)
        )
        numbers = shell_numbers(RULES.shells, inverse)
        assert (edges[numbers] <= inverse * (1 + 1e-12)).all()
        assert (inverse <= edges[numbers + 1] * (1 + 1e-12)).all()


def test_bins_are_powers_of_two_and_end_with_the_last_that_is_not_empty() -> None:
    bins = ulp_bins([5, 4, 3, 2, *[0] * 29])
    assert [(item.low, item.high, item.pixels) for item in bins] == [
        (0, 0, 5), (1, 1, 4), (2, 3, 3), (4, 7, 2),
    ]  # fmt: skip
    assert len(ulp_bins([0] * 33)) == 1


def _steps(value: np.float32) -> int:
    """Return steps of float32 from 0, by float64's ULPs: not the way of the code under test."""
    steps = ulp_distance(0.0, float(abs(value)))
    assert steps is not None
    bits = int(abs(value).view(np.int32))
    return bits if value >= 0 else -bits
