"""The part of the memo that says what differs, by how much, and what may explain it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from parity_bridge.causes import Explanation, extents_text
from parity_bridge.compare import Difference, Inputs, PixelComparison
from parity_bridge.flags.values import is_flag_word
from parity_bridge.nanobragg_flags import to_flags
from parity_bridge.report.provenance import behaviours_text
from parity_bridge.report.view import (
    Report,
    Row,
    Side,
    number,
    pixel_text,
    place_text,
    plural,
    table,
)
from parity_bridge.taps.f_cell import IndexBounds

Item = TypeVar("Item")

#: Beyond it a distance in units in the last place says no more than the difference itself.
_MOST_ULPS = 2**20
_OF_INPUTS = ("stale cache", "different tables", "different default_F")


def inputs_section(report: Report) -> str:
    """What each engine was given, where that differs; empty where it does not."""
    pixels = [pixel for pixel in report.comparison.pixels if pixel.inputs.differing]
    tables = [
        table(_input_rows(inputs, report)) for inputs in _unique(pixel.inputs for pixel in pixels)
    ]
    explained = _unique(item for pixel in pixels for item in pixel.explanations if _of_inputs(item))
    bullets = "\n".join(_bullet(explanation) for explanation in explained)
    told = _different_behaviours(report), _different_flags(report)
    text = "\n\n".join(part for part in (*tables, bullets, *told) if part)
    return f"## The engines were not given the same\n\n{text}" if text else ""


def differences_section(report: Report) -> str:
    """Pixel by pixel: the first difference, all differing fields, and what explains them."""
    parts = [_pixel_part(report, pixel) for pixel in report.comparison.pixels if pixel.differences]
    return "\n\n".join(("## Differences", *parts)) if parts else ""


def _pixel_part(report: Report, pixel: PixelComparison) -> str:
    names = report.comparison.reference, report.comparison.other
    parts = (
        f"### Pixel {pixel_text(pixel.pixel_coords, pixel.tag)}",
        _first(pixel.differences, names),
        table(_field_rows(pixel, names)),
        _margins(report, pixel),
        _explained(report, pixel.explanations),
    )
    return "\n\n".join(part for part in parts if part)


def _explained(report: Report, explanations: Sequence[Explanation]) -> str:
    """What the figures of a pixel are consistent with; inputs were explained further up."""
    if not explanations:
        text = "No named behaviour of contract §7 explains this from the records alone"
        if _different_behaviours(report):
            text += "; the engines were told to behave differently (see above)"
        if _different_flags(report):
            text += "; the engines were given different nanoBragg flags (see above)"
        return f"{text}."
    bullets = (
        f"- **{it.name}**, see above" if _of_inputs(it) else _bullet(it) for it in explanations
    )
    return "Consistent with:\n\n" + "\n".join(bullets)


def _first(differences: Sequence[Difference], names: tuple[str, str]) -> str:
    first = differences[0]
    text = f"- First difference in schema order: {_difference_text(first, names)}"
    in_subpixel = next((item for item in differences if item.place is not None), None)
    if in_subpixel is None or in_subpixel is first:
        return text
    return f"{text}\n- First lookup that differs: {_difference_text(in_subpixel, names)}"


def _difference_text(item: Difference, names: tuple[str, str]) -> str:
    where = f" at {place_text(item.place)}" if item.place else ""
    by = "" if item.absolute is None else f", difference {number(item.absolute)}"
    shown = _ulps(item)
    ulps = "" if shown is None else f", {plural(shown, 'ULP')}"
    return (
        f"`{item.field}`{where}, {names[0]} {number(item.reference)}, {names[1]} "
        f"{number(item.other)}{by}{ulps}."
    )


def _field_rows(pixel: PixelComparison, names: tuple[str, str]) -> list[Row]:
    """One row a differing field, with its first occurrence."""
    by_field: dict[str, list[Difference]] = {}
    for item in pixel.differences:
        by_field.setdefault(item.field, []).append(item)
    return [
        {
            "field": field,
            "differing": str(len(items)),
            "first at": place_text(items[0].place) if items[0].place else "pixel",
            names[0]: number(items[0].reference),
            names[1]: number(items[0].other),
            "difference": _or_dash(items[0].absolute),
            "ULP": _or_dash(_ulps(items[0])),
            "smallest passing atol (rtol 0)": _or_dash(pixel.smallest_passing_atol[field]),
        }
        for field, items in by_field.items()
    ]


def _ulps(item: Difference) -> int | None:
    return None if item.ulps is None or item.ulps > _MOST_ULPS else item.ulps


def _or_dash(value: float | None) -> str:
    return "-" if value is None else number(value)


def _margins(report: Report, pixel: PixelComparison) -> str:
    """Rounding margins, where a nearest index differs: a small one is a flip near a tie."""
    if not any("hkl_rounded" in item.field for item in pixel.differences):
        return ""
    margins = [
        f"{record.implementation} {number(record.values.rounding_margin)}"
        for side in report.sides
        for record in side.records
        if record.pixel_coords == pixel.pixel_coords
    ]
    return f"Nearest indices differ; smallest distance from a half-integer: {', '.join(margins)}."


def _input_rows(inputs: Inputs, report: Report) -> list[Row]:
    ours, theirs = inputs.reference, inputs.other
    return [
        {
            "structure factors": ("**" + field + "**") if field in inputs.differing else field,
            report.comparison.reference: _shown(getattr(ours, field)),
            report.comparison.other: _shown(getattr(theirs, field)),
        }
        for field in ("source", "file", "sha256", "extents", "entries", "default_F")
    ]


def _different_behaviours(report: Report) -> str:
    texts = [behaviours_text(side.metadata[0]) for side in report.sides if side.metadata]
    if len(set(texts)) < 2:
        return ""
    told = "; ".join(f"{side.name}: {text}" for side, text in zip(report.sides, texts, strict=True))
    return f"The engines were told to behave differently. {told}."


def _different_flags(report: Report) -> str:
    ours, theirs = (_flags(side) for side in report.sides)
    if ours == theirs:
        return ""
    names = report.comparison.reference, report.comparison.other
    own = _only(names[0], ours, theirs), _only(names[1], theirs, ours)
    return (
        f"nanoBragg flags differ: {own[0]}, {own[1]}.\n\n"
        "Tap 4 holds no intensities, so flags that only change those are not compared."
    )


def _flags(side: Side) -> list[str]:
    """Flags, each with its numbers, but for files: their content is compared, not their names."""
    if not side.metadata:
        return []
    experiment = side.metadata[0].experiment
    source = experiment.structure_factors.model_copy(update={"hkl": None, "dump": None})
    beam = experiment.beam.model_copy(update={"source_file": None})
    detector = experiment.detector.model_copy(update={"mask": None})
    flags: list[str] = []
    without_files = {"structure_factors": source, "beam": beam, "detector": detector}
    for word in to_flags(experiment.model_copy(update=without_files)):
        if is_flag_word(word):
            flags.append(word)
        else:
            flags[-1] += f" {word}"
    return flags


def _only(name: str, flags: Sequence[str], others: Sequence[str]) -> str:
    own = [flag for flag in flags if flag not in others]
    return f"{name} alone has `{' '.join(own)}`" if own else f"{name} has the defaults there"


def _shown(value: IndexBounds | str | float | None) -> str:
    if isinstance(value, IndexBounds):
        return extents_text(value)
    return value if isinstance(value, str) else number(value)


def _of_inputs(explanation: Explanation) -> bool:
    return explanation.name in _OF_INPUTS


def _bullet(explanation: Explanation) -> str:
    return f"- **{explanation.name}**: {explanation.sentence}."


def _unique(items: Iterable[Item]) -> list[Item]:
    found: list[Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
