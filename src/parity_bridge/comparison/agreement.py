"""Whether two sides of one pixel agree, which figure differs first, and how far any differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from parity_bridge.comparison.compare_fields import as_column
from parity_bridge.comparison.compare_taps import common_taps, compare_tap, first_divergence
from parity_bridge.comparison.pairing import column_ulps, match_rows
from parity_bridge.comparison.result import FieldComparison
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.taps.pixel_taps import PixelTaps


def taps_agree(reference: PixelTaps, other: PixelTaps, tolerances: Tolerances) -> bool:
    """Return whether every figure that both sides recorded agrees; inputs are not compared."""
    return reference.oversample == other.oversample and not any(
        item.differing
        for tap_id in reversed(common_taps(reference, other))
        for item in _fields(tap_id, reference, other, tolerances)
    )


def first_differing_field(
    reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> str | None:
    """Return the first figure that differs, ``tap.field``; None where all common figures agree."""
    if reference.oversample != other.oversample:
        return "config_snapshot.derived.oversample"
    for tap_id in common_taps(reference, other):
        left = _first_name(tuple(_fields(tap_id, reference, other, tolerances)))
        if left is not None:
            return left
    return None


def first_differing_field_among(
    fields_by_tap: Mapping[str, Sequence[str]],
    reference: PixelTaps,
    other: PixelTaps,
    tolerances: Tolerances,
) -> str | None:
    """Return the first figure of ``fields_by_tap`` that differs, ``tap.field``; or None.

    ``fields_by_tap`` maps a tap_id to names of figures or of whole fields.
    """
    for tap_id, names in fields_by_tap.items():
        if tap_id in reference.taps and tap_id in other.taps:
            fields = [
                item
                for item in _fields(tap_id, reference, other, tolerances)
                if item.field in names or item.field.partition(".")[0] in names
            ]
            left = _first_name(fields)
            if left is not None:
                return left
    return None


def count_differing_figures(
    tap_id: str, reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> int:
    """Count the figures of a tap that differ; 0 where a side did not record the tap."""
    if tap_id not in reference.taps or tap_id not in other.taps:
        return 0
    return sum(item.differing for item in _fields(tap_id, reference, other, tolerances))


def differing_figures(
    reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> Iterator[tuple[str, float | int | str | None]]:
    """Yield tap_id and the other side's first value of every field that differs."""
    for tap_id in common_taps(reference, other):
        for item in _fields(tap_id, reference, other, tolerances):
            if item.differing and item.first is not None:
                yield tap_id, item.first.other


def largest_ulps(reference: PixelTaps, other: PixelTaps) -> int:
    """Return the largest distance, in ULP, of any float figure that both sides recorded."""
    largest = 0
    for tap_id in common_taps(reference, other):
        ours, theirs = reference.taps[tap_id], other.taps[tap_id]
        rows = match_rows(ours, theirs)
        pairs = [
            *((as_column(ours.pixel[name]), as_column(theirs.pixel[name]))
              for name in ours.pixel.keys() & theirs.pixel.keys()),
            *((ours.columns[name][rows.ours], theirs.columns[name][rows.theirs])
              for name in ours.columns.keys() & theirs.columns.keys()),
        ]  # fmt: skip
        largest = max(largest, *(column_ulps(*pair) for pair in pairs), 0)
    return largest


def _fields(
    tap_id: str, reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> Iterator[FieldComparison]:
    """Compare the fields of a tap without a noise budget: only whether they differ counts."""
    return compare_tap(tap_id, reference.taps[tap_id], other.taps[tap_id], tolerances, None)


def _first_name(fields: Sequence[FieldComparison]) -> str | None:
    """Return the first figure that differs, ``tap.field``; None where none does."""
    first = first_divergence(fields)
    return None if first is None else f"{first.tap}.{first.field}"
