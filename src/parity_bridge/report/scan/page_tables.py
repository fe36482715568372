"""The cards and tables of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator

from parity_bridge.report.scan.markup import (
    Cells,
    SafeHtml,
    bar_cell,
    card,
    long_text_cell,
    number_cell,
    text_cell,
)
from parity_bridge.report.scan.wording import shell_range_text, ulp_range_text
from parity_bridge.report.wording import (
    number_or_dash,
    number_text,
    rounded_or_dash,
    rounded_text,
    tolerance_text,
)
from parity_bridge.scan.summary import ScanSummary, SideSummary, WorstPixel

#: Screen pixels of a detector pixel, where a worst one is shown.
_WORST_PIXEL_ZOOM = 16


def metric_cards(summary: ScanSummary) -> Iterator[str]:
    """Yield a card for each metric."""
    beyond = (
        f"{summary.beyond_tolerance_intensity} beyond tolerance "
        f"({tolerance_text(summary.intensity_tolerance)})"
    )
    relative = f"{number_text(summary.max_rel_diff)} of the reference at most"
    yield card("correlation", number_text(summary.correlation), "Pearson")
    yield card("sum_ratio", number_text(summary.sum_ratio), "other / reference")
    yield card("max_abs_diff / photons", number_text(summary.max_abs_diff), relative)
    mse = f"mse {number_text(summary.mse)} photons²"
    yield card("rmse / photons", number_text(summary.rmse), mse)
    yield card("pixels that differ in intensity", str(summary.differing_intensity), beyond)
    if summary.f_cell is not None:
        count = str(summary.differing_f_cell)
        yield card("pixels that differ in Tap 4", count, _rounding_note(summary))
    peaks = summary.peaks
    distances = (
        f"of {peaks.reference} and {peaks.other}; apart {number_text(summary.mean_peak_distance)} "
        f"on average, {number_text(summary.max_peak_distance)} at most, pixels"
    )
    yield card("peaks matched", str(peaks.matched), distances)
    times = (summary.runtime_c_ms, summary.runtime_py_ms)
    times_text = " and ".join(f"{time:.0f}" for time in times)
    yield card("runtimes / ms", times_text, "reference and other, all tiles added up")


def _rounding_note(summary: ScanSummary) -> str:
    """Say how many of the pixels that differ in Tap 4 rounding may explain."""
    if not summary.differing_index:
        return "beyond tolerance, in any field"
    sensitive = (
        "an unknown number" if summary.rounding_sensitive is None else summary.rounding_sensitive
    )
    return (
        f"beyond tolerance, in any field; of {summary.differing_index} that differ in an index or "
        f"a count {sensitive} may owe it to rounding"
    )


def worst_rows(summary: ScanSummary) -> list[Cells]:
    """Return the pixels that differ most."""
    return [
        {
            "": text_cell(_worst_pixel_link(place, pixel, summary)),
            "slow": number_cell(pixel.pixel_coords[0]),
            "fast": number_cell(pixel.pixel_coords[1]),
            f"{summary.reference.name} (reference) / photons": number_cell(
                number_text(pixel.reference)
            ),
            f"{summary.other.name} (other) / photons": number_cell(number_text(pixel.other)),
            "|difference| / photons": number_cell(rounded_text(pixel.abs_diff)),
            f"ULP ({summary.compared_as})": number_cell(number_or_dash(pixel.ulps)),
            "d / Å": number_cell(
                "∞" if pixel.resolution is None else rounded_text(pixel.resolution)
            ),
            "Tap 4 fields that differ": long_text_cell(", ".join(pixel.fields) or "-"),
        }
        for place, pixel in enumerate(summary.worst, start=1)
    ]


def _worst_pixel_link(place: int, pixel: WorstPixel, summary: ScanSummary) -> SafeHtml:
    """Return a link to a worst pixel on the map that shows what is wrong there."""
    slow, fast = pixel.pixel_coords
    only_tap4 = pixel.abs_diff == 0 and summary.f_cell is not None
    key = "mismatch" if only_tap4 else "difference"
    fragment = f"#map={key}&amp;slow={slow}&amp;fast={fast}&amp;zoom={_WORST_PIXEL_ZOOM}"
    label = f"show pixel {place}, slow {slow}, fast {fast}"
    return SafeHtml(f'<a class="jump" href="{fragment}" aria-label="{label}">{place}: show</a>')


def threshold_rows(summary: ScanSummary) -> list[Cells]:
    """Return the thresholds that were set, and whether each was met."""
    return [
        {
            "threshold": text_cell(check.name),
            "limit": number_cell(number_text(check.limit)),
            "measured": number_cell(number_text(check.measured)),
            "": _met_cell(met=check.met),
        }
        for check in summary.thresholds
    ]


def _met_cell(*, met: bool) -> SafeHtml:
    return SafeHtml('<td class="good">met</td>' if met else '<td class="bad">missed</td>')


def field_rows(summary: ScanSummary) -> list[Cells]:
    """Return how many pixels differ in each field of Tap 4."""
    return [
        {
            "field": text_cell(item.field),
            "pixels that differ": number_cell(item.differing),
            "beyond tolerance": number_cell(item.beyond_tolerance),
        }
        for item in summary.f_cell or ()
    ]


def ulp_rows(summary: ScanSummary) -> list[Cells]:
    """Return how many pixels differ by how many ULPs."""
    most = max((item.pixels for item in summary.ulps), default=0)
    return [
        {
            f"ULP ({summary.compared_as})": number_cell(ulp_range_text(item)),
            "pixels": number_cell(item.pixels),
            "": bar_cell(item.pixels, 0.5, max(most, 1)),
        }
        for item in summary.ulps
    ]


def shell_rows(summary: ScanSummary) -> list[Cells]:
    """Return the resolution shells."""
    relative = [shell.relative_rms for shell in summary.shells]
    known = [value for value in relative if value and math.isfinite(value)]
    low, high = min(known, default=1.0) / 10, max(known, default=1.0)
    return [
        {
            "d / Å": number_cell(shell_range_text(shell)),
            "pixels": number_cell(shell.pixels),
            "differ in intensity": number_cell(shell.differing_intensity),
            "differ in Tap 4": number_cell(
                "-" if summary.differing_f_cell is None else shell.differing_f_cell
            ),
            "mean / photons": number_cell(rounded_or_dash(shell.c_mean)),
            "rms difference / photons": number_cell(rounded_or_dash(shell.rms_diff)),
            "largest / photons": number_cell(rounded_or_dash(shell.max_abs_diff)),
            "rms / mean": number_cell(rounded_or_dash(part)),
            "": bar_cell(part, low, high),
        }
        for shell, part in zip(summary.shells, relative, strict=True)
    ]


def side_rows(summary: ScanSummary) -> list[Cells]:
    """Return what the two sides are."""
    roles = {"reference": summary.reference, "other": summary.other}
    return [
        {
            "side": text_cell(role),
            "name": long_text_cell(side.name),
            "kind": text_cell(
                f"{side.kind}, {side.dtype}" + (f", {side.device}" if side.device else "")
            ),
            "not finite": number_cell(side.nonfinite),
            "made with": long_text_cell("; ".join(_side_details(side)) or "-"),
        }
        for role, side in roles.items()
    ]


def _side_details(side: SideSummary) -> Iterator[str]:
    """Yield everything about a side that its name does not say."""
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
