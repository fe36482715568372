"""One field of one tap compared: which figures differ, and how far by every measure."""

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
    """Compares one field of both sides; ``noise`` is the noise budget of the reference."""

    def __init__(
        self, tap_id: str, field: str, tolerance: Tolerance | None, noise: NoiseBudget | None
    ) -> None:
        self.tap_id, self.field = tap_id, field
        self.tolerance, self.noise = tolerance, noise

    def of_pixel(self, ours: Scalar, theirs: Scalar) -> FieldComparison:
        """Compare a figure of the whole pixel."""
        if type(ours) is type(theirs) and ours == theirs:
            # Nearly always so, and much faster to check than with arrays.
            return self._compared(1, 0, None, None, 0.0)
        differs = bool(exceeds_tolerance(as_column(ours), as_column(theirs), self.tolerance)[0])
        distance = float(absolute_differences(as_column(ours), as_column(theirs))[0])
        first = self.difference(None, None, ours, theirs) if differs else None
        signal = self._signal(np.array([distance]), np.array([0])) if differs else None
        return self._compared(1, int(differs), first, signal, distance)

    def of_rows(
        self, ours: NDArray[Any], theirs: NDArray[Any], reference: TapFields, rows: RowMatch
    ) -> FieldComparison:
        """Compare a column of the rows that both sides recorded."""
        differing = np.flatnonzero(exceeds_tolerance(ours, theirs, self.tolerance))
        distances = absolute_differences(ours, theirs)
        first, signal = None, None
        if differing.size:
            at = int(differing[0])
            row = int(rows.ours[at])
            values = [column[at : at + 1].tolist()[0] for column in (ours, theirs)]
            first = self.difference(reference.place(row), row, *values)
            signal = self._signal(distances[differing], rows.ours[differing])
        largest = float(distances.max(initial=0.0))
        return self._compared(len(ours), len(differing), first, signal, largest)

    def _signal(self, distances: NDArray[np.float64], rows: NDArray[np.int64]) -> int | None:
        """Count the differences beyond the noise; every one where figures must be equal.

        Return None where the noise is not known.
        """
        if self.noise is None:
            return None
        spread = self.noise.spread.get(self.tap_id, {}).get(self.field)
        if spread is None:
            return len(distances)
        widths = np.array(spread)[rows]
        return int((distances > widths).sum()) if np.isfinite(widths).all() else None

    def difference(
        self, place: Place | None, row: int | None, ours: Scalar, theirs: Scalar
    ) -> Difference:
        """Describe two figures that differ, with every measure of how far."""
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
    """Turn a figure into a column of one; a missing figure differs from every existing one."""
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
    """Divide a difference by ``unit``; None where the unit is missing, 0 or not finite."""
    if absolute is None or not unit or not math.isfinite(unit):
        return None
    return absolute / unit
