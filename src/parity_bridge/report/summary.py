"""``f_cell_summary.md`` and the terminal's table: counts by engine and pixel, and the verdict."""

from __future__ import annotations

from parity_bridge.report.view import (
    Report,
    Row,
    by_pixel,
    lookup_rows,
    number,
    pixel_text,
    table,
    verdict_sentence,
)


def summary(report: Report) -> str:
    """The Markdown summary."""
    return f"""# Structure-factor lookups

{table(_rows(report))}

Verdict: {verdict_sentence(report)}.
"""


def terminal_text(report: Report) -> str:
    """The same records for a person at a terminal."""
    return f"{table(lookup_rows(report), 'simple')}\n\n{verdict_sentence(report)}"


def _rows(report: Report) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(record.pixel_coords, record.tag),
            "Impl": record.implementation,
            "total": str(record.values.total_lookups),
            "skipped": str(record.values.skipped_lookups),
            "out of bounds": str(record.values.out_of_bounds_count),
            "zero": str(record.values.zero_f_count),
            "default_F": str(record.values.default_f_count),
            "mean F": number(record.values.mean_f_cell),
        }
        for record in by_pixel(report)
    ]
