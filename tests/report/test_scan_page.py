"""The page of a scan: what it holds, and what it does in a browser where there is one."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from parity_bridge.experiment.regions import Region
from parity_bridge.report.scan.page import page
from parity_bridge.scan.maps import Geometry, RegionMaps
from parity_bridge.scan.resolution import inverse_d
from tests.report.scan_examples import (
    ALONE,
    FINDING,
    GEOMETRY,
    LINKS,
    NAN,
    REGION,
    SPOT,
    ScanExample,
    large,
    scan_example,
)

MAPS = ("reference", "other", "difference", "mismatch", "f_cell", "out_of_bounds")
#: Elements without an end.
VOID = {"meta", "input", "br", "img", "link"}

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars "
    "--virtual-time-budget=10000"
).split()
in_a_browser = pytest.mark.skipif(BROWSER is None, reason=f"there is none of {', '.join(NAMES)}")


def _page(it: ScanExample) -> str:
    return page(it.summary, it.views, FINDING, LINKS)


class Parsed(HTMLParser):
    """Elements and what is in them, as far as a browser would tell them apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[self.elements[-1][1].get("id") or "program"] = data
        elif self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that can be read."""
        return "".join(self.words)


def _plane(parsed: Parsed, tile: int, name: str) -> NDArray[np.uint32]:
    raw = zlib.decompress(base64.b64decode(parsed.scripts[f"plane-{tile}-{name}"]))
    return np.frombuffer(raw, np.uint8).reshape(4, -1).T.copy().view("<u4").ravel()


class TestContent:
    @pytest.mark.parametrize(
        "it", [scan_example(), scan_example(4), scan_example(taps=False, geometry=None)]
    )
    def test_it_is_one_whole_document_that_asks_for_nothing(self, it: ScanExample) -> None:
        text = _page(it)
        parsed = Parsed(text)
        assert parsed.open == []
        assert text.startswith("<!DOCTYPE html>")
        policies = [a["content"] for _, a in parsed.elements if a.get("http-equiv")]
        assert policies[0]
        assert policies[0].startswith("default-src 'none'")
        assert not any("src" in attributes for _, attributes in parsed.elements)
        assert {tag for tag, _ in parsed.elements}.isdisjoint({"link", "img", "iframe", "object"})
        assert not re.search(r"https?:|//[a-z]+\.", re.sub(r"<script.*?</script>", "", text))
        assert "http" not in parsed.scripts["program"]

    def test_it_is_the_same_every_time(self) -> None:
        assert _page(scan_example(4)) == _page(scan_example(4))

    def test_all_that_was_found_can_be_read(self) -> None:
        it = scan_example()
        told = Parsed(_page(it)).text
        summary = it.summary
        for words in (
            "no parity: c and pytorch disagree, in intensity at",
            repr(summary.correlation),
            repr(summary.sum_ratio),
            repr(summary.max_abs_diff),
            repr(summary.rmse),
            str(summary.differing_intensity),
            "of 61 and 61",
            "corr_min",
            "missed",
            "total_lookups",
            "mean_f_cell",
            "3.464 - 2.449",
            "4..1023",
            "2 threads",
            "-cell 100 100 100 90 90 90 -default_F 100 -N 5",
            FINDING,
        ):
            assert words in told

    def test_worst_pixels_are_linked_where_they_differ(self) -> None:
        parsed = Parsed(_page(scan_example()))
        jumps = [a["href"] for _, a in parsed.elements if a.get("class") == "jump"]
        slow, fast = SPOT
        assert jumps[0] == f"#map=difference&slow={slow}&fast={fast}&zoom=16"
        slow, fast = ALONE
        assert jumps[-1] == f"#map=mismatch&slow={slow}&fast={fast}&zoom=16"
        without = Parsed(_page(scan_example(alike=True))).elements
        assert not any(a.get("class") == "jump" for _, a in without)

    def test_no_text_is_ever_markup(self) -> None:
        hostile = "</script><img src=x onerror=alert(1)>\"'&$js ${meta}\udcff回"
        shown = hostile.replace("\udcff", "?")
        it = scan_example(4)
        other = it.summary.other.model_copy(update={"name": hostile, "note": hostile})
        summary = it.summary.model_copy(update={"other": other, "executor": hostile})
        text = page(summary, it.views, hostile, {hostile: f"javascript:{hostile}"})
        parsed = Parsed(text)
        assert text.encode()
        assert parsed.open == []
        assert parsed.text.count(shown) >= 6
        assert "img" not in {tag for tag, _ in parsed.elements}
        meta = json.loads(parsed.scripts["meta"])
        assert meta["maps"][1]["title"].startswith(shown)
        link = next(a["href"] for _, a in parsed.elements if str(a.get("href")).startswith("java"))
        assert str(link).startswith("javascript%3A%3C/script%3E")

    def test_links_are_relative_addresses(self) -> None:
        parsed = Parsed(_page(scan_example(4)))
        found = [a["href"] for tag, a in parsed.elements if tag == "a" and "class" not in a]
        assert found == ["summary.json", "a%20b/memo#1.md"]
        assert "<h2>Files</h2>" not in page(scan_example().summary, scan_example().views, "", {})

    def test_numbers_that_are_none_are_said(self) -> None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("correlation", "mse", "rmse", "max_abs_diff", "max_rel_diff", "sum_ratio",
             "mean_peak_distance", "max_peak_distance"),
        )  # fmt: skip
        assert "none" in Parsed(_page(scan_example(4, **nothing))).text
        far = (
            scan_example()
            .summary.worst[0]
            .model_copy(update={"abs_diff": float("nan"), "ulps": None, "resolution": None})
        )
        assert "nan" in Parsed(_page(scan_example(worst=(far,)))).text


class TestData:
    @pytest.mark.parametrize("factor", [1, 4])
    def test_all_values_survive_bit_for_bit(self, factor: int) -> None:
        it = scan_example(factor)
        parsed = Parsed(_page(it))
        tiles = (it.views.whole, *(it.views.details if factor > 1 else ()))
        meta = json.loads(parsed.scripts["meta"])
        assert len(meta["tiles"]) == len(tiles)
        for number, (told, maps) in enumerate(zip(meta["tiles"], tiles, strict=True)):
            assert (told["rows"], told["columns"]) == maps.reference.shape
            assert told["slow"] == [maps.region.slow.start, maps.region.slow.stop]
            assert tuple(told["planes"]) == MAPS
            for name in MAPS:
                bits = _plane(parsed, number, name)
                if name == "other":
                    bits = bits ^ _plane(parsed, number, "reference")
                assert bits.tobytes() == getattr(maps, name).tobytes()

    def test_maps_that_are_none_are_left_out(self) -> None:
        meta = json.loads(Parsed(_page(scan_example(taps=False, geometry=None))).scripts["meta"])
        assert [each["key"] for each in meta["maps"]] == list(MAPS[:3])
        assert meta["geometry"] is None
        nowhere = replace(GEOMETRY, pix0=(float("nan"), 0.0, 0.0))
        meta = json.loads(Parsed(_page(scan_example(geometry=nowhere))).scripts["meta"])
        assert meta["geometry"] is None

    def test_it_takes_little_room(self) -> None:
        """What is the same on both sides takes next to none."""
        pixels = 256**2
        assert len(_page(large(256))) < 15 * pixels
        assert len(_page(large(256, unlike=False))) < 9 * pixels


#: Runs before everything else: what goes wrong is kept, and written down at the end.
WATCH = """<script>
const wrong = [], found = {};
addEventListener("error", (event) => wrong.push(event.message));
addEventListener("unhandledrejection", (event) => wrong.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => wrong.push(event.violatedDirective));
for (const level of ["error", "warn"]) console[level] = (...words) => wrong.push(words.join(" "));
const element = (id) => document.getElementById(id);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const readout = () => Object.fromEntries(
  [...document.querySelectorAll("#readout dd")].map(({ id, textContent }) =>
    [id.slice(3), textContent]));
async function go(hash) {
  location.hash = hash;
  await wait(50);
  return readout();
}
function point(type, x, y, more = {}) {
  const box = element("map").getBoundingClientRect();
  const [clientX, clientY] = [box.left + 1 + x, box.top + 1 + y];
  const place = { clientX, clientY, bubbles: true, cancelable: true };
  const kind = type === "wheel" ? WheelEvent : PointerEvent;
  element("map").dispatchEvent(new kind(type, { ...place, ...more }));
}
function key(name, more = {}) {
  element("map").dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
}
function colours() {
  const map = element("map");
  const image = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  return new Set(new Uint32Array(image.data.buffer)).size;
}
function inTheMiddle(...colour) {
  const map = element("map"), [x, y] = [map.width, map.height].map((size) => Math.floor(size / 2));
  const { data } = map.getContext("2d").getImageData(x - 10, y - 10, 20, 20);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (colour.every((part, n) => data[at + n] === part)) found++;
  }
  return found;
}
</script>
"""
FINISH = """<script>
(async () => {
  while (!document.documentElement.dataset.ready && !wrong.length) await wait(20);
  try {
    %s
  } catch (error) {
    wrong.push(error.stack);
  }
  const told = document.createElement("pre");
  told.id = "told-to-test";
  told.textContent = JSON.stringify({ wrong, found });
  document.body.append(told);
})();
</script>
"""


def _run(folder: Path, address: str, *more: str) -> str:
    assert BROWSER is not None
    words = [BROWSER, *OPTIONS, f"--user-data-dir={folder / 'profile'}", *more, address]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout


def _browsed(
    folder: Path, it: ScanExample, script: str, fragment: str = "", size: str = "1200,1000"
) -> Any:
    """What ``script`` found in the page; nothing may go wrong on the way."""
    text = _page(it)
    watched = text.replace("<title>", f"{WATCH}<title>", 1)
    file = folder / "scan.html"
    file.write_text(watched.replace("</body>", f"{FINISH % script}</body>"), "utf-8")
    dom = _run(folder, f"file://{file}{fragment}", f"--window-size={size}", "--dump-dom")
    told = re.search(r'<pre id="told-to-test">(.*?)</pre>', dom, re.DOTALL)
    assert told, dom[-2000:]
    result = json.loads(html.unescape(told[1]))
    assert result["wrong"] == []
    return result["found"]


def _hashes(asked: Sequence[tuple[str, tuple[int, int], float]]) -> str:
    lines = [
        f'found["{slow} {fast}"] = await go("#map={key}&slow={slow}&fast={fast}&zoom={zoom}");'
        f'found["{slow} {fast}"].chosen = document.querySelector("input[name=map]:checked").value;'
        for key, (slow, fast), zoom in asked
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


def _check(told: dict[str, str], maps: RegionMaps, pixel: tuple[int, int]) -> None:
    assert (told["slow"], told["fast"]) == tuple(map(str, pixel))
    for name, value in _values(maps, pixel):
        assert np.array_equal(np.array(told[name], value.dtype), value, equal_nan=True), name
        # Not one digit more than it takes.
        assert name == "mismatch" or len(told[name]) <= len(repr(float(value)))


def _equal_in_a_block_that_is_not(it: ScanExample) -> tuple[int, int]:
    exact = it.views.details[0]
    for slow in exact.region.slow:
        for fast in exact.region.fast:
            values = [dict(_values(maps, (slow, fast))) for maps in (exact, it.views.whole)]
            if values[0]["difference"] == 0 != values[1]["difference"]:
                return slow, fast
    raise AssertionError("all blocks are alike")


@in_a_browser
class TestInABrowser:
    def test_an_address_names_a_map_and_a_pixel(self, tmp_path: Path) -> None:
        it = scan_example()
        asked = [
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
        {_hashes(asked)}
        found.beyond = await go("#slow=5000&fast=-5&zoom=1e9");
        found.nonsense = await go("#map=__proto__&slow=x&fast=&zoom=");
        """
        found = _browsed(tmp_path, it, script, "#map=difference&slow=151&fast=301&zoom=16")
        _check(found["first"], it.views.whole, (151, 301))
        assert found["colours"] > 10
        # Larger than it is.
        assert found["alone"] >= 9
        for key, pixel, _ in asked:
            told = found[f"{pixel[0]} {pixel[1]}"]
            _check(told, it.views.whole, pixel)
            assert told["chosen"] == key
            assert float(told["d"]) == pytest.approx(_d(GEOMETRY, pixel), rel=1e-5)
        last, first = str(REGION.slow[-1]), str(REGION.fast[0])
        for told in (found["beyond"], found["nonsense"]):
            assert (told["slow"], told["fast"]) == (last, first)

    def test_blocks_and_the_pixels_around_the_worst(self, tmp_path: Path) -> None:
        it = scan_example(4)
        deep, near, far = (147, 305), (150, 301), (250, 400)
        equal = _equal_in_a_block_that_is_not(it)
        script = f"""
        {_hashes([("difference", deep, 16), ("difference", far, 16)])}
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
        found = _browsed(tmp_path, it, script, size="600,800")
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
        found.told = element("announcement").textContent;
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
        found = _browsed(tmp_path, it, script)
        _check(found["hover"], it.views.whole, (147, 303))
        assert found["under"] == [147, 303]
        assert found["corner"][0] < 147
        assert found["wheeled"][0] == pytest.approx(10 * np.exp(0.6), rel=1e-3)
        assert found["dragged"][0] == [144, 304]
        assert found["dragged"][1] == "#map=reference&slow=144&fast=304&zoom=10"
        assert found["picked"] == [144, 309]
        assert found["up"] == [143, 309]
        assert found["right"] == [143, 310]
        assert found["told"].startswith("slow 143, fast 310, reference ")
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
            _hashes([("other", pixel, 4) for pixel in pixels])
            + """
        found.shown = [...document.querySelectorAll("#readout dd")]
          .filter((each) => each.offsetWidth).map((each) => each.id.slice(3));
        """
        )
        found = _browsed(tmp_path, it, script)
        for pixel in pixels:
            told = found[f"{pixel[0]} {pixel[1]}"]
            _check(told, it.views.whole, pixel)
            assert float(told["d"]) == pytest.approx(_d(turned, pixel), rel=1e-5)
            assert _d(replace(turned, sphere_radius=None), pixel) != pytest.approx(
                _d(turned, pixel), rel=1e-3
            )
        assert found["shown"] == ["slow", "fast", "d", *MAPS[:3]]

    def test_a_picture_of_it(self, tmp_path: Path) -> None:
        file, picture = tmp_path / "scan.html", tmp_path / "scan.png"
        file.write_text(_page(scan_example(4)), "utf-8")
        _run(tmp_path, f"file://{file}", "--window-size=1280,900", f"--screenshot={picture}")
        seen = Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")
        assert seen.size == (1280, 900)
        assert len(seen.getcolors(2**20) or ()) > 100
