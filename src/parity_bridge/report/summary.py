"""``f_cell_summary.md`` and the terminal's table: counts by engine and pixel, and the verdict."""

from __future__ import annotations

from parity_bridge.report.divergence import first_diverging
from parity_bridge.report.view import (
    Report,
    Row,
    figure,
    lookup_rows,
    number,
    pixel_text,
    place_text,
    table,
    verdict_sentence,
    with_lookups,
)


def summary(report: Report) -> str:
    """The Markdown summary."""
    return f"""# Structure-factor lookups

{table(_rows(report))}

Verdict: {verdict_sentence(report)}.
"""


def terminal_text(report: Report) -> str:
    """The same records for a person at a terminal."""
    parts = (table(lookup_rows(report), "simple"), verdict_sentence(report), _why(report))
    return "\n\n".join(part for part in parts if part)


def _why(report: Report) -> str:
    """The first divergence and the reason for it, a line each."""
    lines = []
    pixel = first_diverging(report)
    if pixel is not None and pixel.first_divergence is not None:
        first = pixel.first_divergence
        where = f" at {place_text(first.place)}" if first.place else ""
        names = report.comparison.reference, report.comparison.other
        lines.append(
            f"first divergence: pixel {pixel_text(pixel.pixel_coords, pixel.tag)}, {first.tap}, "
            f"{first.field}{where}: {names[0]} {number(first.reference)}, {names[1]} "
            f"{number(first.other)}"
        )
    if report.finding is not None:
        label = "why" if report.finding.is_sufficient else "unexplained"
        lines.append(f"{label}: {report.finding.sentence}")
    return "\n".join(lines)


def _rows(report: Report) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(side.pixel, side.tag),
            "Impl": side.implementation,
            "total": figure(side, "total_lookups"),
            "skipped": figure(side, "skipped_lookups"),
            "out of bounds": figure(side, "out_of_bounds_count"),
            "zero": figure(side, "zero_f_count"),
            "default_F": figure(side, "default_f_count"),
            "mean F": figure(side, "mean_f_cell"),
        }
        for side in with_lookups(report)
    ]
