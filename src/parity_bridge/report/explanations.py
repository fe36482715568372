"""The part of the memo that says what differs, by how much, and what may explain it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from parity_bridge.causes import OF_INPUTS, Cause, extents_text
from parity_bridge.comparison import Difference, FieldComparison, Inputs, PixelComparison
from parity_bridge.explain.explanation import Finding, Trial
from parity_bridge.report.provenance import behaviours_text
from parity_bridge.report.view import (
    Report,
    Row,
    number,
    pixel_text,
    place_text,
    plural,
    short,
    table,
)
from parity_bridge.taps.f_cell import IndexBounds
from parity_bridge.taps.registry import BY_ID
from parity_bridge.tolerances import Tolerances

Item = TypeVar("Item")

#: Beyond it a distance in units in the last place says no more than the difference itself.
_MOST_ULPS = 2**20
_MOST_UNITS = 1e6


def first_divergence_section(report: Report) -> str:
    """Where the two sides part first, and by every measure how far; empty where they do not."""
    pixel = first_diverging(report)
    if pixel is None or pixel.first_divergence is None:
        return ""
    first = pixel.first_divergence
    names = report.comparison.reference, report.comparison.other
    where = pixel_text(pixel.pixel_coords, pixel.tag)
    lines = (
        f"Pixel {where}, {_tap_text(first.tap)}, {_difference_text(first, names)}",
        table(_measures(pixel, first, report.comparison.tolerances)),
        _beyond_noise(pixel, names),
        _in_other_pixels(report, pixel),
    )
    return "## First divergence\n\n" + "\n\n".join(line for line in lines if line)


def _beyond_noise(pixel: PixelComparison, names: tuple[str, str]) -> str:
    """Where the first divergence is noise, the first field that holds more than that."""
    if pixel.first_divergence is None or pixel.first_divergence.is_noise is not True:
        return ""
    signal = next((item.first for item in pixel.differing if item.signal), None)
    if signal is None:
        return "Nothing in this pixel differs by more than noise."
    return f"First field beyond noise: {_tap_text(signal.tap)}, {_difference_text(signal, names)}"


def first_diverging(report: Report) -> PixelComparison | None:
    """The pixel whose first divergence is earliest in the chain; the first of several."""
    order = list(BY_ID)
    diverging = [pixel for pixel in report.comparison.pixels if pixel.first_divergence]
    return min(
        diverging,
        key=lambda pixel: order.index(pixel.first_divergence.tap) if pixel.first_divergence else 0,
        default=None,
    )


def _tap_text(tap_id: str) -> str:
    tap = BY_ID[tap_id]
    return f"tap {tap.number} `{tap_id}`" if tap.number else f"tap `{tap_id}`"


def _measures(pixel: PixelComparison, first: Difference, tolerances: Tolerances) -> list[Row]:
    field = next(
        item for item in pixel.fields if (item.tap, item.field) == (first.tap, first.field)
    )
    measures = {
        "difference": "-" if first.absolute is None else number(first.absolute),
        "in ULPs": _ulps_text(first),
        "in units of the tolerance": _in_tolerances(first, tolerances),
        "in units of the expected noise": _in_noise(first),
        "smallest tolerance that passes in every row of this field": _smallest(field),
    }
    return [{"measure": name, "value": value} for name, value in measures.items()]


def _in_tolerances(first: Difference, tolerances: Tolerances) -> str:
    if first.tolerance is None:
        return "must be equal"
    allowed = f"atol {first.tolerance.atol!r}, rtol {first.tolerance.rtol!r}"
    marked = ", overridden" if _is_overridden(tolerances, first.tap, first.field) else ""
    if first.tolerance_units is None:
        return f"no difference is allowed ({allowed}{marked})"
    return f"{short(first.tolerance_units)} ({allowed}{marked})"


def _in_noise(first: Difference) -> str:
    if first.noise_units is None:
        return "not known" if first.absolute is not None else "-"
    word = "noise" if first.is_noise else "signal"
    spread = f"1-ULP changes of the inputs spread it by {short(first.noise or 0.0)}"
    return f"{short(first.noise_units)}: {word} ({spread})"


def _units(count: float) -> str:
    """How many times a unit; beyond a million nobody counts any more."""
    return short(count) if count <= _MOST_UNITS else f"more than {_MOST_UNITS:.0e}"


def _smallest(field: FieldComparison) -> str:
    if field.smallest_passing_atol is None:
        return "none: it must be equal"
    return f"atol {number(field.smallest_passing_atol)} (rtol 0)"


def _in_other_pixels(report: Report, leading: PixelComparison) -> str:
    others = [
        f"{pixel_text(pixel.pixel_coords, pixel.tag)}: `{first.tap}` `{first.field}`"
        for pixel in report.comparison.pixels
        if pixel is not leading and (first := pixel.first_divergence) is not None
    ]
    return f"First divergence elsewhere: {'; '.join(others)}." if others else ""


def _is_overridden(tolerances: Tolerances, tap_id: str, figure: str) -> bool:
    return tolerances.key(tap_id, figure) in tolerances.overridden


def finding_section(finding: Finding | None) -> str:
    """Why the two sides disagree, and the evidence; empty where nobody asked."""
    if finding is None or finding.reason == "agreement":
        return ""
    title = "Explanation" if finding.is_sufficient else "Unexplained"
    evidence = (
        (_stages(finding),)
        if finding.is_sufficient
        else (
            "\n".join(f"- {line}" for line in finding.inputs),
            _transplants(finding),
            _listed("Ruled out", finding.ruled_out),
        )
    )
    parts = (
        f"## {title}",
        f"**{finding.sentence}**",
        *evidence,
        _trials(finding.trials),
        _listed("Not tried", finding.not_tried),
        f"```sh\n{finding.command}\n```" if finding.command else "",
    )
    return "\n\n".join(part for part in parts if part)


def _stages(finding: Finding) -> str:
    """The stages that are computed otherwise, in a sentence."""
    apart = [item for item in finding.transplants if not item.agrees]
    if not apart:
        return ""
    named = ", ".join(f"{item.what} (`{item.left}`)" for item in apart)
    return (
        f"Transplants: given the other side's own values of all stages before, the C core computes "
        f"every stage alike but for {named}."
    )


def _transplants(finding: Finding) -> str:
    if not finding.transplants:
        return ""
    rows = [
        {
            "from the other side's own values before, the C core computes its": item.what,
            "": "alike" if item.agrees else f"otherwise: `{item.left}`",
        }
        for item in finding.transplants
    ]
    return f"Transplants:\n\n{table(rows)}"


def _trials(trials: Sequence[Trial]) -> str:
    telling = [trial for trial in trials if trial.matters]
    if not telling:
        return ""
    best = sorted(telling, key=lambda trial: -trial.reproduced)
    rows = [
        {
            "the reference with": " and ".join(f"`{item.name}`" for item in trial.hypotheses),
            "reproduces": f"{trial.reproduced} of {plural(trial.pixels, 'pixel')}",
            "first figure left": "-" if trial.left is None else f"`{trial.left}`",
        }
        for trial in best
    ]
    return f"Hypotheses that change the reference at these pixels:\n\n{table(rows)}"


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


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


def _difference_text(item: Difference, names: tuple[str, str]) -> str:
    where = f" at {place_text(item.place)}" if item.place else ""
    ours, theirs = f"{names[0]} {number(item.reference)}", f"{names[1]} {number(item.other)}"
    sensitive = " The nearest index here is rounding-sensitive." if item.rounding_sensitive else ""
    return f"`{item.field}`{where}: **{ours}, {theirs}**.{sensitive}"


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
            "difference": _or_dash(first.absolute),
            "ULP": _or_dash(_ulps(first)),
            "noise": "-" if first.noise_units is None else _units(first.noise_units),
            "smallest passing atol (rtol 0)": _or_dash(item.smallest_passing_atol),
        }
        for item in pixel.fields
        if (first := item.first) is not None
    ]


def _ulps(item: Difference) -> int | None:
    return None if item.ulps is None or item.ulps > _MOST_ULPS else item.ulps


def _ulps_text(item: Difference) -> str:
    if item.ulps is None:
        return "-"
    return str(item.ulps) if item.ulps <= _MOST_ULPS else f"more than {_MOST_ULPS}"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else number(value)


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
