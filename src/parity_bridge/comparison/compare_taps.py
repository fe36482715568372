"""One tap on both sides: which figures differ, by every measure how far, and which does first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import (
    RowMatch,
    absolute_differences,
    column_ulps,
    exceeds_tolerance,
    match_rows,
    ulp_distance,
)
from parity_bridge.comparison.result import Difference, FieldComparison
from parity_bridge.comparison.tolerances import Tolerance, Tolerances
from parity_bridge.taps.fields import Place, Scalar, TapFields
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.noise_budget import NoiseBudget

#: Name of the figure that says whether a row is there.
_PRESENCE = {"f_cell_stats": "lookup"}


def compare_tap(
    tap_id: str,
    ours: TapFields,
    theirs: TapFields,
    tolerances: Tolerances,
    noise: NoiseBudget | None,
) -> Iterator[FieldComparison]:
    """Every field that both sides have, in schema order; ``noise`` is that of the reference."""
    for field, value in ours.pixel.items():
        if field in theirs.pixel:
            pair = _FieldComparer(tap_id, field, tolerances.of(tap_id, field), noise)
            yield pair.of_pixel(value, theirs.pixel[field])
    if TAPS_BY_ID[tap_id].row is None or not (ours.columns and theirs.columns):
        return
    rows = match_rows(ours, theirs)
    yield _compare_row_presence(tap_id, ours, theirs, rows)
    for field, column in ours.columns.items():
        if field in theirs.columns:
            pair = _FieldComparer(tap_id, field, tolerances.of(tap_id, field), noise)
            yield pair.of_rows(column[rows.ours], theirs.columns[field][rows.theirs], ours, rows)


def taps_agree(reference: PixelTaps, other: PixelTaps, tolerances: Tolerances) -> bool:
    """Whether all that both sides tell agrees, but for what they were given."""
    return reference.oversample == other.oversample and not any(
        item.differing
        for tap_id in reversed(common_taps(reference, other))
        for item in _fields(tap_id, reference, other, tolerances)
    )


def first_differing_field(
    reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> str | None:
    """The first figure that differs, ``tap.field``; None where all that both sides tell agrees."""
    if reference.oversample != other.oversample:
        return "config_snapshot.derived.oversample"
    for tap_id in common_taps(reference, other):
        left = _first_name(tuple(_fields(tap_id, reference, other, tolerances)))
        if left is not None:
            return left
    return None


def first_differing_field_among(
    own: Mapping[str, Sequence[str]],
    reference: PixelTaps,
    other: PixelTaps,
    tolerances: Tolerances,
) -> str | None:
    """The first figure of these fields, by tap_id, that differs, ``tap.field``; or None."""
    for tap_id, names in own.items():
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
    """How many figures of a tap differ; 0 where not both sides tell it."""
    if tap_id not in reference.taps or tap_id not in other.taps:
        return 0
    return sum(item.differing for item in _fields(tap_id, reference, other, tolerances))


def largest_ulps(reference: PixelTaps, other: PixelTaps) -> int:
    """Largest distance of any float figure that both sides tell, in units in the last place."""
    largest = 0
    for tap_id in common_taps(reference, other):
        ours, theirs = reference.taps[tap_id], other.taps[tap_id]
        rows = match_rows(ours, theirs)
        pairs = [
            *((_as_column(ours.pixel[name]), _as_column(theirs.pixel[name]))
              for name in ours.pixel.keys() & theirs.pixel.keys()),
            *((ours.columns[name][rows.ours], theirs.columns[name][rows.theirs])
              for name in ours.columns.keys() & theirs.columns.keys()),
        ]  # fmt: skip
        largest = max(largest, *(column_ulps(*pair) for pair in pairs), 0)
    return largest


def common_taps(reference: PixelTaps, other: PixelTaps) -> list[str]:
    """Taps that both sides tell, by tap_id, in the order of the chain."""
    return [tap_id for tap_id in reference.taps if tap_id in other.taps]


def first_divergence(fields: Sequence[FieldComparison]) -> Difference | None:
    """In the first tap that differs, the first row that does; else its first figure."""
    differing = [item.first for item in fields if item.first is not None]
    if not differing:
        return None
    of_tap = [item for item in differing if item.tap == differing[0].tap]
    in_rows = [(_order(item.place), item) for item in of_tap if item.place is not None]
    if in_rows:
        return min(in_rows, key=lambda pair: pair[0])[1]
    return of_tap[0]


def _fields(
    tap_id: str, reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> Iterator[FieldComparison]:
    """The fields of a tap that both sides tell; whether they differ is asked, not by how much."""
    return compare_tap(tap_id, reference.taps[tap_id], other.taps[tap_id], tolerances, None)


def _first_name(fields: Sequence[FieldComparison]) -> str | None:
    """The first figure that differs, ``tap.field``."""
    first = first_divergence(fields)
    return None if first is None else f"{first.tap}.{first.field}"


def _order(place: Place) -> tuple[int, ...]:
    return place.layer, *place.subpixel, place.source, place.phi_step, place.domain


def _compare_row_presence(
    tap_id: str, ours: TapFields, theirs: TapFields, rows: RowMatch
) -> FieldComparison:
    """Whether each row is on both sides, as a figure of its own."""
    field = _PRESENCE.get(tap_id, "row")
    alone = [
        *((ours.place(int(row)), True) for row in rows.only_ours[:1]),
        *((theirs.place(int(row)), False) for row in rows.only_theirs[:1]),
    ]
    first = None
    if alone:
        place, is_ours = min(alone, key=lambda item: _order(item[0]))
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


class _FieldComparer:
    """One field of both sides."""

    def __init__(
        self, tap_id: str, field: str, tolerance: Tolerance | None, noise: NoiseBudget | None
    ) -> None:
        self.tap_id, self.field = tap_id, field
        self.tolerance, self.noise = tolerance, noise

    def of_pixel(self, ours: Scalar, theirs: Scalar) -> FieldComparison:
        """A figure of the pixel."""
        if type(ours) is type(theirs) and ours == theirs:
            # Nearly always so, and much sooner known than by way of arrays.
            return self._compared(1, 0, None, None, 0.0)
        differs = bool(exceeds_tolerance(_as_column(ours), _as_column(theirs), self.tolerance)[0])
        distance = float(absolute_differences(_as_column(ours), _as_column(theirs))[0])
        first = self.difference(None, None, ours, theirs) if differs else None
        signal = self._signal(np.array([distance]), np.array([0])) if differs else None
        return self._compared(1, int(differs), first, signal, distance)

    def of_rows(
        self, ours: NDArray[Any], theirs: NDArray[Any], reference: TapFields, rows: RowMatch
    ) -> FieldComparison:
        """A column of the rows that both sides have."""
        differing = np.flatnonzero(exceeds_tolerance(ours, theirs, self.tolerance))
        apart = absolute_differences(ours, theirs)
        first, signal = None, None
        if differing.size:
            at = int(differing[0])
            row = int(rows.ours[at])
            values = [column[at : at + 1].tolist()[0] for column in (ours, theirs)]
            first = self.difference(reference.place(row), row, *values)
            signal = self._signal(apart[differing], rows.ours[differing])
        largest = float(apart.max(initial=0.0))
        return self._compared(len(ours), len(differing), first, signal, largest)

    def _signal(self, apart: NDArray[np.float64], rows: NDArray[np.int64]) -> int | None:
        """How many of these differences are beyond the noise; all of what must be equal are."""
        if self.noise is None:
            return None
        spread = self.noise.spread.get(self.tap_id, {}).get(self.field)
        if spread is None:
            return len(apart)
        widths = np.array(spread)[rows]
        return int((apart > widths).sum()) if np.isfinite(widths).all() else None

    def difference(
        self, place: Place | None, row: int | None, ours: Scalar, theirs: Scalar
    ) -> Difference:
        """Two figures that disagree, with every measure of by how much."""
        absolute = _absolute(ours, theirs)
        noise = None if self.noise is None else self.noise.spread_of(self.tap_id, self.field, row)
        return Difference(
            tap=self.tap_id,
            field=self.field,
            place=place,
            reference=ours,
            other=theirs,
            absolute=absolute,
            ulps=_ulps(ours, theirs),
            tolerance=self.tolerance,
            tolerance_units=_over(absolute, _allowed(self.tolerance, ours)),
            noise=noise,
            noise_units=_over(absolute, noise) if noise != 0.0 else math.inf,
            rounding_sensitive=self.noise is not None and self.noise.is_sensitive(place),
        )

    def _compared(
        self,
        compared: int,
        differing: int,
        first: Difference | None,
        signal: int | None,
        largest: float,
    ) -> FieldComparison:
        toleranced = self.tolerance is not None and math.isfinite(largest)
        return FieldComparison(
            tap=self.tap_id,
            field=self.field,
            compared=compared,
            differing=differing,
            first=first,
            signal=signal,
            smallest_passing_atol=largest if toleranced or not differing else None,
        )


def _as_column(value: Scalar) -> NDArray[Any]:
    """A figure as a column of one; what does not exist differs from everything that does."""
    if value is None:
        return np.array([None], dtype=object)
    return np.array([value])


def _absolute(first: Scalar, second: Scalar) -> int | float | None:
    if isinstance(first, bool | str | None) or isinstance(second, bool | str | None):
        return None
    return abs(second - first)


def _ulps(first: Scalar, second: Scalar) -> int | None:
    if isinstance(first, float) and isinstance(second, float):
        return ulp_distance(first, second)
    return None


def _allowed(tolerance: Tolerance | None, ours: Scalar) -> float | None:
    if tolerance is None or not isinstance(ours, float):
        return None
    return tolerance.atol + tolerance.rtol * abs(ours)


def _over(absolute: float | None, unit: float | None) -> float | None:
    """How many units a difference is; None where there is no unit to speak of."""
    if absolute is None or not unit or not math.isfinite(unit):
        return None
    return absolute / unit
