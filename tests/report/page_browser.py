"""A scan's page in a browser without a window, asked by scripts that run in it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.report.scan_examples import ScanExample, example_page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_BROWSER = next((path for name in _NAMES if (path := shutil.which(name))), None)
_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars "
    "--virtual-time-budget=10000"
).split()
in_a_browser = pytest.mark.skipif(_BROWSER is None, reason=f"there is none of {', '.join(_NAMES)}")


#: Runs before everything else: records what goes wrong.
_WATCH = """<script>
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
#: Runs a test's script when the page is ready, and writes what it found into the page.
_FINISH = """<script>
(async () => {
  while (!document.documentElement.dataset.ready && !wrong.length) await wait(20);
  try {
    %s
  } catch (error) {
    wrong.push(error.stack);
  }
  const result = document.createElement("pre");
  result.id = "test-result";
  result.textContent = JSON.stringify({ wrong, found });
  document.body.append(result);
})();
</script>
"""


def run_browser(folder: Path, address: str, *more: str) -> str:
    """Return what a browser prints that shows ``address``; its profile lies in ``folder``."""
    assert _BROWSER is not None
    words = [_BROWSER, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", *more, address]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout


def browse(
    folder: Path, it: ScanExample, script: str, fragment: str = "", size: str = "1200,1000"
) -> Any:
    """Return what ``script`` found in the page; nothing may go wrong on the way."""
    text = example_page(it)
    watched = text.replace("<title>", f"{_WATCH}<title>", 1)
    file = folder / "scan.html"
    file.write_text(watched.replace("</body>", f"{_FINISH % script}</body>"), "utf-8")
    dom = run_browser(folder, f"file://{file}{fragment}", f"--window-size={size}", "--dump-dom")
    written = re.search(r'<pre id="test-result">(.*?)</pre>', dom, re.DOTALL)
    assert written, dom[-2000:]
    result = json.loads(html.unescape(written[1]))
    assert result["wrong"] == []
    return result["found"]
