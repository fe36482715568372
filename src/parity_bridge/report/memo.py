"""``f_cell_comparison.md``: the memo a crystallographer reads. Every figure comes from a record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parity_bridge.comparison.causes import extents_text
from parity_bridge.comparison.result import FieldComparison, PixelComparison
from parity_bridge.comparison.tolerances import FORMULA
from parity_bridge.report.divergence import first_divergence_section
from parity_bridge.report.explanations import differences_section, inputs_section
from parity_bridge.report.findings import finding_section
from parity_bridge.report.provenance import provenance_section, reproduce_section
from parity_bridge.report.view import (
    Report,
    Row,
    figure,
    lookup_rows,
    number,
    pixel_text,
    place_text,
    range_text,
    short,
    table,
    verdict_sentence,
    with_lookups,
)
from parity_bridge.taps.figures import Figures
from parity_bridge.taps.registry import BY_ID

_MOST_SENSITIVE = 12


def memo(report: Report) -> str:
    """The whole memo: the verdict, where the sides part first and why, then everything else."""
    return "\n\n".join(part for part in _parts(report) if part) + "\n"


def _parts(report: Report) -> Iterator[str]:
    comparison = report.comparison
    yield f"# Parity of {comparison.other} with {comparison.reference}"
    yield f"**Verdict: {verdict_sentence(report)}.**"
    yield first_divergence_section(report)
    yield finding_section(report.finding)
    yield inputs_section(report)
    yield shapes_section(report)
    yield _taps_section(report)
    yield _lookups_section(report)
    yield differences_section(report)
    yield _tolerance_section(report)
    yield _noise_section(report)
    yield _indices_section(report)
    yield _extents_section(report)
    yield provenance_section(report)
    yield reproduce_section(report)


def _taps_section(report: Report) -> str:
    rows = [_tap_row(report, tap_id) for tap_id in BY_ID if _is_compared(report, tap_id)]
    return f"## Taps\n\n{table(rows)}\n\nFigures of all pixels, in the order of the chain."


def _is_compared(report: Report, tap_id: str) -> bool:
    return any(tap_id in pixel.taps for pixel in report.comparison.pixels)


def _tap_row(report: Report, tap_id: str) -> Row:
    fields = [
        item for pixel in report.comparison.pixels for item in pixel.fields if item.tap == tap_id
    ]
    apart = [item for item in fields if item.differing]
    return {
        "tap": BY_ID[tap_id].number or "-",
        "name": tap_id,
        "figures compared": str(sum(item.compared for item in fields)),
        "differing": str(sum(item.differing for item in fields)),
        "beyond noise": _beyond_noise(apart),
        "fields that differ": ", ".join(dict.fromkeys(item.field for item in apart)) or "-",
    }


def _beyond_noise(apart: Sequence[FieldComparison]) -> str:
    """How many differences are signal; a dash where the noise is not known or nothing differs."""
    signals = [item.signal for item in apart]
    if not signals or None in signals:
        return "-"
    return str(sum(signal for signal in signals if signal is not None))


def _lookups_section(report: Report) -> str:
    rows = lookup_rows(report)
    if not rows:
        return ""
    return f"""## Lookups

{table(rows)}

Pixel is slow, fast. Ranges are of the nearest Miller indices the pixel asked for; F in \
electrons."""


def shapes_section(report: Report) -> str:
    """What only one side recorded; empty where both recorded the same."""
    comparison = report.comparison
    lines = [
        *_alone(comparison.reference, comparison.only_in_reference),
        *_alone(comparison.other, comparison.only_in_other),
        *filter(None, map(_oversampling, comparison.pixels)),
        *_absences(report),
    ]
    return "## Shapes\n\n" + "\n".join(lines) if lines else ""


def _alone(name: str, pixels: tuple[tuple[int, int], ...]) -> list[str]:
    return [f"- Pixel {pixel_text(pixel)} was recorded by {name} only." for pixel in pixels]


def _oversampling(pixel: PixelComparison) -> str | None:
    ours, theirs = pixel.oversample
    if ours == theirs:
        return None
    where = pixel_text(pixel.pixel_coords, pixel.tag)
    return f"- Pixel {where} was oversampled {ours} and {theirs}; its figures are not compared."


def _absences(report: Report) -> Iterator[str]:
    """What only one side tells, all of a kind in one line."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for pixel in report.comparison.pixels:
        kinds: dict[tuple[str, str], list[str]] = {}
        for absence in pixel.absent:
            kinds.setdefault((absence.what, absence.missing_in), []).append(absence.name)
        for (what, missing_in), names in kinds.items():
            listed = ", ".join(f"`{name}`" for name in names)
            where = pixel_text(pixel.pixel_coords, pixel.tag)
            found.setdefault((what, missing_in, listed), []).append(where)
    for (what, missing_in, listed), pixels in found.items():
        yield f"- Pixel {'; '.join(pixels)}: {_absence_text(report, what, missing_in)}: {listed}."


def _absence_text(report: Report, what: str, missing_in: str) -> str:
    names = report.comparison.reference, report.comparison.other
    without, having = names if missing_in == "reference" else names[::-1]
    if what == "unknown field":
        return f"recorded by {having}, not in the schema and therefore not compared"
    kind = "taps" if what == "tap" else "fields"
    return f"{kind} recorded by {having}, not by {without}, and therefore not compared"


def _tolerance_section(report: Report) -> str:
    tolerances = report.comparison.tolerances
    rows = [
        {
            "figures": name,
            "atol": number(tolerance.atol),
            "rtol": number(tolerance.rtol),
            "largest difference": _largest(report, name),
            "set by": tolerances.file if name in tolerances.overridden else tolerances.case,
        }
        for name, tolerance in tolerances.fields.items()
    ]
    return f"""## Tolerances

`{FORMULA}` with the reference {report.comparison.reference}, the other {report.comparison.other}, \
{tolerances.case}:

{table([{key: str(value) for key, value in row.items()} for row in rows])}

The most specific row holds. Counts, nearest Miller indices, flags and words must be equal; NaN \
agrees with NaN and an infinity with itself. The largest difference over all pixels is the \
smallest atol that passes with rtol 0."""


def _largest(report: Report, name: str) -> str:
    tolerances = report.comparison.tolerances
    needed = [
        item.smallest_passing_atol
        for pixel in report.comparison.pixels
        for item in pixel.fields
        if item.compared and tolerances.key(item.tap, item.field) == name
    ]
    known = [atol for atol in needed if atol is not None]
    if not needed:
        return "not compared"
    return number(max(known)) if len(known) == len(needed) else "no atol passes"


def _noise_section(report: Report) -> str:
    budgets = report.reference.noise
    if not budgets:
        return ""
    inputs = list(dict.fromkeys(name for budget in budgets.values() for name in budget.inputs))
    rows = [
        {
            "tap": tap_id,
            "field": item.field,
            "figure": number(item.figure),
            "spread": short(item.spread),
            "relative": short(item.relative),
        }
        for tap_id, item in _widest(report).items()
    ]
    sensitive = [
        f"- {pixel_text(pixel)}, {place_text(item.place)}: {item.axis} = {number(item.index)} lies "
        f"{short(item.tie_distance)} from a half, its noise is {short(item.noise)}."
        for pixel, budget in budgets.items()
        for item in budget.rounding_sensitive[:_MOST_SENSITIVE]
    ]
    tail = "\n\nRounding-sensitive indices:\n\n" + "\n".join(sensitive) if sensitive else ""
    return f"""## Noise budget

What a change of one unit in the last place of an input does to a figure, summed over the \
{len(inputs)} that have an effect (flags, and what a stage hands to the next: \
{", ".join(inputs)}), and at least one unit in the last place of the figure. Of each tap \
the figure known worst for its size:

{table(rows)}{tail}"""


class _Widest(NamedTuple):
    """A figure and its spread; the first decides."""

    relative: float
    spread: float
    field: str
    figure: float


def _widest(report: Report) -> dict[str, _Widest]:
    """Of each tap the figure that is known worst for its size."""
    found: dict[str, _Widest] = {}
    for pixel in report.reference.pixels:
        budget = report.reference.noise.get(pixel.pixel)
        for tap_id, spreads in (budget.spread if budget else {}).items():
            if tap_id not in pixel.taps:
                continue
            for field, spread in spreads.items():
                for item in _measured(pixel.taps[tap_id], field, spread):
                    found[tap_id] = max(found.get(tap_id, item), item)
    return {tap_id: found[tap_id] for tap_id in BY_ID if tap_id in found}


def _measured(figures: Figures, field: str, spread: Sequence[float]) -> Iterator[_Widest]:
    column = figures.columns.get(field)
    values = [figures.pixel[field]] if column is None else column.tolist()
    for value, width in zip(values, spread, strict=True):
        if isinstance(value, float) and value != 0.0 and math.isfinite(value):
            yield _Widest(width / abs(value), width, field, value)


def _indices_section(report: Report) -> str:
    rows = _indices_rows(report)
    if not rows:
        return ""
    return f"""## Miller indices asked for

{table(rows)}

Fractional indices, smallest and largest of the pixel. The rounding margin is the smallest \
distance of any of them from a half-integer."""


def _indices_rows(report: Report) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(side.pixel, side.tag),
            "Impl": side.implementation,
            **{axis: range_text(side, "hkl_fractional_bounds", axis) for axis in "hkl"},
            "rounding margin": figure(side, "rounding_margin"),
        }
        for side in with_lookups(report)
    ]


def _extents_section(report: Report) -> str:
    tables = [(side.name, side.pixels[0].hkl_table) for side in report.sides]
    rows = [
        {
            "Impl": name,
            "source": told.source,
            "entries": str(told.entries),
            "extents": extents_text(told.extents),
        }
        for name, told in tables
        if told is not None
    ]
    return f"## Extents of the structure-factor table\n\n{table(rows)}" if rows else ""
