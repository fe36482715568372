"""The part of the memo that says what differs, by how much, and what may explain it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from parity_bridge.comparison.causes import OF_INPUTS, Cause, extents_text
from parity_bridge.comparison.result import Inputs, PixelComparison
from parity_bridge.experiment.hkl_table import IndexBounds
from parity_bridge.report.divergence import near_ulps, or_dash, units_text
from parity_bridge.report.provenance import behaviours_text
from parity_bridge.report.view import (
    Report,
    Row,
    number,
    pixel_text,
    place_text,
    table,
)

Item = TypeVar("Item")


def inputs_section(report: Report) -> str:
    """What each engine was given, where that differs; empty where it does not."""
    pixels = [pixel for pixel in report.comparison.pixels if pixel.inputs.differing]
    unlike = _unique(pixel.inputs for pixel in pixels)
    tables = [table(_table_rows(inputs, report)) for inputs in unlike if inputs.of_table]
    flags = _unique(pair for inputs in unlike for pair in inputs.flags)
    flag_rows: list[Row] = [
        {
            "nanoBragg flag": f"`{pair.flag}`",
            report.comparison.reference: pair.texts[0],
            report.comparison.other: pair.texts[1],
        }
        for pair in flags
    ]
    explained = _unique(item for pixel in pixels for item in pixel.causes if _of_inputs(item))
    bullets = "\n".join(_bullet(cause) for cause in explained)
    told = _different_behaviours(report)
    parts = (*tables, table(flag_rows) if flag_rows else "", bullets, told)
    text = "\n\n".join(part for part in parts if part)
    title = "were told to behave differently" if text == told else "were not given the same"
    return f"## The engines {title}\n\n{text}" if text else ""


def differences_section(report: Report) -> str:
    """Pixel by pixel: all differing fields, and what is consistent with them."""
    parts = [_pixel_part(report, pixel) for pixel in report.comparison.pixels if pixel.differing]
    return "\n\n".join(("## Differences", *parts)) if parts else ""


def _pixel_part(report: Report, pixel: PixelComparison) -> str:
    names = report.comparison.reference, report.comparison.other
    parts = (
        f"### Pixel {pixel_text(pixel.pixel_coords, pixel.tag)}",
        table(_field_rows(pixel, names)),
        _margins(report, pixel),
        _consistent(report, pixel.causes),
    )
    return "\n\n".join(part for part in parts if part)


def _consistent(report: Report, causes: Sequence[Cause]) -> str:
    """What the figures of a pixel are consistent with; inputs were explained further up."""
    if causes:
        bullets = (
            f"- **{it.name}**, see above" if _of_inputs(it) else _bullet(it) for it in causes
        )
        return "Consistent with:\n\n" + "\n".join(bullets)
    if report.finding is not None:
        return ""
    text = "No named behaviour of contract §7 explains this from the records alone"
    if _different_behaviours(report):
        text += "; the engines were told to behave differently (see above)"
    return f"{text}; `explain` searches for one by computing."


def _field_rows(pixel: PixelComparison, names: tuple[str, str]) -> list[Row]:
    """One row a differing field, with its first occurrence."""
    return [
        {
            "tap": item.tap,
            "field": item.field,
            "differing": f"{item.differing} of {item.compared}",
            "first at": place_text(first.place) if first.place else "pixel",
            names[0]: number(first.reference),
            names[1]: number(first.other),
            "difference": or_dash(first.absolute),
            "ULP": or_dash(near_ulps(first)),
            "noise": "-" if first.noise_units is None else units_text(first.noise_units),
            "smallest passing atol (rtol 0)": or_dash(item.smallest_passing_atol),
        }
        for item in pixel.fields
        if (first := item.first) is not None
    ]


def _margins(report: Report, pixel: PixelComparison) -> str:
    """Rounding margins, where a nearest index differs: a small one is a flip near a tie."""
    if not any("hkl_rounded" in item.field for item in pixel.differing):
        return ""
    margins = [
        f"{seen.implementation} {number(seen.taps['f_cell_stats'].pixel['rounding_margin'])}"
        for side in report.sides
        for seen in side.pixels
        if seen.pixel == pixel.pixel_coords
        and "f_cell_stats" in seen.taps
        and "rounding_margin" in seen.taps["f_cell_stats"].pixel
    ]
    if not margins:
        return ""
    return f"Nearest indices differ; smallest distance from a half-integer: {', '.join(margins)}."


def _table_rows(inputs: Inputs, report: Report) -> list[Row]:
    return [
        {
            "structure factors": ("**" + field + "**") if field in inputs.differing else field,
            report.comparison.reference: _shown(getattr(inputs.reference, field)),
            report.comparison.other: _shown(getattr(inputs.other, field)),
        }
        for field in ("source", "file", "sha256", "extents", "entries", "default_F")
    ]


def _different_behaviours(report: Report) -> str:
    texts = [behaviours_text(side.metadata[0]) for side in report.sides if side.metadata]
    if len(set(texts)) < 2:
        return ""
    told = "; ".join(f"{side.name}: {text}" for side, text in zip(report.sides, texts, strict=True))
    return f"Behaviours told: {told}."


def _shown(value: IndexBounds | str | float | None) -> str:
    if isinstance(value, IndexBounds):
        return extents_text(value)
    return number(value)


def _of_inputs(cause: Cause) -> bool:
    return cause.name in OF_INPUTS


def _bullet(cause: Cause) -> str:
    return f"- **{cause.name}**: {cause.sentence}."


def _unique(items: Iterable[Item]) -> list[Item]:
    found: list[Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
