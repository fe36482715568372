"""The part of the memo that says what differs, by how much, and what may explain it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.comparison.causes import INPUT_CAUSES, Cause, extents_text
from parity_bridge.comparison.result import InputComparison, PixelComparison
from parity_bridge.experiment.hkl_table import IndexBounds
from parity_bridge.report.divergence import ulps_within_limit, units_text
from parity_bridge.report.markdown import Row, code_cell, escaped, row_of, table
from parity_bridge.report.provenance import behaviours_text
from parity_bridge.report.wording import (
    number_or_dash,
    number_text,
    pixel_text,
    place_text,
)

Item = TypeVar("Item")


def inputs_section(pair: PairAnswer) -> str:
    """Return what each engine was given where the inputs differ; empty where they are the same."""
    pixels = [pixel for pixel in pair.comparison.pixels if pixel.inputs.differing]
    differing = _unique_items(pixel.inputs for pixel in pixels)
    tables = [
        table(_structure_factor_rows(inputs, pair))
        for inputs in differing
        if inputs.differing_table_fields
    ]
    flags = _unique_items(flag for inputs in differing for flag in inputs.flags)
    flag_rows: list[Row] = [
        row_of(
            (
                ("nanoBragg flag", code_cell(flag.flag)),
                (pair.comparison.reference, flag.texts[0]),
                (pair.comparison.other, flag.texts[1]),
            )
        )
        for flag in flags
    ]
    explained = _unique_items(item for pixel in pixels for item in pixel.causes if _of_inputs(item))
    bullets = "\n".join(_cause_bullet(cause) for cause in explained)
    behaviours = _different_behaviours(pair)
    parts = (*tables, table(flag_rows) if flag_rows else "", bullets, behaviours)
    text = "\n\n".join(part for part in parts if part)
    title = "were given different behaviours" if text == behaviours else "were not given the same"
    return f"## The engines {title}\n\n{text}" if text else ""


def differences_section(pair: PairAnswer) -> str:
    """Return pixel by pixel all differing fields and what is consistent with them."""
    parts = [_pixel_subsection(pair, pixel) for pixel in pair.comparison.pixels if pixel.differing]
    return "\n\n".join(("## Differences", *parts)) if parts else ""


def _pixel_subsection(pair: PairAnswer, pixel: PixelComparison) -> str:
    names = pair.comparison.reference, pair.comparison.other
    parts = (
        f"### Pixel {escaped(pixel_text(pixel.pixel_coords, pixel.tag))}",
        table(_field_rows(pixel, names)),
        _rounding_margins_text(pair, pixel),
        _possible_causes_text(pair, pixel.causes),
    )
    return "\n\n".join(part for part in parts if part)


def _possible_causes_text(pair: PairAnswer, causes: Sequence[Cause]) -> str:
    """Return what the figures of a pixel are consistent with; inputs are explained further up."""
    if causes:
        bullets = (
            f"- **{escaped(it.name)}**, see above" if _of_inputs(it) else _cause_bullet(it)
            for it in causes
        )
        return "Consistent with:\n\n" + "\n".join(bullets)
    if pair.finding is not None:
        return ""
    text = "No named behaviour of contract §7 explains this from the records alone"
    if _different_behaviours(pair):
        text += "; the engines were given different behaviours (see above)"
    return f"{text}; `explain` searches for one by computing."


def _field_rows(pixel: PixelComparison, names: tuple[str, str]) -> list[Row]:
    """Return one row per differing field, with its first occurrence."""
    return [
        row_of(
            (
                ("tap", item.tap),
                ("field", item.field),
                ("differing", f"{item.differing} of {item.compared}"),
                ("first at", place_text(first.place) if first.place else "pixel"),
                (names[0], number_text(first.reference)),
                (names[1], number_text(first.other)),
                ("difference", number_or_dash(first.absolute)),
                ("ULP", number_or_dash(ulps_within_limit(first))),
                ("noise", "-" if first.noise_units is None else units_text(first.noise_units)),
                ("smallest passing atol (rtol 0)", number_or_dash(item.smallest_passing_atol)),
            )
        )
        for item in pixel.fields
        if (first := item.first) is not None
    ]


def _rounding_margins_text(pair: PairAnswer, pixel: PixelComparison) -> str:
    """Return rounding margins where a nearest index differs: a small one is a flip near a tie."""
    if not any("hkl_rounded" in item.field for item in pixel.differing):
        return ""
    margins = [
        f"{escaped(pixel_taps.implementation)} "
        f"{number_text(pixel_taps.taps['f_cell_stats'].pixel['rounding_margin'])}"
        for side in pair.sides
        for pixel_taps in side.pixels
        if pixel_taps.pixel == pixel.pixel_coords
        and "f_cell_stats" in pixel_taps.taps
        and "rounding_margin" in pixel_taps.taps["f_cell_stats"].pixel
    ]
    if not margins:
        return ""
    return f"Nearest indices differ; smallest distance from a half-integer: {', '.join(margins)}."


def _structure_factor_rows(inputs: InputComparison, pair: PairAnswer) -> list[Row]:
    return [
        row_of(
            (
                ("structure factors", f"**{field}**" if field in inputs.differing else field),
                (pair.comparison.reference, _input_text(getattr(inputs.reference, field))),
                (pair.comparison.other, _input_text(getattr(inputs.other, field))),
            )
        )
        for field in ("source", "file", "sha256", "extents", "entries", "default_F")
    ]


def _different_behaviours(pair: PairAnswer) -> str:
    texts = [behaviours_text(side.metadata[0]) for side in pair.sides if side.metadata]
    if len(set(texts)) < 2:
        return ""
    listed = "; ".join(
        f"{escaped(side.name)}: {escaped(text)}"
        for side, text in zip(pair.sides, texts, strict=True)
    )
    return f"Behaviours: {listed}."


def _input_text(value: IndexBounds | str | float | None) -> str:
    if isinstance(value, IndexBounds):
        return extents_text(value)
    return number_text(value)


def _of_inputs(cause: Cause) -> bool:
    return cause.name in INPUT_CAUSES


def _cause_bullet(cause: Cause) -> str:
    return f"- **{escaped(cause.name)}**: {escaped(cause.sentence)}."


def _unique_items(items: Iterable[Item]) -> list[Item]:
    unique: list[Item] = []
    for item in items:
        if item not in unique:
            unique.append(item)
    return unique
