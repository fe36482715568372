"""One field of one tap on both sides: which figures differ, and by every measure how far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import (
    RowMatch,
    absolute_differences,
    exceeds_tolerance,
    ulp_distance,
)
from parity_bridge.comparison.result import Difference, FieldComparison
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.taps.fields import Place, Scalar, TapFields

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.noise_budget import NoiseBudget


class FieldComparer:
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
        differs = bool(exceeds_tolerance(as_column(ours), as_column(theirs), self.tolerance)[0])
        distance = float(absolute_differences(as_column(ours), as_column(theirs))[0])
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


def as_column(value: Scalar) -> NDArray[Any]:
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
