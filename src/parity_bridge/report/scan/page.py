"""``scan.html``: a scan to look at in a browser, one file that needs no other and no network.

What it looks like and how its maps are shown lies in ``scan_page_parts``; here are the tables, and
the data in a form that takes little room.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from parity_bridge.report.scan.figures import (
    EQUAL,
    FIRST,
    LEAST_COLOUR,
    NO_VALUE,
    NOT_FINITE,
    NOT_FINITE_WORDS,
    OUT_OF_BOUNDS_SCALE,
    SYMMETRIC_NOT_FINITE,
    ZERO,
    ZERO_WORDS,
    Scale,
    difference_scale,
    f_cell_scale,
    image_scale,
    lookup_side,
    mismatch_scale,
    relative_rms,
)
from parity_bridge.report.scan.memo import scan_verdict_sentence
from parity_bridge.report.wording import number_text, plural, rounded_text
from parity_bridge.scan.maps import Geometry, RegionMaps, ScanMaps
from parity_bridge.scan.summary import ScanSummary, SideSummary, WorstPixel

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The maps, by their fields of ``RegionMaps``.
_PLANES = ("reference", "other", "difference", "mismatch", "f_cell", "out_of_bounds")
_PARTS = ("css", "js")
#: Screen pixels a pixel, where a worst one is shown.
_WORST_PIXEL_ZOOM = 16
_BARS = "Bars are logarithmic."


def page(summary: ScanSummary, views: ScanMaps, finding_text: str, links: Mapping[str, str]) -> str:
    """The whole page; ``finding_text`` is shown as it is, ``links`` are relative addresses."""
    folder = files("parity_bridge.report.scan").joinpath("page_parts")
    parts = {name: folder.joinpath(f"page.{name}").read_text("utf-8") for name in _PARTS}
    tiles = (views.whole, *(views.details if views.whole.factor > 1 else ()))
    planes = list(_planes(tiles))
    return Template(folder.joinpath("page.html").read_text("utf-8")).substitute(
        parts,
        title=_escaped(f"{summary.other.name} against {summary.reference.name}"),
        verdict=_escaped(f"{scan_verdict_sentence(summary)}."),
        mood="good" if summary.verdict in ("parity", "thresholds met") else "bad",
        region=_escaped(_region_text(summary)),
        metrics="\n".join(_cards(summary)),
        sections="\n".join(_sections(summary, finding_text, links)),
        meta=_json(_viewer_data(summary, views, tiles, planes)),
        planes="\n".join(plane.element for plane in planes),
    )


# Data.


class _Plane(NamedTuple):
    """A map of a tile in the page."""

    tile: int
    name: str
    identifier: str
    element: str


def _planes(tiles: Sequence[RegionMaps]) -> Iterator[_Plane]:
    for number_of_tile, maps in enumerate(tiles):
        for name in _PLANES:
            values = getattr(maps, name)
            if values is None:
                continue
            bits = _bits(values)
            if name == "other":
                # Where they are the same, nothing but zeros is left.
                bits = bits ^ _bits(maps.reference)
            identifier = f"plane-{number_of_tile}-{name}"
            element = (
                f'<script type="text/plain" id="{identifier}">{_compressed_text(bits)}</script>'
            )
            yield _Plane(number_of_tile, name, identifier, element)


def _bits(values: NDArray[Any]) -> NDArray[np.uint32]:
    """The bits of float32 or int32, little-endian."""
    dtype = "<i4" if values.dtype.kind in "iu" else "<f4"
    return np.ascontiguousarray(values, dtype).view("<u4")


def _compressed_text(bits: NDArray[np.uint32]) -> str:
    """All first bytes, all second ones and so on, which compress better; zlib, base64."""
    shuffled = bits.reshape(-1, 1).view(np.uint8).T.tobytes()
    return base64.b64encode(zlib.compress(shuffled, 1)).decode("ascii")


def _viewer_data(
    summary: ScanSummary, views: ScanMaps, tiles: Sequence[RegionMaps], planes: Sequence[_Plane]
) -> dict[str, Any]:
    """All that the viewer needs beside the values."""
    return {
        "maps": list(_map_descriptions(summary, views.whole)),
        "first": "difference" if summary.differing_intensity else "reference",
        "least_colour": LEAST_COLOUR,
        "geometry": _geometry(views.geometry),
        "worst": [pixel.pixel_coords for pixel in summary.worst],
        "tiles": [
            {
                "slow": (maps.region.slow.start, maps.region.slow.stop),
                "fast": (maps.region.fast.start, maps.region.fast.stop),
                "factor": maps.factor,
                "rows": maps.reference.shape[0],
                "columns": maps.reference.shape[1],
                "planes": {each.name: each.identifier for each in planes if each.tile == tile},
            }
            for tile, maps in enumerate(tiles)
        ],
    }


def _geometry(geometry: Geometry | None) -> dict[str, Any] | None:
    """None also where a pixel would lie nowhere: JSON has no word for it."""
    if geometry is None:
        return None
    found = vars(geometry)
    numbers = np.hstack([value for value in found.values() if value is not None])
    return found if np.isfinite(numbers).all() else None


def _map_descriptions(summary: ScanSummary, maps: RegionMaps) -> Iterator[dict[str, Any]]:
    """Each map as the viewer offers it."""
    block = f"{maps.factor} × {maps.factor} block" if maps.factor > 1 else ""
    largest = f", largest of each {block}" if block else ""
    sides = {"reference": summary.reference, "other": summary.other}
    of_images = image_scale(maps)
    for key, side in sides.items():
        count = f"{NOT_FINITE_WORDS}: {plural(side.nonfinite, 'pixel')}"
        legend = [(ZERO, ZERO_WORDS), *([(NOT_FINITE, count)] if side.nonfinite else [])]
        title = f"{side.name}, intensity, photons{largest}"
        yield _map_description(
            key, key, title, "photons, logarithmic", of_images, "sequential", legend
        )
    names = f"{summary.other.name} − {summary.reference.name}"  # noqa: RUF001 - a minus
    legend = [(EQUAL, "equal"), (SYMMETRIC_NOT_FINITE, f"{NOT_FINITE_WORDS} on a side")]
    title = f"{names}, photons" + (f", largest in size of each {block}" if block else "")
    unit = "photons, logarithmic to either side of 0"
    scale = difference_scale(maps)
    yield _map_description("difference", "difference", title, unit, scale, "diverging", legend)
    if maps.mismatch is not None:
        yield _mismatches(maps, block)
    if maps.f_cell is not None and maps.out_of_bounds is not None:
        yield from _lookups(lookup_side(summary), maps.f_cell, block)


def _mismatches(maps: RegionMaps, block: str) -> dict[str, Any]:
    title = "pixels that differ in Tap 4 beyond tolerance" + (
        f", counted in each {block}" if block else ""
    )
    legend = [(ZERO, "alike, or within tolerance"), *([] if block else [(FIRST, "differs")])]
    scale = mismatch_scale(maps)
    found = _map_description(
        "mismatch", "Tap 4", title, "pixels, logarithmic", scale, "counts", legend
    )
    return found if block else {**found, "ticks": []}


def _lookups(
    side: SideSummary, f_cell: NDArray[np.float32], block: str
) -> Iterator[dict[str, Any]]:
    legend = [(ZERO, "0"), (NO_VALUE, "no lookup was made")]
    of_block = f" of each {block}" if block else ""
    title = f"{side.name}, mean F of the lookups{of_block}, electrons"
    unit = "electrons, by the square root"
    yield _map_description(
        "f_cell", "F_cell", title, unit, f_cell_scale(f_cell), "sequential", legend
    )
    title = f"{side.name}, fraction of the lookups{of_block} outside the table's box"
    scale = OUT_OF_BOUNDS_SCALE
    yield _map_description(
        "out_of_bounds", "out of bounds", title, "fraction", scale, "sequential", legend
    )


def _map_description(
    key: str,
    label: str,
    title: str,
    unit: str,
    scale: Scale,
    ramp: str,
    swatches: Sequence[tuple[int, str]],
) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "title": _encodable(title),
        "unit": unit,
        "scale": vars(scale),
        "ticks": scale.ticks(),
        "ramp": ramp,
        "swatches": swatches,
    }


def _json(value: Any) -> str:
    """JSON that stands in a script element and does not end it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


# Tables.


class _Html(str):
    """What is HTML already."""

    __slots__ = ()


def _escaped(words: object) -> _Html:
    """``words`` as HTML that shows them."""
    return words if isinstance(words, _Html) else _Html(escape(_encodable(str(words))))


def _encodable(words: str) -> str:
    """``words`` with a mark for bytes of a file's name that are no letter."""
    return words.encode("utf-8", "replace").decode()


def _region_text(summary: ScanSummary) -> str:
    slow, fast = (f"{first}..{stop - 1}" for first, stop in (summary.slow, summary.fast))
    rows, columns = summary.detector
    sampled = "" if summary.oversample is None else f", oversample {summary.oversample}"
    return (
        f"{plural(summary.pixels, 'pixel')}: slow {slow}, fast {fast} of a detector of "
        f"{rows} × {columns}{sampled}; {plural(summary.tiles, 'tile')}, {summary.executor}"
    )


def _cards(summary: ScanSummary) -> Iterator[str]:
    tolerance = summary.intensity_tolerance
    beyond = (
        f"{summary.beyond_tolerance_intensity} beyond tolerance "
        f"(atol {tolerance.atol!r}, rtol {tolerance.rtol!r})"
    )
    yield _card("correlation", number_text(summary.correlation), "Pearson")
    yield _card("sum_ratio", number_text(summary.sum_ratio), "other / reference")
    yield _card("max_abs_diff / photons", number_text(summary.max_abs_diff), _relative(summary))
    yield _card(
        "rmse / photons", number_text(summary.rmse), f"mse {number_text(summary.mse)} photons²"
    )
    yield _card("pixels that differ in intensity", str(summary.differing_intensity), beyond)
    if summary.f_cell is not None:
        yield _card("pixels that differ in Tap 4", *_tap4_card_texts(summary))
    peaks = summary.peaks
    apart = (
        f"of {peaks.reference} and {peaks.other}; apart {number_text(summary.mean_peak_distance)} "
        f"on average, {number_text(summary.max_peak_distance)} at most, pixels"
    )
    yield _card("peaks matched", str(peaks.matched), apart)
    times = (summary.runtime_c_ms, summary.runtime_py_ms)
    times_text = " and ".join(f"{time:.0f}" for time in times)
    yield _card("runtimes / ms", times_text, "reference and other, all tiles added up")


def _relative(summary: ScanSummary) -> str:
    return f"{number_text(summary.max_rel_diff)} of the reference at most"


def _tap4_card_texts(summary: ScanSummary) -> tuple[str, str]:
    """Pixels beyond tolerance, and how many of them rounding may explain."""
    count = str(summary.differing_f_cell)
    if not summary.differing_index:
        return count, "beyond tolerance, in any field"
    known = (
        "an unknown number" if summary.rounding_sensitive is None else summary.rounding_sensitive
    )
    return count, (
        f"beyond tolerance, in any field; of {summary.differing_index} that differ in an index or "
        f"a count {known} may owe it to rounding"
    )


def _card(name: str, value: str, more: str) -> str:
    rest = f"<dd>{_escaped(value)}</dd><dd>{_escaped(more)}</dd>"
    return f"<div><dl><dt>{_escaped(name)}</dt>{rest}</dl></div>"


def _sections(summary: ScanSummary, finding_text: str, links: Mapping[str, str]) -> Iterator[str]:
    yield _section("Worst pixels", _table(_worst_rows(summary)))
    yield _section("Explanation", f"<pre>{_escaped(finding_text)}</pre>" if finding_text else "")
    yield '<div class="pair">'
    yield _section("Thresholds", _table(_threshold_rows(summary)))
    yield _section("Fields of Tap 4", _table(_field_rows(summary)))
    yield _section("Distance of the intensities", _table(_ulp_rows(summary), _BARS))
    yield "</div>"
    yield _section("Resolution shells", _table(_shell_rows(summary), _BARS))
    yield _section("Sides", _table(_side_rows(summary)))
    items = (
        f'<li><a href="{_address(to)}">{_escaped(name)}</a></li>' for name, to in links.items()
    )
    yield _section("Files", f"<ul>{''.join(items)}</ul>" if links else "")


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{content}\n</section>" if content else ""


def _address(link: str) -> _Html:
    """A relative address whatever it holds: a colon would make the words before it a scheme."""
    whole = link.encode("utf-8", "surrogateescape")
    return _Html(escape(quote(whole, safe="/%#?&=+,~@!()")))


#: Names of columns -> cells.
_Row = Mapping[str, _Html]


def _table(rows: Sequence[_Row], caption: str = "") -> str:
    """A table, headed by the names of the columns."""
    if not rows:
        return ""
    caption_html = f"<caption>{_escaped(caption)}</caption>\n" if caption else ""
    head = "".join(
        f"<th{_NUMBER if cell.startswith(f'<td{_NUMBER}') else ''}>{_escaped(name)}</th>"
        for name, cell in rows[0].items()
    )
    body = "\n".join(f"<tr>{''.join(row.values())}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>\n{caption_html}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n"
        "</tbody>\n</table></div>"
    )


_NUMBER = ' class="number"'


def _text_cell(words: object) -> _Html:
    return _Html(f"<td>{_escaped(words)}</td>")


def _long_text_cell(words: object) -> _Html:
    return _Html(f'<td class="long">{_escaped(words)}</td>')


def _number_cell(value: object) -> _Html:
    return _Html(f"<td{_NUMBER}>{_escaped(value)}</td>")


def _bar_cell(value: float | None, low: float, high: float) -> _Html:
    """A bar as long as the logarithm of ``value``, from none at ``low`` to the full at ``high``."""
    known = value is not None and low < value < math.inf
    part = math.log(value / low) / math.log(high / low) if known and value is not None else 0.0
    return _Html(f'<td class="bar"><span style="--part:{100 * part:.1f}%"></span></td>')


def _worst_rows(summary: ScanSummary) -> list[_Row]:
    return [
        {
            "": _text_cell(_worst_pixel_link(place, pixel, summary)),
            "slow": _number_cell(pixel.pixel_coords[0]),
            "fast": _number_cell(pixel.pixel_coords[1]),
            f"{summary.reference.name} (reference) / photons": _number_cell(
                number_text(pixel.reference)
            ),
            f"{summary.other.name} (other) / photons": _number_cell(number_text(pixel.other)),
            "|difference| / photons": _number_cell(rounded_text(pixel.abs_diff)),
            "ULP (float32)": _number_cell(_or_dash(pixel.ulps)),
            "d / Å": _number_cell(
                "∞" if pixel.resolution is None else rounded_text(pixel.resolution)
            ),
            "Tap 4 fields that differ": _long_text_cell(", ".join(pixel.fields) or "-"),
        }
        for place, pixel in enumerate(summary.worst, start=1)
    ]


def _worst_pixel_link(place: int, pixel: WorstPixel, summary: ScanSummary) -> _Html:
    """A link to a worst pixel on the map that shows what is wrong there."""
    slow, fast = pixel.pixel_coords
    only_tap4 = pixel.abs_diff == 0 and summary.f_cell is not None
    key = "mismatch" if only_tap4 else "difference"
    address = f"#map={key}&amp;slow={slow}&amp;fast={fast}&amp;zoom={_WORST_PIXEL_ZOOM}"
    label = f"show pixel {place}, slow {slow}, fast {fast}"
    return _Html(f'<a class="jump" href="{address}" aria-label="{label}">{place}: show</a>')


def _threshold_rows(summary: ScanSummary) -> list[_Row]:
    return [
        {
            "threshold": _text_cell(check.name),
            "limit": _number_cell(number_text(check.limit)),
            "measured": _number_cell(number_text(check.measured)),
            "": _Html(
                f'<td class="{_css_class(check.met)}">{"met" if check.met else "missed"}</td>'
            ),
        }
        for check in summary.thresholds
    ]


def _css_class(good: bool) -> str:
    return "good" if good else "bad"


def _field_rows(summary: ScanSummary) -> list[_Row]:
    return [
        {
            "field": _text_cell(item.field),
            "pixels that differ": _number_cell(item.differing),
            "beyond tolerance": _number_cell(item.beyond_tolerance),
        }
        for item in summary.f_cell or ()
    ]


def _ulp_rows(summary: ScanSummary) -> list[_Row]:
    most = max((item.pixels for item in summary.ulps), default=0)
    return [
        {
            "ULP (float32)": _number_cell(_range_text(item.low, item.high)),
            "pixels": _number_cell(item.pixels),
            "": _bar_cell(item.pixels, 0.5, max(most, 1)),
        }
        for item in summary.ulps
    ]


def _range_text(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}..{high}"


def _shell_rows(summary: ScanSummary) -> list[_Row]:
    relative = [relative_rms(shell) for shell in summary.shells]
    known = [value for value in relative if value and math.isfinite(value)]
    low, high = min(known, default=1.0) / 10, max(known, default=1.0)
    return [
        {
            "d / Å": _number_cell(_shell_text(shell.d_max, shell.d_min)),
            "pixels": _number_cell(shell.pixels),
            "differ in intensity": _number_cell(shell.differing_intensity),
            "differ in Tap 4": _number_cell(
                "-" if summary.differing_f_cell is None else shell.differing_f_cell
            ),
            "mean / photons": _number_cell(_short_or_dash(shell.c_mean)),
            "rms difference / photons": _number_cell(_short_or_dash(shell.rms_diff)),
            "largest / photons": _number_cell(_short_or_dash(shell.max_abs_diff)),
            "rms / mean": _number_cell(_short_or_dash(part)),
            "": _bar_cell(part, low, high),
        }
        for shell, part in zip(summary.shells, relative, strict=True)
    ]


def _shell_text(d_max: float | None, d_min: float) -> str:
    upper = "∞" if d_max is None else f"{d_max:.3f}"
    return f"{upper} - {d_min:.3f}"


def _side_rows(summary: ScanSummary) -> list[_Row]:
    roles = {"reference": summary.reference, "other": summary.other}
    return [
        {
            "side": _text_cell(role),
            "name": _long_text_cell(side.name),
            "kind": _text_cell(
                f"{side.kind}, {side.dtype}" + (f", {side.device}" if side.device else "")
            ),
            "not finite": _number_cell(side.nonfinite),
            "made with": _long_text_cell("; ".join(_made_with(side)) or "-"),
        }
        for role, side in roles.items()
    ]


def _made_with(side: SideSummary) -> Iterator[str]:
    """Everything about a side that its name does not tell."""
    if side.nanobragg_flags is not None:
        yield f"flags {side.nanobragg_flags}"
    if side.behaviours:
        yield f"behaviours {', '.join(side.behaviours)}"
    if side.sha256 is not None:
        yield f"sha256 {side.sha256}"
    yield from (f"{name} sha256 {digest}" for name, digest in side.files.items())
    yield from (f"{name} {what}" for name, what in side.build.items())
    if side.note is not None:
        yield side.note


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _short_or_dash(value: float | None) -> str:
    return "-" if value is None else rounded_text(value)
