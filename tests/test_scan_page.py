"""``scan.html``: what is in it, and in a browser where there is one what it does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from scan_examples import FINDING, GEOMETRY, LINKS, NAN, REGION, SPOT, example

from parity_bridge.report.scan_page import page
from parity_bridge.scan.resolution import inverse_d

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--virtual-time-budget=10000 --window-size=1200,1000"
).split()

#: Put before the page's own script: nothing may be complained of.
LISTEN = """<script>
const complaints = [];
window.addEventListener("error", (event) => complaints.push(event.message));
window.addEventListener("unhandledrejection", (event) => complaints.push(String(event.reason)));
console.error = (...words) => complaints.push(words.join(" "));
</script>"""
#: Put after it: ``steps`` are done one after the other, and what the page then says is kept.
ACT = """<script>
(async () => {
  const said = {}, wait = (ms) => new Promise((done) => setTimeout(done, ms));
  while (!document.documentElement.dataset.ready) await wait(20);
  const map = document.getElementById("map");
  const text = (id) => document.getElementById(id).textContent;
  const read = () => ({ hash: location.hash, caption: text("caption"), of: text("of-what"),
    ...Object.fromEntries(["slow", "fast", "d", "reference", "other", "difference", "mismatch",
      "f_cell", "out_of_bounds"].map((name) => [name, text("at-" + name)])) });
  const at = (x, y) => { const box = map.getBoundingClientRect();
    return { clientX: box.left + map.clientLeft + x, clientY: box.top + map.clientTop + y,
      bubbles: true, cancelable: true, button: 0 }; };
  const steps = {STEPS};
  for (const [name, step] of Object.entries(steps)) {
    step(); await wait(400); said[name] = read();
  }
  said.complaints = complaints;
  document.body.innerHTML = "";
  const out = document.createElement("pre");
  out.id = "said"; out.textContent = JSON.stringify(said); document.body.append(out);
})();
</script>"""


def written(folder: Path, factor: int = 1, **changed: Any) -> Path:
    it = example(factor, **changed)
    path = folder / "scan.html"
    path.write_text(page(it.summary, it.views, FINDING, LINKS), encoding="utf-8")
    return path


def browse(page_file: Path, *words: str, fragment: str = "") -> str:
    done = subprocess.run(
        [str(BROWSER), *FLAGS, f"--user-data-dir={page_file.parent / 'profile'}", *words,
         f"file://{page_file}{fragment}"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def acted(page_file: Path, steps: dict[str, str], fragment: str = "") -> dict[str, Any]:
    """What the page says after each step, JavaScript of ``ACT``."""
    text = page_file.read_text(encoding="utf-8")
    told = ", ".join(f"{json.dumps(name)}: () => {{ {step} }}" for name, step in steps.items())
    first, last = text.index("<style>"), text.rindex("</body>")
    copy = page_file.with_name("acted.html")
    copy.write_text(
        text[:first] + LISTEN + text[first:last] + ACT.replace("{STEPS}", f"{{{told}}}")
        + text[last:],
        encoding="utf-8",
    )  # fmt: skip
    dom = browse(copy, "--dump-dom", fragment=fragment)
    found = re.search(r'<pre id="said">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[-2000:]
    said: dict[str, Any] = json.loads(
        found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
    assert said.pop("complaints") == []
    return said


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "input", "br", "hr", "img", "link"):
            self.open.append(tag)
        for name, value in attrs:
            assert name != "src"
            if name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestText:
    def test_it_is_whole_and_needs_nothing_else(self, tmp_path: Path) -> None:
        text = written(tmp_path).read_text(encoding="utf-8")
        tags = _Tags()
        tags.feed(text)
        assert tags.open == []
        assert "default-src 'none'" in text
        assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(""", text)
        # An address is quoted, a name escaped.
        assert "a%20b/memo#1.md" in tags.links
        assert "memo &lt;1&gt;" in text

    def test_whatever_it_is_told_stays_text(self, tmp_path: Path) -> None:
        text = written(tmp_path).read_text(encoding="utf-8")
        assert "<b>&omega;</b>" not in text
        assert "&lt;b&gt;&amp;omega;&lt;/b&gt;, &lt;/script&gt; and $names" in text

    def test_it_is_the_same_every_time(self, tmp_path: Path) -> None:
        first = written(tmp_path, 4).read_bytes()
        assert written(tmp_path, 4).read_bytes() == first

    def test_without_tap_4_nothing_is_said_of_it(self, tmp_path: Path) -> None:
        text = written(tmp_path, taps=False).read_text(encoding="utf-8")
        assert "plane-0-mismatch" not in text
        assert "plane-0-reference" in text


@needs_browser
class TestBrowser:
    def test_the_address_says_what_is_read(self, tmp_path: Path) -> None:
        it = example()
        whole = it.views.whole
        slow, fast = SPOT
        place = slow - REGION.slow.start, fast - REGION.fast.start
        file = written(tmp_path)
        steps = {
            "spot": "",
            "nan": f'location.hash = "#map=other&slow={NAN[0]}&fast={NAN[1]}&zoom=8"',
            "outside": 'location.hash = "#map=reference&slow=9999&fast=0&zoom=8"',
            "nonsense": 'location.hash = "#map=constructor&slow=x&fast=&zoom=-1"',
        }
        said = acted(file, steps, f"#map=difference&slow={slow}&fast={fast}&zoom=8")
        spot = said["spot"]
        assert (spot["slow"], spot["fast"]) == (str(slow), str(fast))
        assert np.float32(spot["reference"]) == whole.reference[place]
        assert np.float32(spot["other"]) == whole.other[place]
        assert np.float32(spot["difference"]) == whole.difference[place]
        assert whole.mismatch is not None
        assert whole.f_cell is not None
        assert int(spot["mismatch"]) == whole.mismatch[place]
        assert np.float32(spot["f_cell"]) == whole.f_cell[place]
        assert spot["of"] == "Values of this pixel."
        assert said["nan"]["other"] == "NaN"
        # Ends are held to, and an address that says nothing changes nothing.
        assert (said["outside"]["slow"], said["outside"]["fast"]) == (
            str(REGION.slow.stop - 1), str(REGION.fast.start),
        )  # fmt: skip
        assert said["nonsense"]["slow"] == said["outside"]["slow"]

    def test_the_resolution_is_that_of_the_shells(self, tmp_path: Path) -> None:
        flat, curved = GEOMETRY, GEOMETRY.__class__(**{**vars(GEOMETRY), "curved": 0.1})
        for geometry in (flat, curved):
            said = acted(
                written(tmp_path, geometry=geometry), {"it": ""}, "#slow=60&fast=130&zoom=8"
            )
            inverse = inverse_d(geometry, REGION)[60 - REGION.slow.start, 130 - REGION.fast.start]
            assert float(said["it"]["d"]) == pytest.approx(1 / inverse, rel=1e-5)

    def test_pan_zoom_and_hover(self, tmp_path: Path) -> None:
        steps = {
            "start": "",
            "hover": 'map.dispatchEvent(new PointerEvent("pointermove", at(100, 80)))',
            "wheel": 'map.dispatchEvent(new WheelEvent("wheel", {...at(100, 80), deltaY: -600}))',
            "still": 'map.dispatchEvent(new PointerEvent("pointermove", at(100, 80)))',
            "drag": 'map.dispatchEvent(new PointerEvent("pointerdown", at(100, 80)));'
            'window.dispatchEvent(new PointerEvent("pointermove", at(160, 80)));'
            'window.dispatchEvent(new PointerEvent("pointerup", at(160, 80)))',
            "key": 'map.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight",'
            "shiftKey: true, bubbles: true, cancelable: true}))",
            "whole": 'document.getElementById("all").click()',
            "map": 'document.getElementById("choose-mismatch").click()',
            "worst": 'document.querySelector("a.jump").click()',
        }
        said = acted(written(tmp_path), steps)
        zoom = {name: float(re.search(r"zoom=([\d.]+)", told["hash"])[1])  # type: ignore[index]
                for name, told in said.items() if "zoom=" in told["hash"]}  # fmt: skip
        assert (said["hover"]["slow"], said["hover"]["fast"]) != (
            said["start"]["slow"], said["start"]["fast"],
        )  # fmt: skip
        assert zoom["wheel"] > zoom.get("start", 0)
        # The place under the pointer stays where it is.
        assert (said["still"]["slow"], said["still"]["fast"]) == (
            said["hover"]["slow"], said["hover"]["fast"],
        )  # fmt: skip
        middle = {name: _middle(told["hash"]) for name, told in said.items() if told["hash"]}
        assert middle["drag"][1] < middle["wheel"][1]
        assert middle["key"] == (middle["drag"][0], middle["drag"][1] + 1)
        assert zoom["whole"] < zoom["key"]
        assert said["map"]["hash"].startswith("#map=mismatch&")
        first = example().summary.worst[0].pixel_coords
        assert (said["worst"]["slow"], said["worst"]["fast"]) == tuple(map(str, first))

    def test_near_a_worst_pixel_its_own_values_are_read_out(self, tmp_path: Path) -> None:
        it = example(4)
        detail = it.views.details[0]
        slow, fast = it.summary.worst[0].pixel_coords
        place = slow - detail.region.slow.start, fast - detail.region.fast.start
        steps = {
            "elsewhere": "",
            "near": f'location.hash = "#map=other&slow={slow}&fast={fast}&zoom=16"',
        }
        said = acted(written(tmp_path, 4), steps, "#map=other&slow=31&fast=102&zoom=16")
        assert said["elsewhere"]["of"].startswith("Of the block slow 30..33, fast 100..103: ")
        assert np.float32(said["near"]["other"]) == detail.other[place]
        assert said["near"]["of"] == "Values of this pixel."

    def test_an_image_without_tap_4(self, tmp_path: Path) -> None:
        said = acted(written(tmp_path, taps=False, geometry=None), {"it": ""})
        assert said["it"]["d"] == "not known"
        assert said["it"]["mismatch"] == ""

    def test_it_looks_like_something(self, tmp_path: Path) -> None:
        picture = tmp_path / "scan.png"
        browse(written(tmp_path), f"--screenshot={picture}")
        pixels = (matplotlib.image.imread(picture)[:, :, :3] * 255).astype(int)
        assert pixels.shape == (1000, 1200, 3)
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100


def _middle(fragment: str) -> tuple[int, int]:
    found = re.search(r"slow=(\d+)&fast=(\d+)", fragment)
    assert found
    return int(found[1]), int(found[2])
