"""The page of a scan: what it holds."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from parity_bridge.report.scan.page import page
from tests.report.scan_examples import (
    ALONE,
    FINDING,
    GEOMETRY,
    MAPS,
    SPOT,
    ScanExample,
    example_page,
    large,
    scan_example,
)

#: Elements without an end.
VOID = {"meta", "input", "br", "img", "link"}


class Parsed(HTMLParser):
    """Elements and what is in them, as far as a browser would distinguish them."""

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
        text = example_page(it)
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
        assert example_page(scan_example(4)) == example_page(scan_example(4))

    def test_all_that_was_found_can_be_read(self) -> None:
        it = scan_example()
        text = Parsed(example_page(it)).text
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
            assert words in text

    def test_worst_pixels_are_linked_where_they_differ(self) -> None:
        parsed = Parsed(example_page(scan_example()))
        jumps = [a["href"] for _, a in parsed.elements if a.get("class") == "jump"]
        slow, fast = SPOT
        assert jumps[0] == f"#map=difference&slow={slow}&fast={fast}&zoom=16"
        slow, fast = ALONE
        assert jumps[-1] == f"#map=mismatch&slow={slow}&fast={fast}&zoom=16"
        without = Parsed(example_page(scan_example(equal=True))).elements
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
        parsed = Parsed(example_page(scan_example(4)))
        found = [a["href"] for tag, a in parsed.elements if tag == "a" and "class" not in a]
        assert found == ["summary.json", "a%20b/memo#1.md"]
        assert "<h2>Files</h2>" not in page(scan_example().summary, scan_example().views, "", {})

    def test_numbers_that_are_none_are_said(self) -> None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("correlation", "mse", "rmse", "max_abs_diff", "max_rel_diff", "sum_ratio",
             "mean_peak_distance", "max_peak_distance"),
        )  # fmt: skip
        assert "none" in Parsed(example_page(scan_example(4, **nothing))).text
        far = (
            scan_example()
            .summary.worst[0]
            .model_copy(update={"abs_diff": float("nan"), "ulps": None, "resolution": None})
        )
        assert "nan" in Parsed(example_page(scan_example(worst=(far,)))).text


class TestData:
    @pytest.mark.parametrize("factor", [1, 4])
    def test_all_values_survive_bit_for_bit(self, factor: int) -> None:
        it = scan_example(factor)
        parsed = Parsed(example_page(it))
        tiles = (it.views.whole, *(it.views.details if factor > 1 else ()))
        meta = json.loads(parsed.scripts["meta"])
        assert len(meta["tiles"]) == len(tiles)
        for number, (described, maps) in enumerate(zip(meta["tiles"], tiles, strict=True)):
            assert (described["rows"], described["columns"]) == maps.reference.shape
            assert described["slow"] == [maps.region.slow.start, maps.region.slow.stop]
            assert tuple(described["planes"]) == MAPS
            for name in MAPS:
                bits = _plane(parsed, number, name)
                if name == "other":
                    bits = bits ^ _plane(parsed, number, "reference")
                assert bits.tobytes() == getattr(maps, name).tobytes()

    def test_maps_that_are_none_are_left_out(self) -> None:
        meta = json.loads(
            Parsed(example_page(scan_example(taps=False, geometry=None))).scripts["meta"]
        )
        assert [each["key"] for each in meta["maps"]] == list(MAPS[:3])
        assert meta["geometry"] is None
        nowhere = replace(GEOMETRY, pix0=(float("nan"), 0.0, 0.0))
        meta = json.loads(Parsed(example_page(scan_example(geometry=nowhere))).scripts["meta"])
        assert meta["geometry"] is None

    def test_it_takes_little_room(self) -> None:
        """Pixels that are the same on both sides take next to none."""
        pixels = 256**2
        assert len(example_page(large(256))) < 15 * pixels
        assert len(example_page(large(256, differing=False))) < 9 * pixels
