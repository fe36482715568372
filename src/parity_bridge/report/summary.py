"""``f_cell_summary.md`` and the terminal's table: counts by engine and pixel, and the verdict."""

from __future__ import annotations

from parity_bridge.report.view import (
    Report,
    Row,
    figure,
    lookup_rows,
    pixel_text,
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
    return f"{table(lookup_rows(report), 'simple')}\n\n{verdict_sentence(report)}"


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
