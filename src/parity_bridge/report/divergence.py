"""The leading part of the memo: where the two sides differ first, and by how much."""

from __future__ import annotations

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.comparison.pairing import MAX_ULPS
from parity_bridge.comparison.result import Difference, FieldComparison, PixelComparison
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.report.markdown import Row, code, escaped, table
from parity_bridge.report.wording import (
    number_or_dash,
    number_text,
    pixel_text,
    place_text,
    rounded_text,
    tolerance_text,
)
from parity_bridge.taps.registry import TAPS_BY_ID

_MOST_UNITS = 1e6


def first_divergence_section(pair: PairAnswer) -> str:
    """Return where the two sides differ first, by every measure; empty where they agree."""
    pixel = first_diverging_pixel(pair)
    if pixel is None or pixel.first_divergence is None:
        return ""
    first = pixel.first_divergence
    names = pair.comparison.reference, pair.comparison.other
    where = escaped(pixel_text(pixel.pixel_coords, pixel.tag))
    lines = (
        f"Pixel {where}, {_tap_text(first.tap)}, {difference_text(first, names)}",
        table(_measure_rows(pixel, first, pair.comparison.tolerances)),
        _beyond_noise_sentence(pixel, names),
        _in_other_pixels(pair, pixel),
    )
    return "## First divergence\n\n" + "\n\n".join(line for line in lines if line)


def _beyond_noise_sentence(pixel: PixelComparison, names: tuple[str, str]) -> str:
    """Return the first field beyond noise where the first divergence is noise."""
    if pixel.first_divergence is None or pixel.first_divergence.is_noise is not True:
        return ""
    signal = next((item.first for item in pixel.differing if item.signal), None)
    if signal is None:
        return "Nothing in this pixel differs by more than noise."
    return f"First field beyond noise: {_tap_text(signal.tap)}, {difference_text(signal, names)}"


def first_diverging_pixel(pair: PairAnswer) -> PixelComparison | None:
    """Return the pixel whose first divergence is earliest in the chain; the first of several."""
    order = list(TAPS_BY_ID)
    diverging = [pixel for pixel in pair.comparison.pixels if pixel.first_divergence]
    return min(
        diverging,
        key=lambda pixel: order.index(pixel.first_divergence.tap) if pixel.first_divergence else 0,
        default=None,
    )


def _tap_text(tap_id: str) -> str:
    tap = TAPS_BY_ID[tap_id]
    return f"tap {tap.number} `{tap_id}`" if tap.number else f"tap `{tap_id}`"


def _measure_rows(pixel: PixelComparison, first: Difference, tolerances: Tolerances) -> list[Row]:
    field = next(
        item for item in pixel.fields if (item.tap, item.field) == (first.tap, first.field)
    )
    measures = {
        "difference": number_or_dash(first.absolute),
        "in ULPs": _ulps_text(first),
        "in units of the tolerance": _in_tolerances(first, tolerances),
        "in units of the expected noise": _in_noise(first),
        "smallest tolerance that passes in every row of this field": _smallest_passing_text(field),
    }
    return [{"measure": name, "value": value} for name, value in measures.items()]


def _in_tolerances(first: Difference, tolerances: Tolerances) -> str:
    if first.tolerance is None:
        return "must be equal"
    allowed = tolerance_text(first.tolerance)
    marked = ", overridden" if _is_overridden(tolerances, first.tap, first.field) else ""
    if first.tolerance_units is None:
        return f"no difference is allowed ({allowed}{marked})"
    return f"{rounded_text(first.tolerance_units)} ({allowed}{marked})"


def _in_noise(first: Difference) -> str:
    if first.noise_units is None:
        return "not known" if first.absolute is not None else "-"
    word = "noise" if first.is_noise else "signal"
    spread = f"1-ULP changes of the inputs spread it by {rounded_text(first.noise or 0.0)}"
    return f"{rounded_text(first.noise_units)}: {word} ({spread})"


def units_text(count: float) -> str:
    """Return how many times a unit, without digits beyond a million."""
    return rounded_text(count) if count <= _MOST_UNITS else f"more than {_MOST_UNITS:.0e}"


def _smallest_passing_text(field: FieldComparison) -> str:
    if field.smallest_passing_atol is None:
        return "none: it must be equal"
    return f"atol {number_text(field.smallest_passing_atol)} (rtol 0)"


def _in_other_pixels(pair: PairAnswer, leading: PixelComparison) -> str:
    others = [
        f"{escaped(pixel_text(pixel.pixel_coords, pixel.tag))}: "
        f"{code(first.tap)} {code(first.field)}"
        for pixel in pair.comparison.pixels
        if pixel is not leading and (first := pixel.first_divergence) is not None
    ]
    return f"First divergence elsewhere: {'; '.join(others)}." if others else ""


def _is_overridden(tolerances: Tolerances, tap_id: str, figure: str) -> bool:
    return tolerances.key(tap_id, figure) in tolerances.overridden


def difference_text(item: Difference, names: tuple[str, str]) -> str:
    """Return a figure with both values as Markdown, and where it stands."""
    return (
        f"{code(item.field)}{_where_text(item)}: **{escaped(_values_text(item, names))}**."
        f"{_sensitive_text(item)}"
    )


def plain_difference_text(item: Difference, names: tuple[str, str]) -> str:
    """Return the same for a terminal or a log."""
    values = _values_text(item, names)
    return f"{item.field}{_where_text(item)}: {values}.{_sensitive_text(item)}"


def _where_text(item: Difference) -> str:
    return f" at {place_text(item.place)}" if item.place else ""


def _values_text(item: Difference, names: tuple[str, str]) -> str:
    return f"{names[0]} {number_text(item.reference)}, {names[1]} {number_text(item.other)}"


def _sensitive_text(item: Difference) -> str:
    return " The nearest index here is rounding-sensitive." if item.rounding_sensitive else ""


def ulps_within_limit(item: Difference) -> int | None:
    """Return the distance in ULPs where it says more than the difference itself."""
    return None if item.ulps is None or item.ulps > MAX_ULPS else item.ulps


def _ulps_text(item: Difference) -> str:
    if item.ulps is None:
        return "-"
    ulps = ulps_within_limit(item)
    return f"more than {MAX_ULPS}" if ulps is None else str(ulps)
