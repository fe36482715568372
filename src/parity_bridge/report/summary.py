"""``f_cell_summary.md`` and the terminal's table: counts by engine and pixel, and the verdict."""

from __future__ import annotations

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.report.divergence import first_diverging_pixel
from parity_bridge.report.findings import finding_line, formula_lines
from parity_bridge.report.markdown import Row, escaped, plain_table, table
from parity_bridge.report.wording import (
    lookup_rows,
    number_text,
    pixel_text,
    pixels_with_lookups,
    place_text,
    tap4_figure_text,
    verdict_sentence,
)


def summary(pair: PairAnswer) -> str:
    """Return the Markdown summary."""
    return f"""# Structure-factor lookups

{table(_summary_rows(pair))}

Verdict: {escaped(verdict_sentence(pair))}.
"""


def terminal_text(pair: PairAnswer) -> str:
    """Return the same records for a person at a terminal."""
    parts = (plain_table(lookup_rows(pair)), verdict_sentence(pair), _reason_lines(pair))
    return "\n\n".join(part for part in parts if part)


def _reason_lines(pair: PairAnswer) -> str:
    """Return the first divergence and the reason for it, a line each."""
    lines = []
    pixel = first_diverging_pixel(pair)
    if pixel is not None and pixel.first_divergence is not None:
        first = pixel.first_divergence
        where = f" at {place_text(first.place)}" if first.place else ""
        names = pair.comparison.reference, pair.comparison.other
        lines.append(
            f"first divergence: pixel {pixel_text(pixel.pixel_coords, pixel.tag)}, {first.tap}, "
            f"{first.field}{where}: {names[0]} {number_text(first.reference)}, {names[1]} "
            f"{number_text(first.other)}"
        )
    if pair.finding is not None:
        lines += [finding_line(pair.finding), *formula_lines(pair.finding)]
    return "\n".join(lines)


def _summary_rows(pair: PairAnswer) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(side.pixel, side.tag),
            "Impl": side.implementation,
            "total": tap4_figure_text(side, "total_lookups"),
            "skipped": tap4_figure_text(side, "skipped_lookups"),
            "out of bounds": tap4_figure_text(side, "out_of_bounds_count"),
            "zero": tap4_figure_text(side, "zero_f_count"),
            "default_F": tap4_figure_text(side, "default_f_count"),
            "mean F": tap4_figure_text(side, "mean_f_cell"),
        }
        for side in pixels_with_lookups(pair)
    ]
