"""A failed comparison in a few lines, for a test's failure or a log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.comparison.pairing import absolute_differences, match_rows
from parity_bridge.comparison.result import Difference, FieldComparison, PixelComparison
from parity_bridge.report.divergence import (
    first_diverging_pixel,
    plain_difference_text,
    ulps_within_limit,
)
from parity_bridge.report.findings import finding_line, formula_lines
from parity_bridge.report.wording import (
    number_text,
    pixel_text,
    place_text,
    plural,
    rounded_text,
    tolerance_text,
    verdict_sentence,
)
from parity_bridge.taps.fields import Place

#: Fields that are named one by one.
_MOST_FIELDS = 6


def failure_text(pair: PairAnswer) -> str:
    """Return verdict, number of figures that differ, first divergence, worst figure and reason."""
    lines = [verdict_sentence(pair), *_differing_inputs_lines(pair), _difference_counts_line(pair)]
    pixel = first_diverging_pixel(pair)
    if pixel is not None and pixel.first_divergence is not None:
        lines.append(_first_divergence_line(pair, pixel, pixel.first_divergence))
        lines.append(_worst_figure_line(pair, pixel.first_divergence))
    if pair.finding is not None:
        lines += [finding_line(pair.finding), *formula_lines(pair.finding)]
    return "\n".join(line for line in lines if line)


def _differing_inputs_lines(pair: PairAnswer) -> list[str]:
    """Return the inputs in which the two sides differ."""
    names = dict.fromkeys(
        name for pixel in pair.comparison.pixels for name in pixel.inputs.differing
    )
    return [f"given differently: {', '.join(names)}"] if names else []


def _difference_counts_line(pair: PairAnswer) -> str:
    fields = [item for pixel in pair.comparison.pixels for item in pixel.fields]
    differing: dict[str, int] = {}
    for item in fields:
        if item.differing:
            name = f"{item.tap}.{item.field}"
            differing[name] = differing.get(name, 0) + item.differing
    if not differing:
        return ""
    named = [f"{name} {count}" for name, count in list(differing.items())[:_MOST_FIELDS]]
    more = len(differing) - len(named)
    tail = f" and {plural(more, 'more field')}" if more else ""
    total, compared = sum(differing.values()), sum(item.compared for item in fields)
    return f"differing: {total} of {compared} figures: {', '.join(named)}{tail}"


def _first_divergence_line(pair: PairAnswer, pixel: PixelComparison, first: Difference) -> str:
    names = pair.comparison.reference, pair.comparison.other
    where = pixel_text(pixel.pixel_coords, pixel.tag)
    difference = plain_difference_text(first, names).rstrip(".")
    return f"first divergence: pixel {where}, {first.tap}, {difference}{_measures_text(first)}"


def _measures_text(first: Difference) -> str:
    words = []
    if first.absolute is not None:
        words.append(f"difference {rounded_text(float(first.absolute))}")
    ulps = ulps_within_limit(first)
    if ulps is not None:
        words.append(f"{ulps} ULPs")
    if first.tolerance is not None:
        words.append(f"allowed {tolerance_text(first.tolerance)}")
    if first.is_noise is not None:
        words.append("noise" if first.is_noise else "signal")
    return f" ({', '.join(words)})" if words else ""


class _WorstFigure(NamedTuple):
    """The largest difference of a field; the first decides."""

    distance: float
    pixel: tuple[int, int]
    place: Place | None
    ours: object
    theirs: object


def _worst_figure_line(pair: PairAnswer, first: Difference) -> str:
    """Return where the field of the first divergence differs most."""
    worst_of_pixels = [
        worst
        for pixel in pair.comparison.pixels
        for item in pixel.differing
        if (item.tap, item.field) == (first.tap, first.field)
        if (worst := _worst_figure(pair, pixel, item)) is not None
    ]
    if not worst_of_pixels:
        return ""
    worst = max(worst_of_pixels, key=lambda item: item.distance)
    names = pair.comparison.reference, pair.comparison.other
    where = f"pixel {pixel_text(worst.pixel)}"
    where += f", {place_text(worst.place)}" if worst.place else ""
    figures = f"{names[0]} {_figure_text(worst.ours)}, {names[1]} {_figure_text(worst.theirs)}"
    distance = rounded_text(worst.distance)
    return f"worst of {first.tap}.{first.field}: {where}: {figures} ({distance} apart)"


def _worst_figure(
    pair: PairAnswer, pixel: PixelComparison, item: FieldComparison
) -> _WorstFigure | None:
    ours, theirs = (
        next(
            pixel_taps for pixel_taps in side.pixels if pixel_taps.pixel == pixel.pixel_coords
        ).taps[item.tap]
        for side in pair.sides
    )
    if item.field in ours.pixel:
        a, b = ours.pixel[item.field], theirs.pixel[item.field]
        distance = absolute_differences(np.array([a]), np.array([b]))[0]
        return _WorstFigure(float(distance), pixel.pixel_coords, None, a, b)
    if item.field not in ours.columns:
        return None
    rows = match_rows(ours, theirs)
    columns = ours.columns[item.field][rows.ours], theirs.columns[item.field][rows.theirs]
    distances = absolute_differences(*columns)
    at = int(distances.argmax())
    return _WorstFigure(
        float(distances[at]),
        pixel.pixel_coords,
        ours.place(int(rows.ours[at])),
        columns[0][at].item(),
        columns[1][at].item(),
    )


def _figure_text(value: object) -> str:
    return number_text(value) if isinstance(value, str | float | int) else str(value)
