"""One tap compared: every field and row, and which figure differs first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from parity_bridge.comparison.compare_fields import FieldComparer
from parity_bridge.comparison.pairing import RowMatch, match_rows
from parity_bridge.comparison.result import Difference, FieldComparison
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.taps.derived import derivation_order
from parity_bridge.taps.fields import Place, TapFields
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.noise_budget import NoiseBudget

#: tap_id -> name of the figure that says whether a row was recorded; elsewhere ``row``.
_PRESENCE = {"f_cell_stats": "lookup"}


def compare_tap(
    tap_id: str,
    ours: TapFields,
    theirs: TapFields,
    tolerances: Tolerances,
    noise: NoiseBudget | None,
) -> Iterator[FieldComparison]:
    """Compare every common field in schema order; ``noise`` is the reference's noise budget."""
    if _are_equal(ours, theirs):
        # Nearly always so, and the same for every pixel.
        yield from _equal_tap(tap_id, tuple(ours.pixel), tuple(ours.columns), len(ours.places))
        return
    for field, value in ours.pixel.items():
        if field in theirs.pixel:
            comparer = FieldComparer(tap_id, field, tolerances.of(tap_id, field), noise)
            yield comparer.of_pixel(value, theirs.pixel[field])
    if TAPS_BY_ID[tap_id].row is None or not (ours.columns and theirs.columns):
        return
    rows = match_rows(ours, theirs)
    yield _compare_row_presence(tap_id, ours, theirs, rows)
    for field, column in ours.columns.items():
        if field in theirs.columns:
            comparer = FieldComparer(tap_id, field, tolerances.of(tap_id, field), noise)
            yield comparer.of_rows(
                column[rows.ours], theirs.columns[field][rows.theirs], ours, rows
            )


def _are_equal(ours: TapFields, theirs: TapFields) -> bool:
    """Return whether two taps have the same figures, bit for bit, and no NaN among the pixel's."""
    return (
        ours.pixel.keys() == theirs.pixel.keys()
        and ours.columns.keys() == theirs.columns.keys()
        and all(
            type(value) is type(theirs.pixel[name]) and value == theirs.pixel[name]
            for name, value in ours.pixel.items()
        )
        and _same_bits(ours.places, theirs.places)
        and all(_same_bits(column, theirs.columns[name]) for name, column in ours.columns.items())
    )


def _same_bits(ours: NDArray[Any], theirs: NDArray[Any]) -> bool:
    """Return whether two columns hold the same bits; False where that says nothing, of objects."""
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return False
    if ours.dtype.hasobject:
        return all(value is None for value in (*ours.tolist(), *theirs.tolist()))
    return ours.tobytes() == theirs.tobytes()


@cache
def _equal_tap(
    tap_id: str, figures: tuple[str, ...], columns: tuple[str, ...], rows: int
) -> tuple[FieldComparison, ...]:
    """Return the comparison of two equal taps: all of ``figures``, and ``rows`` of ``columns``."""
    counts = [(field, 1) for field in figures]
    if TAPS_BY_ID[tap_id].row is not None and columns:
        counts += [(field, rows) for field in (_PRESENCE.get(tap_id, "row"), *columns)]
    return tuple(
        FieldComparison(
            tap=tap_id,
            field=field,
            compared=count,
            differing=0,
            first=None,
            signal=None,
            smallest_passing_atol=0.0,
        )
        for field, count in counts
    )


def common_taps(reference: PixelTaps, other: PixelTaps) -> list[str]:
    """Return the tap_ids of the taps that both sides recorded, in the order of the chain."""
    return [tap_id for tap_id in reference.taps if tap_id in other.taps]


def first_divergence(fields: Sequence[FieldComparison]) -> Difference | None:
    """Return the first differing row of the first differing tap; else the tap's first figure.

    Figures of the setup are taken in the order in which they are derived. Return None where no
    figure differs.
    """
    differing = [item.first for item in fields if item.first is not None]
    if not differing:
        return None
    of_tap = [item for item in differing if item.tap == differing[0].tap]
    in_rows = [(_evaluation_order(item.place), item) for item in of_tap if item.place is not None]
    if in_rows:
        return min(in_rows, key=lambda pair: pair[0])[1]
    # Elsewhere all figures have the same number, and the first stays.
    return min(of_tap, key=lambda item: derivation_order(item.field))


def _evaluation_order(place: Place) -> tuple[int, ...]:
    return place.layer, *place.subpixel, place.source, place.phi_step, place.domain


def _compare_row_presence(
    tap_id: str, ours: TapFields, theirs: TapFields, rows: RowMatch
) -> FieldComparison:
    """Compare which rows each side recorded, as a figure of its own."""
    field = _PRESENCE.get(tap_id, "row")
    one_sided = [
        *((ours.place(int(row)), True) for row in rows.only_ours[:1]),
        *((theirs.place(int(row)), False) for row in rows.only_theirs[:1]),
    ]
    first = None
    if one_sided:
        place, is_ours = min(one_sided, key=lambda item: _evaluation_order(item[0]))
        first = Difference(
            tap=tap_id, field=field, place=place, reference=is_ours, other=not is_ours,
            absolute=None, ulps=None, tolerance=None,
        )  # fmt: skip
    differing = len(rows.only_ours) + len(rows.only_theirs)
    return FieldComparison(
        tap=tap_id,
        field=field,
        compared=len(rows.ours) + differing,
        differing=differing,
        first=first,
        signal=differing or None,
        smallest_passing_atol=None if differing else 0.0,
    )
