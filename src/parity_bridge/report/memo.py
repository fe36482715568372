"""``f_cell_comparison.md``: the memo a crystallographer reads. Every figure comes from a record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.comparison.causes import extents_text
from parity_bridge.comparison.result import FieldComparison, PixelComparison
from parity_bridge.comparison.tolerances import FORMULA
from parity_bridge.report.difference_sections import differences_section, inputs_section
from parity_bridge.report.divergence import first_divergence_section
from parity_bridge.report.findings import finding_section
from parity_bridge.report.markdown import Row, code, escaped, table
from parity_bridge.report.provenance import provenance_section, reproduce_section
from parity_bridge.report.wording import (
    lookup_rows,
    number_text,
    pixel_text,
    pixels_with_lookups,
    place_text,
    rounded_text,
    tap4_figure_text,
    tap4_range_text,
    verdict_sentence,
)
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.registry import TAPS_BY_ID

_MOST_SENSITIVE = 12


def memo(pair: PairAnswer) -> str:
    """Return the whole memo: verdict, where the sides differ first and why, then all else."""
    return "\n\n".join(part for part in _memo_sections(pair) if part) + "\n"


def _memo_sections(pair: PairAnswer) -> Iterator[str]:
    comparison = pair.comparison
    yield f"# Parity of {escaped(comparison.other)} with {escaped(comparison.reference)}"
    yield f"**Verdict: {escaped(verdict_sentence(pair))}.**"
    yield first_divergence_section(pair)
    yield finding_section(pair.finding)
    yield inputs_section(pair)
    yield shapes_section(pair)
    yield _taps_section(pair)
    yield _lookups_section(pair)
    yield differences_section(pair)
    yield _tolerance_section(pair)
    yield _noise_section(pair)
    yield _indices_section(pair)
    yield _extents_section(pair)
    yield provenance_section(pair)
    yield reproduce_section(pair)


def _taps_section(pair: PairAnswer) -> str:
    rows = [_tap_row(pair, tap_id) for tap_id in TAPS_BY_ID if _is_compared(pair, tap_id)]
    return f"## Taps\n\n{table(rows)}\n\nFigures of all pixels, in the order of the chain."


def _is_compared(pair: PairAnswer, tap_id: str) -> bool:
    return any(tap_id in pixel.taps for pixel in pair.comparison.pixels)


def _tap_row(pair: PairAnswer, tap_id: str) -> Row:
    fields = [
        item for pixel in pair.comparison.pixels for item in pixel.fields if item.tap == tap_id
    ]
    differing_fields = [item for item in fields if item.differing]
    return {
        "tap": TAPS_BY_ID[tap_id].number or "-",
        "name": tap_id,
        "figures compared": str(sum(item.compared for item in fields)),
        "differing": str(sum(item.differing for item in fields)),
        "beyond noise": _signal_count_text(differing_fields),
        "fields that differ": ", ".join(dict.fromkeys(item.field for item in differing_fields))
        or "-",
    }


def _signal_count_text(differing_fields: Sequence[FieldComparison]) -> str:
    """Return how many differences are signal; a dash where noise is unknown or all agrees."""
    signals = [item.signal for item in differing_fields]
    if not signals or None in signals:
        return "-"
    return str(sum(signal for signal in signals if signal is not None))


def _lookups_section(pair: PairAnswer) -> str:
    rows = lookup_rows(pair)
    if not rows:
        return ""
    return f"""## Lookups

{table(rows)}

Pixel is slow, fast. Ranges are of the nearest Miller indices the pixel asked for; F in \
electrons."""


def shapes_section(pair: PairAnswer) -> str:
    """Return what only one side recorded; empty where both recorded the same."""
    comparison = pair.comparison
    lines = [
        *_one_sided_pixel_lines(comparison.reference, comparison.only_in_reference),
        *_one_sided_pixel_lines(comparison.other, comparison.only_in_other),
        *filter(None, map(_oversampling_line, comparison.pixels)),
        *_missing_figure_lines(pair),
    ]
    return "## Shapes\n\n" + "\n".join(lines) if lines else ""


def _one_sided_pixel_lines(name: str, pixels: tuple[tuple[int, int], ...]) -> list[str]:
    return [
        f"- Pixel {pixel_text(pixel)} was recorded by {escaped(name)} only." for pixel in pixels
    ]


def _oversampling_line(pixel: PixelComparison) -> str | None:
    ours, theirs = pixel.oversample
    if ours == theirs:
        return None
    where = escaped(pixel_text(pixel.pixel_coords, pixel.tag))
    return f"- Pixel {where} was oversampled {ours} and {theirs}; its figures are not compared."


def _missing_figure_lines(pair: PairAnswer) -> Iterator[str]:
    """Yield what only one side recorded, all of a kind in one line."""
    pixels_by_kind: dict[tuple[str, str, str], list[str]] = {}
    for pixel in pair.comparison.pixels:
        kinds: dict[tuple[str, str], list[str]] = {}
        for missing_figure in pixel.absent:
            kinds.setdefault((missing_figure.what, missing_figure.missing_in), []).append(
                missing_figure.name
            )
        for (what, missing_in), names in kinds.items():
            listed = ", ".join(map(code, names))
            where = escaped(pixel_text(pixel.pixel_coords, pixel.tag))
            pixels_by_kind.setdefault((what, missing_in, listed), []).append(where)
    for (what, missing_in, listed), pixels in pixels_by_kind.items():
        missing = _missing_figure_text(pair, what, missing_in)
        yield f"- Pixel {'; '.join(pixels)}: {missing}: {listed}."


def _missing_figure_text(pair: PairAnswer, what: str, missing_in: str) -> str:
    names = escaped(pair.comparison.reference), escaped(pair.comparison.other)
    without, having = names if missing_in == "reference" else names[::-1]
    if what == "unknown field":
        return f"recorded by {having}, not in the schema and therefore not compared"
    kind = "taps" if what == "tap" else "fields"
    return f"{kind} recorded by {having}, not by {without}, and therefore not compared"


def _tolerance_section(pair: PairAnswer) -> str:
    tolerances = pair.comparison.tolerances
    rows = [
        {
            "figures": name,
            "atol": number_text(tolerance.atol),
            "rtol": number_text(tolerance.rtol),
            "largest difference": _largest_difference_text(pair, name),
            "set by": tolerances.file if name in tolerances.overridden else tolerances.case,
        }
        for name, tolerance in tolerances.fields.items()
    ]
    return f"""## Tolerances

`{FORMULA}` with the reference {escaped(pair.comparison.reference)}, the other \
{escaped(pair.comparison.other)}, {escaped(tolerances.case)}:

{table([{key: str(value) for key, value in row.items()} for row in rows])}

The most specific row holds. Counts, nearest Miller indices, flags and words must be equal; NaN \
agrees with NaN and an infinity with itself. The largest difference over all pixels is the \
smallest atol that passes with rtol 0."""


def _largest_difference_text(pair: PairAnswer, name: str) -> str:
    tolerances = pair.comparison.tolerances
    needed = [
        item.smallest_passing_atol
        for pixel in pair.comparison.pixels
        for item in pixel.fields
        if item.compared and tolerances.key(item.tap, item.field) == name
    ]
    known = [atol for atol in needed if atol is not None]
    if not needed:
        return "not compared"
    return number_text(max(known)) if len(known) == len(needed) else "no atol passes"


def _noise_section(pair: PairAnswer) -> str:
    budgets = pair.reference.noise
    if not budgets:
        return ""
    inputs = list(dict.fromkeys(name for budget in budgets.values() for name in budget.inputs))
    rows = [
        {
            "tap": tap_id,
            "field": item.field,
            "figure": number_text(item.figure),
            "spread": rounded_text(item.spread),
            "relative": rounded_text(item.relative),
        }
        for tap_id, item in _largest_relative_spreads(pair).items()
    ]
    sensitive = [
        f"- {pixel_text(pixel)}, {place_text(item.place)}: {item.axis} = {number_text(item.index)} "
        f"lies {rounded_text(item.tie_distance)} from a half, "
        f"its noise is {rounded_text(item.noise)}."
        for pixel, budget in budgets.items()
        for item in budget.rounding_sensitive[:_MOST_SENSITIVE]
    ]
    tail = "\n\nRounding-sensitive indices:\n\n" + "\n".join(sensitive) if sensitive else ""
    return f"""## Noise budget

What a change of one unit in the last place of an input does to a figure, summed over the \
{len(inputs)} that have an effect (flags, and what a stage hands to the next: \
{", ".join(map(escaped, inputs))}), and at least one unit in the last place of the figure. \
Of each tap the figure known worst for its size:

{table(rows)}{tail}"""


class _RelativeSpread(NamedTuple):
    """A figure and its spread; the first field decides the order."""

    relative: float
    spread: float
    field: str
    figure: float


def _largest_relative_spreads(pair: PairAnswer) -> dict[str, _RelativeSpread]:
    """Return of each tap the figure that is known worst for its size."""
    largest: dict[str, _RelativeSpread] = {}
    for pixel in pair.reference.pixels:
        budget = pair.reference.noise.get(pixel.pixel)
        for tap_id, spreads in (budget.spread if budget else {}).items():
            if tap_id not in pixel.taps:
                continue
            for field, spread in spreads.items():
                for item in _relative_spreads(pixel.taps[tap_id], field, spread):
                    largest[tap_id] = max(largest.get(tap_id, item), item)
    return {tap_id: largest[tap_id] for tap_id in TAPS_BY_ID if tap_id in largest}


def _relative_spreads(
    figures: TapFields, field: str, spread: Sequence[float]
) -> Iterator[_RelativeSpread]:
    column = figures.columns.get(field)
    values = [figures.pixel[field]] if column is None else column.tolist()
    for value, width in zip(values, spread, strict=True):
        if isinstance(value, float) and value != 0.0 and math.isfinite(value):
            yield _RelativeSpread(width / abs(value), width, field, value)


def _indices_section(pair: PairAnswer) -> str:
    rows = _indices_rows(pair)
    if not rows:
        return ""
    return f"""## Miller indices asked for

{table(rows)}

Fractional indices, smallest and largest of the pixel. The rounding margin is the smallest \
distance of any of them from a half-integer."""


def _indices_rows(pair: PairAnswer) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(side.pixel, side.tag),
            "Impl": side.implementation,
            **{axis: tap4_range_text(side, "hkl_fractional_bounds", axis) for axis in "hkl"},
            "rounding margin": tap4_figure_text(side, "rounding_margin"),
        }
        for side in pixels_with_lookups(pair)
    ]


def _extents_section(pair: PairAnswer) -> str:
    tables = [(side.name, side.pixels[0].hkl_table) for side in pair.sides]
    rows = [
        {
            "Impl": name,
            "source": hkl_table.source,
            "entries": str(hkl_table.entries),
            "extents": extents_text(hkl_table.extents),
        }
        for name, hkl_table in tables
        if hkl_table is not None
    ]
    return f"## Extents of the structure-factor table\n\n{table(rows)}" if rows else ""
