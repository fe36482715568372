"""Words, numbers and rows that several renderings share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.report.markdown import Row
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.fields import Place, Scalar
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID


def lookup_rows(pair: PairAnswer) -> list[Row]:
    """Return one row per side and pixel: counts, mean and ranges of the nearest index."""
    return [
        {
            "Pixel": pixel_text(side.pixel, side.tag),
            "Impl": side.implementation,
            "total_lookups": tap4_figure_text(side, "total_lookups"),
            "out_of_bounds": tap4_figure_text(side, "out_of_bounds_count"),
            "zero_f": tap4_figure_text(side, "zero_f_count"),
            "default_f": tap4_figure_text(side, "default_f_count"),
            "mean_f_cell": tap4_figure_text(side, "mean_f_cell"),
            **{f"{axis}_range": tap4_range_text(side, "hkl_bounds", axis) for axis in "hkl"},
        }
        for side in pixels_with_lookups(pair)
    ]


def pixels_with_lookups(pair: PairAnswer) -> Iterator[PixelTaps]:
    """Return the pixels at which a side recorded Tap 4, the reference first at each."""
    by_pixel: dict[tuple[int, int], list[PixelTaps]] = {}
    for side in pair.sides:
        for pixel in side.pixels:
            if TAP_ID in pixel.taps:
                by_pixel.setdefault(pixel.pixel, []).append(pixel)
    return chain.from_iterable(by_pixel.values())


def tap4_figure_text(side: PixelTaps, name: str) -> str:
    """Return a figure of Tap 4; a dash where the side did not record it."""
    figures = side.taps[TAP_ID].pixel
    return number_text(figures[name]) if name in figures else "-"


def verdict_sentence(pair: PairAnswer) -> str:
    """Return the verdict in one sentence."""
    comparison = pair.comparison
    names = f"{comparison.reference} and {comparison.other}"
    at = plural(len(comparison.pixels), "pixel")
    differing = sum(bool(pixel.differing) for pixel in comparison.pixels)
    match comparison.verdict:
        case "parity":
            agree = f"agree {taps_text(comparison)} {_how_well(comparison)} at {at}"
            return f"parity: {names} {agree}{_without_lookup(pair)}"
        case "inputs differ":
            given = f"no parity: {names} were given different {_differing_inputs_text(comparison)}"
            if not differing:
                return f"{given}, though no figure differs at {at}{_without_lookup(pair)}"
            return f"{given} and disagree at {differing} of {at}"
        case "values differ":
            return f"no parity: {names} disagree at {differing} of {at}"
        case "shapes differ":
            return f"no parity: {names} did not record the same figures of the same pixels"


def _differing_inputs_text(comparison: Comparison) -> str:
    """Return the inputs in which the two sides differ."""
    inputs = [pixel.inputs for pixel in comparison.pixels]
    flags = any(item.flags for item in inputs)
    tables = any(item.differing_table_fields for item in inputs)
    words = ("structure factors" if tables else "", "nanoBragg flags" if flags else "")
    return " and ".join(word for word in words if word)


def _without_lookup(pair: PairAnswer) -> str:
    """Return how many pixels show nothing because neither engine made a lookup there."""
    empty = (
        {
            pixel.pixel
            for pixel in side.pixels
            if TAP_ID in pixel.taps and pixel.taps[TAP_ID].pixel.get("total_lookups") == 0
        }
        for side in pair.sides
    )
    count = len(set.intersection(*empty))
    if count == 0:
        return ""
    where = "there" if len(pair.comparison.pixels) == 1 else f"at {count} of them"
    return f"; no lookup was made {where}"


def _how_well(comparison: Comparison) -> str:
    tolerances = comparison.tolerances
    return "exactly" if tolerances.are_exact else f"within the tolerances for {tolerances.case}"


def taps_text(comparison: Comparison) -> str:
    """Return what was compared, in a few words."""
    taps = list(dict.fromkeys(tap for pixel in comparison.pixels for tap in pixel.taps))
    named = f"all {len(taps)} taps" if len(taps) == len(TAPS_BY_ID) else ", ".join(taps)
    if any(pixel.absent for pixel in comparison.pixels):
        return f"in every figure of {named} that both recorded"
    return f"in every field of {named}"


def pixel_text(pixel: tuple[int, int], tag: str | None = None) -> str:
    """Return a pixel as ``slow fast (tag)``."""
    slow, fast = pixel
    return f"{slow} {fast}" + (f" ({tag})" if tag else "")


def place_text(place: Place) -> str:
    """Return a place as ``subpixel 0 1``, and all else that is not the first of its kind."""
    steps = {"layer": place.layer, "source": place.source, "phi step": place.phi_step}
    further = [f"{name} {step}" for name, step in {**steps, "domain": place.domain}.items() if step]
    return ", ".join([f"subpixel {pixel_text(place.subpixel)}", *further])


def number_text(value: Scalar) -> str:
    """Return a figure with every digit it has; ``none`` where it does not exist."""
    if isinstance(value, str):
        return value
    return "none" if value is None else repr(value)


def number_or_dash(value: float | None) -> str:
    """Return a number, or a dash where there is none."""
    return "-" if value is None else number_text(value)


def rounded_or_dash(value: float | None) -> str:
    """Return a number in three digits, or a dash where there is none."""
    return "-" if value is None else rounded_text(value)


def tolerance_text(tolerance: Tolerance) -> str:
    """Return a tolerance as ``atol 0.0, rtol 1e-05``."""
    return f"atol {tolerance.atol!r}, rtol {tolerance.rtol!r}"


def rounded_text(value: float) -> str:
    """Return a number in three digits."""
    return f"{value:.3g}"


def tap4_range_text(side: PixelTaps, field_name: str, axis: str) -> str:
    """Return ``min..max`` of a field of Tap 4 along one axis."""
    low, high = (tap4_figure_text(side, f"{field_name}.{axis}_{end}") for end in ("min", "max"))
    return low if low == high and low in ("none", "-") else f"{low}..{high}"


def plural(count: int, noun: str) -> str:
    """Return ``1 pixel``, ``2 pixels``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
