"""The strongest peaks, against a naive search, whatever the bands; and how peaks are matched."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from parity_bridge.scan import peaks as module
from parity_bridge.scan.peaks import Peak, PeakMatch, match_peaks, strongest_peaks

Image = NDArray[np.float32]

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=12)
#: Few levels, so that flat areas of every form come about.
LEVELS = st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0, np.nan, np.inf])
FLAT_IMAGES = arrays(np.float32, SHAPES, elements=LEVELS)
IMAGES = FLAT_IMAGES | arrays(np.float32, SHAPES, elements=st.floats(width=32))


def rows_of(image: Image) -> Callable[[range], Image]:
    return lambda rows: image[rows.start : rows.stop]


def found(image: Image, count: int = 50, band: int = 3) -> tuple[Peak, ...]:
    return strongest_peaks(rows_of(image), (image.shape[0], image.shape[1]), count, band)


def places(*rows: str) -> list[tuple[int, int]]:
    """Return the places of the peaks of an image of one digit per pixel."""
    image = np.array([[float(digit) for digit in row] for row in rows], np.float32)
    return [(peak.slow, peak.fast) for peak in found(image)]


def neighbours(image: Image, pixel: tuple[int, int]) -> list[tuple[int, int]]:
    return [
        (slow, fast)
        for slow in range(max(pixel[0] - 1, 0), min(pixel[0] + 2, image.shape[0]))
        for fast in range(max(pixel[1] - 1, 0), min(pixel[1] + 2, image.shape[1]))
        if (slow, fast) != pixel
    ]


def area_of(image: Image, pixel: tuple[int, int]) -> set[tuple[int, int]]:
    area = {pixel}
    while (
        more := {n for p in area for n in neighbours(image, p) if image[n] == image[pixel]} - area
    ):
        area |= more
    return area


def naive(image: Image, most: int) -> list[Peak]:
    """Return all peaks by their definition, the strongest first."""
    peaks = []
    for pixel in np.ndindex(*image.shape):
        area = area_of(image, (pixel[0], pixel[1])) if image[pixel] > 0 else set()
        around = {n for p in area for n in neighbours(image, p)} - area
        is_top = not any(image[n] > image[pixel] for n in around)
        if area and pixel == min(area) and is_top and len(area) <= most:
            peaks.append(Peak(pixel[0], pixel[1], float(image[pixel])))
    return sorted(peaks, key=lambda peak: (-peak.value, peak.slow, peak.fast))


class TestStrongest:
    @settings(deadline=None, max_examples=150)
    @given(image=IMAGES, count=st.integers(1, 9), band=st.integers(1, 13))
    def test_they_are_those_of_the_definition(self, image: Image, count: int, band: int) -> None:
        assert list(found(image, count, band)) == naive(image, module.MOST_PIXELS)[:count]

    def test_bands_and_count_change_nothing_else(self) -> None:
        image = np.random.default_rng(3).poisson(4, (60, 50)).astype(np.float32)
        every = naive(image, module.MOST_PIXELS)
        assert len(every) > 100
        for band in (1, 2, 7, 30, 59, 60, 61, 1000):
            for count in (1, 10, len(every) - 1, len(every), 3000):
                assert list(found(image, count, band)) == every[:count]

    def test_a_single_peak(self) -> None:
        assert found(np.array([[1, 1, 1], [1, 2, 1]], np.float32)) == (Peak(1, 1, 2.0),)

    def test_pixels_touch_at_corners(self) -> None:
        assert places("1000", "0200", "0000", "0001") == [(1, 1), (3, 3)]

    def test_the_edge_of_the_image_is_no_hindrance(self) -> None:
        assert places("100", "000", "002") == [(2, 2), (0, 0)]
        assert places("5") == [(0, 0)]

    def test_equal_ones_stand_in_the_order_of_pixels(self) -> None:
        assert places("00100", "10001", "00200") == [(2, 2), (0, 2), (1, 0), (1, 4)]
        image = np.array([[0, 0, 1, 0, 1, 0, 1]], np.float32)
        assert found(image, 2) == (Peak(0, 2, 1.0), Peak(0, 4, 1.0))

    def test_a_flat_peak_is_one_whatever_its_form(self) -> None:
        assert places("00000", "02020", "02220", "00000") == [(1, 1)]
        assert places("20202", "20202", "22222") == [(0, 0)]
        assert places("00200", "02020", "00200") == [(0, 2)]
        assert places("2222", "0002", "2002", "2222") == [(0, 0)]

    def test_a_shoulder_is_none(self) -> None:
        assert places("0000000", "0555560", "0000000") == [(1, 5)]
        assert places("500", "500", "560") == [(2, 1)]
        assert places("65") == [(0, 0)]

    def test_nothing_is_0_or_less_or_not_a_number(self) -> None:
        assert found(np.array([[0, -1, np.nan, -np.inf]], np.float32)) == ()
        assert found(np.full((9, 9), np.nan, np.float32)) == ()
        assert found(np.array([[np.nan, 1, np.nan, np.inf]], np.float32)) == (
            Peak(0, 3, np.inf),
            Peak(0, 1, 1.0),
        )

    @pytest.mark.parametrize("band", [1, 5, 64])
    def test_flat_ground_is_none(self, monkeypatch: pytest.MonkeyPatch, band: int) -> None:
        monkeypatch.setattr(module, "MOST_PIXELS", 12)
        image = np.zeros((20, 20), np.float32)
        image[2:5, 2:6] = 7
        image[10:13, 2:6] = 7
        image[13, 4] = 7
        assert found(image, 50, band) == (Peak(2, 2, 7.0),)
        assert list(found(image, 50, band)) == naive(image, 12)

    @settings(deadline=None, max_examples=60)
    @given(image=FLAT_IMAGES, most=st.integers(1, 9), band=st.integers(1, 13))
    def test_how_large_it_may_be(self, image: Image, most: int, band: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "MOST_PIXELS", most)
            assert list(found(image, 50, band)) == naive(image, most)

    def test_rows_are_read_in_order_and_once(self) -> None:
        image = np.random.default_rng(1).random((100, 8), np.float32)
        asked: list[range] = []

        def read(rows: range) -> Image:
            asked.append(rows)
            return image[rows.start : rows.stop]

        strongest_peaks(read, (100, 8), band=32)
        assert asked == [range(32), range(32, 64), range(64, 96), range(96, 100)]


class TestMatch:
    def test_equal_lists(self) -> None:
        peaks = (Peak(1, 2, 9.0), Peak(30, 40, 8.0), Peak(5, 90, 7.0))
        assert match_peaks(peaks, peaks) == PeakMatch(3, 3, 3, 0.0, 0.0)

    def test_distances(self) -> None:
        reference = (Peak(10, 10, 9.0), Peak(50, 50, 8.0))
        other = (Peak(50, 51, 9.0), Peak(13, 14, 8.0), Peak(90, 90, 7.0))
        assert match_peaks(reference, other) == PeakMatch(2, 3, 2, 3.0, 5.0)

    def test_nothing_to_match(self) -> None:
        peak = (Peak(1, 2, 9.0),)
        assert match_peaks((), ()) == PeakMatch(0, 0, 0, None, None)
        assert match_peaks(peak, ()) == PeakMatch(1, 0, 0, None, None)
        assert match_peaks((), peak) == PeakMatch(0, 1, 0, None, None)
        assert match_peaks(peak, (Peak(1, 13, 9.0),)) == PeakMatch(1, 1, 0, None, None)
        assert match_peaks(peak, (Peak(1, 12, 9.0),)) == PeakMatch(1, 1, 1, 10.0, 10.0)
        assert match_peaks(peak, (Peak(1, 12, 9.0),), 9.0) == PeakMatch(1, 1, 0, None, None)

    def test_a_missing_spot_takes_no_partner_from_its_neighbour(self) -> None:
        reference = (Peak(10, 10, 9.0), Peak(10, 14, 8.0))
        assert match_peaks(reference, reference[:1]) == PeakMatch(2, 1, 1, 0.0, 0.0)

    def test_a_shifted_image(self) -> None:
        places = np.random.default_rng(0).integers(0, 2000, (50, 2)).tolist()
        reference = tuple(Peak(slow, fast, 1.0) for slow, fast in places)
        other = tuple(Peak(peak.slow + 3, peak.fast - 4, peak.value) for peak in reference)
        assert match_peaks(reference, other) == PeakMatch(50, 50, 50, 5.0, 5.0)

    def test_a_spot_ranked_lower_is_found_in_a_longer_list(self) -> None:
        reference = (Peak(10, 10, 9.0), Peak(50, 50, 8.0))
        other = (Peak(10, 10, 9.0), Peak(90, 90, 8.5), Peak(50, 50, 8.0))
        assert match_peaks(reference, other[:2]).matched == 1
        assert match_peaks(reference, other).matched == 2

    @given(
        *(
            st.lists(st.builds(Peak, *[st.integers(0, 40)] * 2, st.just(1.0)), unique=True)
            for _ in range(2)
        )
    )
    def test_neither_order_nor_side_matters_where_all_distances_differ(
        self, reference: list[Peak], other: list[Peak]
    ) -> None:
        distances = [
            (a.slow - b.slow) ** 2 + (a.fast - b.fast) ** 2 for a in reference for b in other
        ]
        if len(set(distances)) == len(distances):
            there = match_peaks(tuple(reference), tuple(other))
            back = match_peaks(tuple(other[::-1]), tuple(reference[::-1]))
            assert there.matched == back.matched
            assert there.max_distance == back.max_distance
            assert there.mean_distance == pytest.approx(back.mean_distance)
