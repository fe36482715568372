"""``f_cell_comparison.md``: the memo a crystallographer reads. Every figure comes from a record."""

from __future__ import annotations

from collections.abc import Iterator

from parity_bridge.causes import extents_text
from parity_bridge.compare import PixelComparison
from parity_bridge.report.explanations import differences_section, inputs_section
from parity_bridge.report.provenance import provenance_section, reproduce_section
from parity_bridge.report.view import (
    Report,
    Row,
    by_pixel,
    lookup_rows,
    number,
    pixel_text,
    range_text,
    table,
    verdict_sentence,
)
from parity_bridge.tolerances import FORMULA


def memo(report: Report) -> str:
    """The whole memo; what the engines were given stands before any figure where it differs."""
    return "\n\n".join(part for part in _parts(report) if part) + "\n"


def _parts(report: Report) -> Iterator[str]:
    comparison = report.comparison
    yield f"# Structure-factor lookups: {comparison.reference} against {comparison.other}"
    yield f"**Verdict: {verdict_sentence(report)}.**"
    yield inputs_section(report)
    yield _lookups_section(report)
    yield _shapes_section(report)
    yield differences_section(report)
    yield _tolerance_section(report)
    yield _indices_section(report)
    yield _extents_section(report)
    yield provenance_section(report)
    yield reproduce_section(report)


def _lookups_section(report: Report) -> str:
    return f"""## Lookups

{table(lookup_rows(report))}

Pixel is slow, fast. Ranges are of the nearest Miller indices the pixel asked for; F in \
electrons."""


def _shapes_section(report: Report) -> str:
    lines = [
        *_alone(report.comparison.reference, report.comparison.only_in_reference),
        *_alone(report.comparison.other, report.comparison.only_in_other),
        *filter(None, map(_oversampling, report.comparison.pixels)),
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


def _tolerance_section(report: Report) -> str:
    tolerances = report.comparison.tolerances
    rows = [
        {
            "field": field,
            "atol": number(tolerance.atol),
            "rtol": number(tolerance.rtol),
            "largest difference": _largest(report, field),
        }
        for field, tolerance in tolerances.fields.items()
    ]
    return f"""## Tolerances

`{FORMULA}` with c the reference ({report.comparison.reference}), py {report.comparison.other}, \
{tolerances.case}:

{table(rows)}

Counts, Miller indices and flags must be equal. The largest difference over all pixels is the \
smallest atol that passes with rtol 0."""


def _largest(report: Report, field: str) -> str:
    needed = [
        atol
        for pixel in report.comparison.pixels
        for name, atol in pixel.smallest_passing_atol.items()
        if name.partition(".")[0] == field
    ]
    known = [atol for atol in needed if atol is not None]
    if not needed:
        return "not compared"
    return number(max(known)) if len(known) == len(needed) else "no atol passes"


def _indices_section(report: Report) -> str:
    return f"""## Miller indices asked for

{table(_indices_rows(report))}

Fractional indices, smallest and largest of the pixel. The rounding margin is the smallest \
distance of any of them from a half-integer."""


def _indices_rows(report: Report) -> list[Row]:
    return [
        {
            "Pixel": pixel_text(record.pixel_coords, record.tag),
            "Impl": record.implementation,
            **{axis: range_text(record.values.hkl_fractional_bounds, axis) for axis in "hkl"},
            "rounding margin": number(record.values.rounding_margin),
        }
        for record in by_pixel(report)
    ]


def _extents_section(report: Report) -> str:
    rows = [
        {
            "Impl": side.name,
            "source": side.records[0].hkl_table.source,
            "entries": str(side.records[0].hkl_table.entries),
            "extents": extents_text(side.records[0].hkl_table.extents),
        }
        for side in report.sides
    ]
    return f"""## Extents of the structure-factor table

{table(rows)}"""
