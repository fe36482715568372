"""``scan.html``: a scan for a browser, one file that needs no other and no network.

Its frame, style and script lie in ``page_parts``; ``page_tables`` and ``viewer_data`` fill it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Template

from parity_bridge.report.scan.markup import address, escaped, section, table
from parity_bridge.report.scan.page_tables import (
    field_rows,
    metric_cards,
    shell_rows,
    side_rows,
    threshold_rows,
    ulp_rows,
    worst_rows,
)
from parity_bridge.report.scan.verdict import banner_sentence
from parity_bridge.report.scan.viewer_data import viewer_json, viewer_planes
from parity_bridge.report.scan.wording import detector_text, span_text
from parity_bridge.report.wording import plural
from parity_bridge.scan.maps import ScanMaps
from parity_bridge.scan.summary import ScanSummary

#: The parts of the script, in their order: constants come first, and ``start`` runs all.
_SCRIPTS = (
    "state",
    "decoding",
    "colours",
    "resolution",
    "readout",
    "map_painting",
    "overlays",
    "legend",
    "view",
    "address",
    "input",
    "start",
)
_BARS = "Bars are logarithmic."


def page(summary: ScanSummary, views: ScanMaps, finding_text: str, links: Mapping[str, str]) -> str:
    """Return the whole page.

    ``finding_text`` is shown as it is; ``links`` are names of files and their relative addresses.
    """
    tiles = (views.whole, *(views.details if views.whole.factor > 1 else ()))
    planes = list(viewer_planes(tiles))
    return Template(_read_page_part("page.html")).substitute(
        css=_read_page_part("page.css"),
        js="\n".join(_read_page_part(f"{name}.js") for name in _SCRIPTS),
        title=escaped(f"{summary.other.name} against {summary.reference.name}"),
        verdict=escaped(f"{banner_sentence(summary)}."),
        mood="good" if summary.verdict in ("parity", "thresholds met") else "bad",
        region=escaped(_region_text(summary)),
        metrics="\n".join(metric_cards(summary)),
        sections="\n".join(_page_sections(summary, finding_text, links)),
        meta=viewer_json(summary, views, tiles, planes),
        planes="\n".join(plane.element for plane in planes),
    )


def _read_page_part(name: str) -> str:
    folder = files("parity_bridge.report.scan").joinpath("page_parts")
    return folder.joinpath(name).read_text("utf-8")


def _region_text(summary: ScanSummary) -> str:
    return (
        f"{plural(summary.pixels, 'pixel')}: {span_text(summary)} of {detector_text(summary)}; "
        f"{plural(summary.tiles, 'tile')}, {summary.executor}"
    )


def _page_sections(
    summary: ScanSummary, finding_text: str, links: Mapping[str, str]
) -> Iterator[str]:
    yield section("Worst pixels", table(worst_rows(summary)))
    yield section("Explanation", f"<pre>{escaped(finding_text)}</pre>" if finding_text else "")
    yield '<div class="pair">'
    yield section("Thresholds", table(threshold_rows(summary)))
    yield section("Fields of Tap 4", table(field_rows(summary)))
    yield section("Distance of the intensities", table(ulp_rows(summary), _BARS))
    yield "</div>"
    yield section("Resolution shells", table(shell_rows(summary), _BARS))
    yield section("Sides", table(side_rows(summary)))
    items = (f'<li><a href="{address(to)}">{escaped(name)}</a></li>' for name, to in links.items())
    yield section("Files", f"<ul>{''.join(items)}</ul>" if links else "")
