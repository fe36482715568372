"""What the page of a scan does in a browser, where there is one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from parity_bridge.experiment.regions import Region
from parity_bridge.scan.maps import Geometry, RegionMaps
from parity_bridge.scan.resolution import inverse_d
from tests.report.page_browser import browse, in_a_browser, run_browser
from tests.report.scan_examples import (
    ALONE,
    GEOMETRY,
    MAPS,
    NAN,
    REGION,
    SPOT,
    ScanExample,
    example_page,
    scan_example,
)


def _visits(places: Sequence[tuple[str, tuple[int, int], float]]) -> str:
    lines = [
        f'found["{slow} {fast}"] = await go("#map={key}&slow={slow}&fast={fast}&zoom={zoom}");'
        f'found["{slow} {fast}"].chosen = document.querySelector("input[name=map]:checked").value;'
        for key, (slow, fast), zoom in places
    ]
    return "\n".join(lines)


def _values(maps: RegionMaps, pixel: tuple[int, int]) -> Iterator[tuple[str, Any]]:
    row, column = (
        (at - axis.start) // maps.factor
        for at, axis in zip(pixel, (maps.region.slow, maps.region.fast), strict=True)
    )
    for name in MAPS:
        plane = getattr(maps, name)
        if plane is not None:
            yield name, plane[row, column]


def _d(geometry: Geometry, pixel: tuple[int, int]) -> float:
    slow, fast = pixel
    one = Region(range(slow, slow + 1), range(fast, fast + 1))
    return float(1 / inverse_d(geometry, one)[0, 0])


def _check(shown: dict[str, str], maps: RegionMaps, pixel: tuple[int, int]) -> None:
    assert (shown["slow"], shown["fast"]) == tuple(map(str, pixel))
    for name, value in _values(maps, pixel):
        assert np.array_equal(np.array(shown[name], value.dtype), value, equal_nan=True), name
        # Not one digit more than it takes.
        assert name == "mismatch" or len(shown[name]) <= len(repr(float(value)))


def _equal_in_a_block_that_is_not(it: ScanExample) -> tuple[int, int]:
    exact = it.views.details[0]
    for slow in exact.region.slow:
        for fast in exact.region.fast:
            values = [dict(_values(maps, (slow, fast))) for maps in (exact, it.views.whole)]
            if values[0]["difference"] == 0 != values[1]["difference"]:
                return slow, fast
    raise AssertionError("all pixels of all blocks differ")


@in_a_browser
class TestInABrowser:
    def test_an_address_names_a_map_and_a_pixel(self, tmp_path: Path) -> None:
        it = scan_example()
        places = [
            ("mismatch", ALONE, 8.0),
            ("other", NAN, 2.0),
            ("difference", SPOT, 70.0),
            ("f_cell", (161, 333), 0.5),
            ("out_of_bounds", (REGION.slow[-1], REGION.fast[-1]), 4.0),
            ("reference", (REGION.slow[0], REGION.fast[0]), 4.0),
        ]
        script = f"""
        found.first = readout();
        await wait(200);
        found.colours = colours();
        await go("#map=mismatch&slow={ALONE[0]}&fast={ALONE[1]}&zoom=1");
        element("rings").click();
        await wait(200);
        found.alone = inTheMiddle(0xcc, 0x41, 0x48);
        {_visits(places)}
        found.beyond = await go("#slow=5000&fast=-5&zoom=1e9");
        found.nonsense = await go("#map=__proto__&slow=x&fast=&zoom=");
        """
        found = browse(tmp_path, it, script, "#map=difference&slow=151&fast=301&zoom=16")
        _check(found["first"], it.views.whole, (151, 301))
        assert found["colours"] > 10
        # Larger than it is.
        assert found["alone"] >= 9
        for key, pixel, _ in places:
            shown = found[f"{pixel[0]} {pixel[1]}"]
            _check(shown, it.views.whole, pixel)
            assert shown["chosen"] == key
            assert float(shown["d"]) == pytest.approx(_d(GEOMETRY, pixel), rel=1e-5)
        last, first = str(REGION.slow[-1]), str(REGION.fast[0])
        for shown in (found["beyond"], found["nonsense"]):
            assert (shown["slow"], shown["fast"]) == (last, first)

    def test_blocks_and_the_pixels_around_the_worst(self, tmp_path: Path) -> None:
        it = scan_example(4)
        deep, near, far = (147, 305), (150, 301), (250, 400)
        equal = _equal_in_a_block_that_is_not(it)
        script = f"""
        {_visits([("difference", deep, 16), ("difference", far, 16)])}
        found.block = element("of-what").textContent;
        document.querySelector("a.jump").click();
        await wait(50);
        found.clicked = readout();
        found.what = element("of-what").textContent;
        found.hash = location.hash;
        element("rings").click();
        await go("#map=difference&slow={equal[0]}&fast={equal[1]}&zoom=40");
        await wait(200);
        const map = element("map");
        const middle = [map.width, map.height].map((size) => Math.floor(size / 2) + 8);
        found.colour = [...map.getContext("2d").getImageData(...middle, 1, 1).data];
        found.shallow = await go("#map=difference&slow={near[0]}&fast={near[1]}&zoom=2.9");
        """
        found = browse(tmp_path, it, script, size="600,800")
        _check(found["147 305"], it.views.details[0], deep)
        _check(found["250 400"], it.views.whole, far)
        assert found["block"].startswith("Of the block slow 250..253, fast 400..403:")
        _check(found["clicked"], it.views.details[0], SPOT)
        assert found["what"] == "Values of this pixel."
        assert found["hash"] == "#map=difference&slow=150&fast=300&zoom=16"
        _check(found["shallow"], it.views.whole, near)
        # In the colour of its own value, not of its block's.
        assert found["colour"] == [0xF6, 0xF6, 0xF6, 255]

    def test_mouse_and_keys(self, tmp_path: Path) -> None:
        script = """
        const zoom = () => Number(new URLSearchParams(location.hash.slice(1)).get("zoom"));
        const at = () => [readout().slow, readout().fast].map(Number);
        await go("#map=reference&slow=150&fast=300&zoom=10");
        const map = element("map"), x = map.clientWidth / 2, y = map.clientHeight / 2;
        point("pointermove", x + 25, y - 35);
        found.hover = { ...readout() };
        point("wheel", x + 25, y - 35, { deltaY: -400 });
        found.under = at();
        point("pointermove", 2, 2);
        found.corner = at();
        document.body.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
        await wait(300);
        found.wheeled = [zoom(), location.hash];
        await go("#map=reference&slow=150&fast=300&zoom=10");
        point("pointerdown", x, y);
        point("pointermove", x - 40, y + 60);
        point("pointerup", x - 40, y + 60);
        await wait(300);
        found.dragged = [at(), location.hash];
        point("pointerdown", x + 50, y);
        point("pointerup", x + 50, y);
        found.picked = at();
        key("ArrowUp", { shiftKey: true });
        found.up = at();
        key("ArrowRight", { shiftKey: true });
        found.right = at();
        found.announced = element("announcement").textContent;
        key("ArrowLeft");
        found.left = at();
        key("+");
        await wait(300);
        found.nearer = zoom();
        key("-");
        key("-");
        await wait(300);
        found.farther = zoom();
        key("ArrowLeft", { ctrlKey: true });
        found.ignored = at();
        element("nearer").click();
        await wait(300);
        found.button = zoom();
        key("0");
        await wait(300);
        found.whole = at();
        found.fits = [zoom() * 340 <= map.clientWidth, zoom() * 250 <= map.clientHeight];
        element("choose-f_cell").click();
        await wait(300);
        found.chosen = [location.hash.split("&")[0], element("caption").textContent];
        found.names = [...document.querySelectorAll("button, canvas[tabindex]")].map(
          (each) => each.getAttribute("aria-label"));
        const ring = [x + (130.5 - 270) * zoom(), y + (60.5 - 155) * zoom()];
        point("pointerdown", ...ring);
        point("pointerup", ...ring);
        found.ringed = at();
        """
        it = scan_example()
        found = browse(tmp_path, it, script)
        _check(found["hover"], it.views.whole, (147, 303))
        assert found["under"] == [147, 303]
        assert found["corner"][0] < 147
        assert found["wheeled"][0] == pytest.approx(10 * np.exp(0.6), rel=1e-3)
        assert found["dragged"][0] == [144, 304]
        assert found["dragged"][1] == "#map=reference&slow=144&fast=304&zoom=10"
        assert found["picked"] == [144, 309]
        assert found["up"] == [143, 309]
        assert found["right"] == [143, 310]
        assert found["announced"].startswith("slow 143, fast 310, reference ")
        assert found["left"][0] == 143
        assert found["left"][1] < 309
        assert found["ignored"] == found["left"]
        assert found["nearer"] == pytest.approx(15)
        assert found["farther"] == pytest.approx(10 / 1.5, rel=1e-3)
        assert found["button"] == pytest.approx(10, rel=1e-3)
        assert found["whole"] == [155, 270]
        assert found["fits"] == [True, True]
        assert found["chosen"][0] == "#map=f_cell"
        assert found["chosen"][1] == "c, mean F of the lookups, electrons"
        assert all(found["names"])
        assert found["ringed"] == list(ALONE)

    def test_a_curved_detector_of_a_plain_image(self, tmp_path: Path) -> None:
        turned = Geometry(
            pix0=(0.08, 0.03, -0.02),
            fast=(0.0, 0.6, 0.8),
            slow=(0.0, -0.8, 0.6),
            beam=(1.0, 0.0, 0.0),
            pixel_size=2e-4,
            wavelength=1.1,
            sphere_radius=0.1,
        )
        it = scan_example(taps=False, geometry=turned)
        pixels = [(30, 100), (279, 439), (155, 222)]
        script = (
            _visits([("other", pixel, 4) for pixel in pixels])
            + """
        found.shown = [...document.querySelectorAll("#readout dd")]
          .filter((each) => each.offsetWidth).map((each) => each.id.slice(3));
        """
        )
        found = browse(tmp_path, it, script)
        for pixel in pixels:
            shown = found[f"{pixel[0]} {pixel[1]}"]
            _check(shown, it.views.whole, pixel)
            assert float(shown["d"]) == pytest.approx(_d(turned, pixel), rel=1e-5)
            assert _d(replace(turned, sphere_radius=None), pixel) != pytest.approx(
                _d(turned, pixel), rel=1e-3
            )
        assert found["shown"] == ["slow", "fast", "d", *MAPS[:3]]

    def test_a_picture_of_it(self, tmp_path: Path) -> None:
        file, picture = tmp_path / "scan.html", tmp_path / "scan.png"
        file.write_text(example_page(scan_example(4)), "utf-8")
        run_browser(tmp_path, f"file://{file}", "--window-size=1280,900", f"--screenshot={picture}")
        picture_of_it = Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")
        assert picture_of_it.size == (1280, 900)
        assert len(picture_of_it.getcolors(2**20) or ()) > 100
