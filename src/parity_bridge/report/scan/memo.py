"""``scan_comparison.md``: the memo of a scan. Every figure comes from a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.bridge.reproduction import without_stamp
from parity_bridge.report.markdown import Row, code, code_block, escaped, plain_table, row_of, table
from parity_bridge.report.scan.verdict import (
    banner_sentence,
    finding_text,
    scan_verdict_sentence,
    short_finding_text,
)
from parity_bridge.report.scan.wording import (
    detector_text,
    shell_range_text,
    span_text,
    ulp_range_text,
)
from parity_bridge.report.wording import (
    number_text,
    plural,
    rounded_or_dash,
    rounded_text,
    tolerance_text,
)
from parity_bridge.scan.summary import ScanSummary, SideSummary

#: File of a picture -> what it shows.
_PICTURES = {
    "images.png": "Both images on one logarithmic scale",
    "difference.png": "Difference, other less reference",
    "mismatches.png": "Pixels that differ in Tap 4",
    "f_cell.png": "Mean F of the lookups, and lookups outside the table",
    "resolution.png": "Differences against resolution",
}


def memo(
    summary: ScanSummary,
    pictures: Sequence[str],
    worst: PairAnswer | None,
    not_tapped: str,
    command: str,
) -> str:
    """Return the whole memo.

    ``pictures`` are the files of figures that there are, as links from the memo; ``worst`` are the
    taps of the worst pixels, or ``not_tapped`` says why there are none.
    """
    parts = _memo_parts(summary, pictures, worst, not_tapped, command)
    return "\n\n".join(part for part in parts if part) + "\n"


def scan_terminal_text(summary: ScanSummary, worst: PairAnswer | None, not_tapped: str) -> str:
    """Return the same record for a person at a terminal."""
    rows = [{"metric": row["metric"], "value": row["value"]} for row in _metric_rows(summary)]
    parts = (
        plain_table(rows),
        plain_table(_f_cell_rows(summary)) if summary.f_cell else "",
        scan_verdict_sentence(summary),
        short_finding_text(summary, worst, not_tapped),
    )
    return "\n\n".join(part for part in parts if part)


def _memo_parts(
    summary: ScanSummary,
    pictures: Sequence[str],
    worst: PairAnswer | None,
    not_tapped: str,
    command: str,
) -> Iterator[str]:
    yield f"# Scan: {escaped(summary.other.name)} against {escaped(summary.reference.name)}"
    yield f"**Verdict: {escaped(banner_sentence(summary))}.**"
    yield code_block(_region_text(summary), "text")
    yield f"## Intensities\n\n{table(_metric_rows(summary))}"
    yield _thresholds_section(summary)
    yield _f_cell_section(summary)
    yield _worst_section(summary)
    yield _why_section(summary, worst, not_tapped)
    yield _pictures_section(pictures)
    yield _ulps_section(summary)
    yield _shells_section(summary)
    yield _provenance_section(summary)
    again = without_stamp(command).replace(" --resume", "")
    yield "## Reproduce\n\n" + code_block(again, "sh")


def _region_text(summary: ScanSummary) -> str:
    order = ", in the order of a run" if summary.in_order else ""
    return (
        f"pixels {span_text(summary)} of {detector_text(summary, times='x')}\n"
        f"{plural(summary.tiles, 'tile')} of at most {summary.tile} pixels, {summary.executor}"
        f"{order}\n"
        f"intensities compared as {summary.compared_as}"
    )


def _metric_rows(summary: ScanSummary) -> list[Row]:
    names = (
        ("correlation", ""), ("mse", "photons²"), ("rmse", "photons"),
        ("max_abs_diff", "photons"), ("max_rel_diff", "of the reference"),
        ("c_sum", f"photons, {summary.reference.name}"),
        ("py_sum", f"photons, {summary.other.name}"),
        ("sum_ratio", "py_sum / c_sum"), ("mean_peak_distance", "pixels"),
        ("max_peak_distance", "pixels"), ("runtime_c_ms", "all tiles added up"),
        ("runtime_py_ms", "all tiles added up"),
    )  # fmt: skip
    rows = [
        {"metric": name, "value": _metric_text(summary, name), "unit": unit} for name, unit in names
    ]
    peaks, tolerance = summary.peaks, tolerance_text(summary.intensity_tolerance)
    counts = (
        ("differing pixels", summary.differing_intensity, f"not the same {summary.compared_as}"),
        ("beyond tolerance", summary.beyond_tolerance_intensity, tolerance),
        ("peaks matched", peaks.matched, f"of {peaks.reference} and {peaks.other}"),
        ("not finite", summary.reference.nonfinite + summary.other.nonfinite, "pixels of both"),
    )
    return [*rows, *({"metric": a, "value": str(b), "unit": c} for a, b, c in counts)]


def _metric_text(summary: ScanSummary, name: str) -> str:
    value = getattr(summary, name)
    return f"{value:.0f}" if name.startswith("runtime") else number_text(value)


def _thresholds_section(summary: ScanSummary) -> str:
    rows = [
        {
            "threshold": item.name,
            "limit": number_text(item.limit),
            "measured": number_text(item.measured),
            "": "met" if item.met else "**missed**",
        }
        for item in summary.thresholds
    ]
    return f"## Thresholds\n\n{table(rows)}" if rows else ""


def _f_cell_rows(summary: ScanSummary) -> list[Row]:
    return [
        {
            "Tap 4 field": item.field,
            "pixels that differ": str(item.differing),
            "beyond tolerance": str(item.beyond_tolerance),
        }
        for item in summary.f_cell or ()
    ]


def _f_cell_section(summary: ScanSummary) -> str:
    if summary.f_cell is None:
        without = " and ".join(
            escaped(side.name) for side in (summary.reference, summary.other) if not side.has_f_cell
        )
        missing = f"the lookups of a whole region are not recorded by {without}"
        return f"## Tap 4\n\nNot compared: {missing}."
    name = escaped(summary.reference.name)
    lookups = f"{plural(summary.lookups or 0, 'lookup')} were made by {name}."
    if not summary.lookups:
        lookups = "No lookup was made at any pixel: nothing was compared but intensities."
    return (
        f"## Tap 4\n\n{table(_f_cell_rows(summary))}\n\n{summary.differing_f_cell} of "
        f"{plural(summary.pixels, 'pixel')} differ in some field beyond its tolerance. {lookups}"
        f"{_sensitive_text(summary)}"
    )


def _sensitive_text(summary: ScanSummary) -> str:
    """Say how many of the pixels that differ in an index may owe it to rounding."""
    if not summary.differing_index:
        return ""
    if summary.rounding_sensitive is None:
        return " How near the indices are to a half is not known: the reference does not record it."
    rest = summary.differing_index - summary.rounding_sensitive
    within = summary.sensitive_within or 0.0
    tail = "" if rest else " All of them may be rounding."
    return (
        f"\n\nOf the {plural(summary.differing_index, 'pixel')} that differ in a count or a bound "
        f"of the indices, **{summary.rounding_sensitive} are rounding-sensitive**: an index of the "
        f"reference lies within {rounded_text(within)} of a half, times the "
        f"index or 1. {rest} are not.{tail}"
    )


def _worst_section(summary: ScanSummary) -> str:
    rows = [
        row_of(
            (
                ("", str(place)),
                ("pixel (slow fast)", " ".join(map(str, item.pixel_coords))),
                (summary.reference.name, number_text(item.reference)),
                (f"{summary.other.name} ", number_text(item.other)),
                ("difference", rounded_text(item.abs_diff)),
                (f"ULPs ({summary.compared_as})", number_text(item.ulps)),
                ("d / Å", "-" if item.resolution is None else f"{item.resolution:.4g}"),
                ("Tap 4 fields", ", ".join(item.fields) or "-"),
            )
        )
        for place, item in enumerate(summary.worst, start=1)
    ]
    return f"## Worst pixels\n\n{table(rows)}" if rows else ""


def _why_section(summary: ScanSummary, worst: PairAnswer | None, not_tapped: str) -> str:
    text = finding_text(summary, worst, not_tapped)
    if not text:
        return ""
    link = (
        ""
        if worst is None
        else "\n\nThe taps of these pixels: [worst/](worst/f_cell_comparison.md)."
    )
    return f"## Why\n\n{text}{link}"


def _pictures_section(pictures: Sequence[str]) -> str:
    lines = [f"![{_PICTURES.get(file.rpartition('/')[2], file)}]({file})" for file in pictures]
    page = "To pan, zoom and read single pixels open [scan.html](scan.html)."
    return "## Pictures\n\n" + "\n\n".join((*lines, page))


def _ulps_section(summary: ScanSummary) -> str:
    rows = [
        {f"ULPs of {summary.compared_as}": ulp_range_text(item), "pixels": str(item.pixels)}
        for item in summary.ulps
    ]
    return f"## Distance of the intensities\n\n{table(rows)}"


def _shells_section(summary: ScanSummary) -> str:
    rows = [
        {
            "d / Å": shell_range_text(item),
            "pixels": str(item.pixels),
            "differ in Tap 4": "-" if summary.f_cell is None else str(item.differing_f_cell),
            "differ in intensity": str(item.differing_intensity),
            "mean / photons": rounded_or_dash(item.c_mean),
            "rms difference": rounded_or_dash(item.rms_diff),
            "largest": rounded_or_dash(item.max_abs_diff),
        }
        for item in summary.shells
    ]
    return (
        f"## Resolution shells\n\n{table(rows)}\n\nShells of equal volume in 1/d." if rows else ""
    )


def _provenance_section(summary: ScanSummary) -> str:
    sides = (_side_text(side) for side in (summary.reference, summary.other))
    versions = ", ".join(f"{name} {text}" for name, text in summary.versions.items() if text)
    return "## Provenance\n\n" + "\n\n".join((*sides, f"Versions: {escaped(versions)}."))


def _side_text(side: SideSummary) -> str:
    device = f" on {side.device}" if side.device else ""
    lines = [
        f"### {escaped(side.name)}",
        "",
        f"- {side.kind}, {escaped(side.dtype + device)}",
    ]
    if side.nanobragg_flags is not None:
        lines.append(f"- nanoBragg flags: {code(side.nanobragg_flags)}")
        switched = ", ".join(side.behaviours) or "all as in the reference (contract §7)"
        lines.append(f"- behaviours: {escaped(switched)}")
    lines += [f"- {escaped(f'{name}: {text}')}" for name, text in side.build.items()]
    lines += [
        f"- {escaped(f'sha256 of the {role}: {digest}')}" for role, digest in side.files.items()
    ]
    if side.sha256 is not None:
        lines.append(f"- sha256 of the file: {escaped(side.sha256)}")
    if side.note is not None:
        lines.append(f"- note: {escaped(side.note)}")
    return "\n".join(lines)
