"""Pictures of a scan: valid, the same every time, and nothing that differs is lost in them."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from parity_bridge.experiment.regions import Region
from parity_bridge.report.scan import figures as scan_figures
from parity_bridge.report.scan import resolution_figure
from parity_bridge.report.scan.figures import figures
from parity_bridge.report.scan.map_drawing import draw_map
from parity_bridge.report.scan.scales import (
    EQUAL,
    FIRST,
    LAST,
    NO_VALUE,
    NOT_FINITE,
    ZERO,
    Scale,
    difference_scale,
    f_cell_scale,
    image_scale,
)
from parity_bridge.report.scan.worst_rings import clusters, number_ranges
from parity_bridge.scan.maps import RegionMaps
from tests.report.scan_examples import ALONE, NAN, REGION, SPOT, ScanExample, large, scan_example

ALL = ("images.png", "difference.png", "mismatches.png", "f_cell.png", "resolution.png")
#: What the figures mean by a colour.
DIFFERS, ORANGE, BLACK = (0xCC, 0x41, 0x48), (0xD5, 0x5E, 0x00), (0, 0, 0)
#: Where the panels of maps begin, px from the left and from above; below them no map goes on.
LEFT, TOP, BOTTOM = 80, 84, 96


def _drawn(it: ScanExample) -> dict[str, bytes]:
    return dict(figures(it.summary, it.views))


@cache
def _usual(factor: int = 1) -> dict[str, bytes]:
    """Return the pictures of the example, drawn once."""
    return _drawn(scan_example(factor))


def _only(name: str, it: ScanExample) -> bytes:
    """Return one figure, without drawing the others before it."""
    draw: Any = getattr(scan_figures, f"_{name}_png")
    planes = (it.views.whole.mismatch,) if name == "mismatches" else ()
    png: bytes = draw(it.summary, it.views.whole, *planes)
    return png


def _pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _panels(png: bytes) -> NDArray[np.uint8]:
    """Return the pixels of the panels, without headings and legend."""
    return _pixels(png)[TOP + 2 : -BOTTOM - 2, LEFT + 2 :]


def _count(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    return int((pixels == colour).all(axis=-1).sum())


def _with(it: ScanExample, **planes: Any) -> ScanExample:
    return replace(it, views=replace(it.views, whole=replace(it.views.whole, **planes)))


def _messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages that pictures drawn from now on show in the middle of their axes."""
    messages: list[str] = []
    for module in (scan_figures, resolution_figure):
        monkeypatch.setattr(module, "axes_message", lambda _axes, words: messages.append(words))
    return messages


class TestFiles:
    @pytest.mark.parametrize("factor", [1, 4])
    def test_all_are_png_of_one_width_that_say_nothing_of_when_and_by_what(
        self, factor: int
    ) -> None:
        drawn = _usual(factor)
        assert tuple(drawn) == ALL
        for png in drawn.values():
            image: Any = Image.open(io.BytesIO(png))
            image.load()
            assert image.format == "PNG"
            assert image.width == 1200
            assert 300 <= image.height <= 1200
            assert not image.text

    def test_they_are_the_same_every_time(self) -> None:
        assert _drawn(scan_example(4)) == _usual(4)

    def test_what_does_not_apply_is_left_out(self) -> None:
        plain = scan_example(taps=False)
        assert tuple(_drawn(plain)) == ("images.png", "difference.png", "resolution.png")
        bare = scan_example(taps=False, shells=(), ulps=())
        assert tuple(_drawn(bare)) == ("images.png", "difference.png")

    def test_without_geometry_there_is_the_histogram_alone(self) -> None:
        whole = _usual()["resolution.png"]
        alone = _drawn(scan_example(shells=()))["resolution.png"]
        assert _pixels(alone).shape[0] < _pixels(whole).shape[0] / 2

    def test_matplotlib_comes_with_the_first_figure_and_never_pyplot(self) -> None:
        code = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.report.scan_examples import scan_example
from parity_bridge.report.scan.figures import figures
assert "matplotlib" not in sys.modules
it = scan_example(4)
next(figures(it.summary, it.views))
assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
        folder = str(Path(__file__).parents[2])
        subprocess.run([sys.executable, "-c", code, folder], check=True)

    @pytest.mark.parametrize(
        "name", ["$x_{", "回折.img", "a\nb\t", "\udcff.img", "x" * 300, "\\$%"]
    )
    def test_any_name_can_be_drawn(self, name: str) -> None:
        it = scan_example(4)
        other = it.summary.other.model_copy(update={"name": name})
        named = replace(it, summary=it.summary.model_copy(update={"other": other}))
        assert _only("images", named)
        assert _only("difference", named)


class TestWhatIsVisible:
    @pytest.mark.parametrize("pixels", [256, 1024])
    @pytest.mark.parametrize("place", [(1, 1), (13, 40), (62, 62)])
    def test_a_single_mismatch(self, pixels: int, place: tuple[int, int]) -> None:
        it = large(pixels)
        alone = np.zeros((pixels, pixels), np.int32)
        at = tuple(part * pixels // 64 for part in place)
        alone[at] = 1
        quiet = it.summary.model_copy(update={"worst": ()})
        panels = _panels(_only("mismatches", _with(replace(it, summary=quiet), mismatch=alone)))
        where = np.argwhere((panels == DIFFERS).all(axis=-1))
        assert len(where) >= 4
        side = 1200 - 2 * LEFT - 330
        assert np.abs(where.mean(axis=0) - (np.array(at) + 0.5) * side / pixels).max() < 6

    def test_a_single_mismatch_of_a_block(self) -> None:
        it = scan_example(4, worst=())
        assert _count(_panels(_only("mismatches", it)), DIFFERS) >= 9
        nothing = _with(it, mismatch=np.zeros_like(it.views.whole.mismatch))
        bar = 1200 - 2 * LEFT - 330 + 10
        assert _count(_panels(_only("mismatches", nothing))[:, :bar], DIFFERS) == 0

    def test_the_worst_pixels_are_circled(self) -> None:
        circled, bare = (_only("mismatches", it) for it in (scan_example(), scan_example(worst=())))
        blue = (0x00, 0x72, 0xB2)
        assert _count(_panels(bare), blue) == 0
        assert _count(_panels(circled), blue) > 40

    def test_a_pixel_that_is_not_a_number(self) -> None:
        for factor in (1, 4):
            it = scan_example(factor)
            assert _count(_panels(_only("images", it)), ORANGE) >= 1
            assert _count(_panels(_only("difference", it))[:, 20:900], BLACK) >= 4
        assert _count(_panels(_only("images", scan_example(equal=True))), ORANGE) == 0

    @pytest.mark.parametrize("sign", [1, -1])
    def test_the_smallest_difference_of_a_single_pixel(self, sign: int) -> None:
        it = large(1024)
        difference = np.zeros((1024, 1024), np.float32)
        difference[500, 700], difference[100, 100] = sign * 1e-6, sign * 1e3
        panels = _panels(_only("difference", _with(it, difference=difference)))[:, :800]
        red, blue = (panels[..., channel].astype(int) for channel in (0, 2))
        assert ((red - blue) * sign > 15).sum() >= 2
        assert not ((red - blue) * sign < -15).any()

    def test_no_difference_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        messages = _messages(monkeypatch)
        _drawn(scan_example(equal=True))
        assert messages == [
            "no difference: all pixels are the same numbers",
            "no pixel differs in Tap 4 beyond its tolerance",
            "no difference in any shell",
        ]
        messages.clear()
        _drawn(scan_example())
        assert messages == []

    def test_only_differences_that_are_no_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        messages = _messages(monkeypatch)
        it = scan_example(taps=False)
        difference = np.zeros_like(it.views.whole.difference)
        difference[3, 4] = np.nan
        _only("difference", _with(it, difference=difference))
        assert messages == ["no difference that is a finite number"]

    def test_axes_count_pixels_of_the_detector(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ends = []

        def observed(*parts: Any) -> Any:
            axes = draw_map(*parts)
            ends.append((axes.get_xlim(), axes.get_ylim()))
            return axes

        monkeypatch.setattr(scan_figures, "draw_map", observed)
        _only("images", scan_example(4))
        slow, fast = REGION.slow, REGION.fast
        region = ((fast.start - 0.5, fast.stop - 0.5), (slow.stop - 0.5, slow.start - 0.5))
        assert set(ends) == {region}

    def test_close_numbers_are_written_together(self) -> None:
        places = [(SPOT[1], SPOT[0]), (ALONE[1], ALONE[0]), (SPOT[1] + 1, SPOT[0]), (NAN[1], 200)]
        labels = clusters(places, (2.0, 2.0), 30)
        assert [numbers for numbers, _ in labels] == [[1, 3], [2], [4]]
        assert number_ranges([1, 2, 3, 5, 7, 8]) == "1–3, 5, 7–8"  # noqa: RUF001


def _hostile() -> Iterator[Any]:
    """Yield maps of odd shapes and of odd values."""
    rng = np.random.default_rng(0)
    for rows, columns in ((1, 1), (1, 4096), (3000, 2), (5, 9)):
        yield pytest.param(rng.random((rows, columns), np.float32), id=f"{rows} x {columns}")
    for name, value in (
        ("zero", 0.0), ("one", 1.0), ("negative", -3.0), ("NaN", np.nan), ("inf", np.inf),
        ("huge", 3e38), ("tiny", 1e-45),
    ):  # fmt: skip
        yield pytest.param(np.full((6, 7), value, np.float32), id=name)
    yield pytest.param(np.array([[0, 1e-45, 3e38], [np.nan, -np.inf, -3e38]], np.float32), id="all")


@pytest.mark.parametrize("image", list(_hostile()))
def test_anything_can_be_drawn(image: NDArray[np.float32]) -> None:
    region = Region(range(5, 5 + image.shape[0]), range(7, 7 + image.shape[1]))
    counts = (np.abs(image) > 0).astype(np.int32)
    maps = RegionMaps(region, 1, image, image, image, counts, image, np.abs(np.sign(image)))
    it = scan_example(worst=(), shells=(), ulps=())
    drawn = _drawn(replace(it, views=replace(it.views, whole=maps)))
    assert tuple(drawn) == ALL[:-1]
    assert max(_pixels(png).shape[0] for png in drawn.values()) <= 1200


class TestScales:
    positive = st.floats(1e-30, 1e30)

    @given(values=st.lists(positive, min_size=2), kind=st.sampled_from(["log", "root", "linear"]))
    def test_more_is_never_darker(self, values: list[float], kind: Any) -> None:
        ordered = np.sort(np.array(values, np.float32))
        high = float(ordered[-1])
        found = Scale(kind, high / 1e4 if kind == "log" else 0.0, high).colour_indices(ordered)
        assert (np.diff(found.astype(int)) >= 0).all()
        assert found.min() >= FIRST
        assert found[-1] == LAST

    @given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1))
    def test_the_sign_of_a_difference_is_never_lost(self, values: list[float]) -> None:
        difference = np.array([values], np.float32)
        scale = difference_scale(
            RegionMaps(REGION, 1, difference, difference, difference, None, None, None)
        )
        found = scale.colour_indices(difference).astype(int) - EQUAL
        assert np.array_equal(np.sign(found), np.sign(difference))
        assert np.array_equal(scale.colour_indices(-difference).astype(int) - EQUAL, -found)

    def test_what_is_not_on_the_ramp(self) -> None:
        values = np.array([0.0, -1.0, np.nan, np.inf, 0.01], np.float32)
        assert Scale("log", 0.1, 1.0).colour_indices(values).tolist() == [
            ZERO, ZERO, NOT_FINITE, NOT_FINITE, FIRST,
        ]  # fmt: skip
        missing = Scale("root", -1.0, 3.0, may_be_missing=True).colour_indices(values)
        assert missing.tolist()[:4] == [ZERO, FIRST, NO_VALUE, NO_VALUE]

    @pytest.mark.parametrize("decades", [0, 1, 3, 9, 30])
    @pytest.mark.parametrize("kind", ["log", "symmetric"])
    def test_ticks_are_few_and_in_their_order(self, kind: Any, decades: int) -> None:
        ticks = Scale(kind, 0.3, 0.5 * 10.0**decades).ticks()
        places = [place for place, _ in ticks]
        assert places == sorted(places)
        assert 0.0 <= places[0] < places[-1] <= 1.0
        assert len(ticks) <= 10
        assert len({text for _, text in ticks}) == len(ticks)

    def test_of_images_it_is_shared_and_passes_over_what_is_no_intensity(self) -> None:
        it = scan_example()
        scale = image_scale(it.views.whole)
        assert scale.high == np.nanmax(it.views.whole.other)
        assert scale.low > 0
        constant = np.full((4, 4), 7.0, np.float32)
        maps = replace(it.views.whole, reference=constant, other=constant)
        assert image_scale(maps) == Scale("log", 0.7, 7.0)

    def test_of_F_begins_at_0_or_below(self) -> None:
        assert f_cell_scale(np.array([100.0, np.nan], np.float32)).low == 0.0
        assert f_cell_scale(np.array([-5.0, 100.0], np.float32)).low == -5.0
