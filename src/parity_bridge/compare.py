"""What two sides recorded of the same pixels, into a verdict that leads with where they part.

Inputs come before numbers: engines that were given different structure factors or flags cannot be
at parity, whatever they returned. Comparing nothing is an error, never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parity_bridge.causes import Explanation, explain
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.pairing import (
    Rows,
    column_ulps,
    disagree,
    distances,
    match_rows,
    ulp_distance,
)
from parity_bridge.taps.f_cell import HklTable
from parity_bridge.taps.figures import Figures, Place, Scalar
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import BY_ID
from parity_bridge.taps.schema import AnyFigure, Number, Pixel, Schema
from parity_bridge.tolerances import Tolerance, Tolerances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.noise_budget import NoiseBudget

Verdict = Literal["parity", "values differ", "inputs differ", "shapes differ"]

#: Exit status of each verdict, mildest verdict first.
EXIT_STATUS: dict[Verdict, int] = {
    "parity": 0,
    "values differ": 3,
    "inputs differ": 3,
    "shapes differ": 4,
}

# Not ``entries``: a text table counts its lines, a cache every entry of its box.
_TABLE_FIELDS = ("source", "sha256", "extents", "default_F")

#: Name of the figure that says whether a row is there.
_PRESENCE = {"f_cell_stats": "lookup"}


class FlagPair(Schema):
    """A nanoBragg flag that the two sides were not given alike; None: not given."""

    flag: str
    reference: str | None
    other: str | None


class Inputs(Schema):
    """What each side was given, and in what that differs; None where a side does not tell."""

    differing: tuple[str, ...]
    reference: HklTable | None
    other: HklTable | None
    flags: tuple[FlagPair, ...] = ()


class Difference(Schema):
    """One figure on which two sides disagree."""

    tap: str
    field: str
    place: Place | None  # None for a figure of the whole pixel
    reference: AnyFigure
    other: AnyFigure
    absolute: int | Number | None  # None where either figure does not exist or is no number
    ulps: int | None  # units in the last place of float64
    tolerance: Tolerance | None  # None: must be equal
    #: The difference over what the tolerance allows; None where it allows nothing.
    tolerance_units: Number | None = None
    #: Spread that 1-ULP changes of the inputs cause, and the difference over it.
    noise: Number | None = None
    noise_units: Number | None = None
    #: A nearest index here is decided by noise.
    rounding_sensitive: bool = False

    @property
    def is_noise(self) -> bool | None:
        """Whether the noise of the inputs may explain the difference; None where not known."""
        return None if self.noise_units is None else self.noise_units <= 1.0


class FieldComparison(Schema):
    """One field of one tap at one pixel, over all its rows."""

    tap: str
    field: str
    compared: int
    differing: int
    first: Difference | None
    #: Of the differing, those beyond the noise of the inputs; None where the noise is not known.
    signal: int | None
    #: Largest difference, which is the smallest atol that passes with rtol 0; None where no atol
    #: does.
    smallest_passing_atol: Number | None


class Absence(Schema):
    """Something that one side does not tell, or tells and the schema does not know."""

    what: Literal["tap", "field", "unknown field", "pixel"]
    missing_in: Literal["reference", "other"]
    name: str


class PixelComparison(Schema):
    """One pixel: the verdict and all it rests on, in the order of the chain."""

    pixel_coords: Pixel  # slow, fast
    tag: str | None
    verdict: Verdict
    oversample: tuple[int, int]  # reference, other
    inputs: Inputs
    taps: tuple[str, ...]  # that both sides recorded
    absent: tuple[Absence, ...]
    first_divergence: Difference | None
    fields: tuple[FieldComparison, ...]
    explanations: tuple[Explanation, ...]

    @property
    def differing(self) -> tuple[FieldComparison, ...]:
        """The fields that differ."""
        return tuple(item for item in self.fields if item.differing)

    @property
    def is_noise(self) -> bool:
        """Whether something differs, and nothing by more than the noise of the inputs."""
        return bool(self.differing) and all(item.signal == 0 for item in self.differing)


class Comparison(Schema):
    """Two sides over all pixels: the gravest verdict of them."""

    verdict: Verdict
    exit_status: int
    reference: str
    other: str
    tolerances: Tolerances
    only_in_reference: tuple[Pixel, ...]
    only_in_other: tuple[Pixel, ...]
    pixels: tuple[PixelComparison, ...]


def compare_runs(
    reference: Sequence[PixelTaps],
    other: Sequence[PixelTaps],
    tolerances: Tolerances,
    noise: Mapping[tuple[int, int], NoiseBudget] | None = None,
) -> Comparison:
    """Compare two sides over all pixels, matched by pixel; ``noise`` is that of the reference.

    Raises UsageError where there is nothing to compare, ShapeError where one side has a pixel twice
    or the two have no pixel in common.
    """
    if not reference or not other:
        raise UsageError(
            "there is nothing to compare: give at least one pixel that both engines see"
        )
    ours, theirs = _by_pixel(reference), _by_pixel(other)
    pixels = tuple(
        compare(ours[pixel], theirs[pixel], tolerances, (noise or {}).get(pixel))
        for pixel in ours
        if pixel in theirs
    )
    if not pixels:
        raise ShapeError(_no_common_pixel(ours, theirs))
    same_pixels = ours.keys() == theirs.keys()
    verdict = _gravest(pixel.verdict for pixel in pixels) if same_pixels else "shapes differ"
    return Comparison(
        verdict=verdict,
        exit_status=EXIT_STATUS[verdict],
        reference=reference[0].implementation,
        other=other[0].implementation,
        tolerances=tolerances,
        only_in_reference=tuple(pixel for pixel in ours if pixel not in theirs),
        only_in_other=tuple(pixel for pixel in theirs if pixel not in ours),
        pixels=pixels,
    )


def compare(
    reference: PixelTaps,
    other: PixelTaps,
    tolerances: Tolerances,
    noise: NoiseBudget | None = None,
) -> PixelComparison:
    """Compare one pixel.

    Raises ShapeError where the two are of different pixels, UsageError where they have no figure in
    common.
    """
    if reference.pixel != other.pixel:
        raise ShapeError(_no_common_pixel([reference.pixel], [other.pixel]))
    same_shape = reference.oversample == other.oversample
    common = _common(reference, other)
    fields = tuple(
        item
        for tap_id in common
        if same_shape
        for item in _compare_tap(
            tap_id, reference.taps[tap_id], other.taps[tap_id], tolerances, noise
        )
    )
    if same_shape and not any(item.compared for item in fields):
        raise UsageError(
            f"pixel {reference.pixel}: {reference.implementation} and {other.implementation} "
            "have no figure in common; record the same taps"
        )
    absent = tuple(_absences(reference, other))
    inputs = _inputs(reference, other)
    differs = any(item.differing for item in fields)
    is_whole = same_shape and all(_is_excused(item, reference, other) for item in absent)
    return PixelComparison(
        pixel_coords=reference.pixel,
        tag=reference.tag or other.tag,
        verdict=_verdict(is_whole=is_whole, inputs=inputs, differs=differs),
        oversample=(reference.oversample, other.oversample),
        inputs=inputs,
        taps=tuple(common),
        absent=absent,
        first_divergence=_first_divergence(fields),
        fields=fields,
        explanations=explain(reference, other) if differs else (),
    )


def agree(reference: PixelTaps, other: PixelTaps, tolerances: Tolerances) -> bool:
    """Whether all that both sides tell agrees, but for what they were given."""
    return reference.oversample == other.oversample and not any(
        item.differing
        for tap_id in reversed(_common(reference, other))
        for item in _compare_tap(
            tap_id, reference.taps[tap_id], other.taps[tap_id], tolerances, None
        )
    )


def first_left(reference: PixelTaps, other: PixelTaps, tolerances: Tolerances) -> str | None:
    """The first figure that differs, ``tap.field``; None where all that both sides tell agrees."""
    if reference.oversample != other.oversample:
        return "config_snapshot.derived.oversample"
    for tap_id in _common(reference, other):
        ours, theirs = reference.taps[tap_id], other.taps[tap_id]
        fields = tuple(_compare_tap(tap_id, ours, theirs, tolerances, None))
        first = _first_divergence(fields)
        if first is not None:
            return f"{tap_id}.{first.field}"
    return None


def figures_left(
    tap_id: str, reference: PixelTaps, other: PixelTaps, tolerances: Tolerances
) -> int:
    """How many figures of a tap differ; 0 where not both sides tell it."""
    if tap_id not in reference.taps or tap_id not in other.taps:
        return 0
    ours, theirs = reference.taps[tap_id], other.taps[tap_id]
    return sum(item.differing for item in _compare_tap(tap_id, ours, theirs, tolerances, None))


def largest_ulps(reference: PixelTaps, other: PixelTaps) -> int:
    """Largest distance of any float figure that both sides tell, in units in the last place."""
    largest = 0
    for tap_id in _common(reference, other):
        ours, theirs = reference.taps[tap_id], other.taps[tap_id]
        rows = match_rows(ours, theirs)
        pairs = [
            *((_cell(ours.pixel[name]), _cell(theirs.pixel[name]))
              for name in ours.pixel.keys() & theirs.pixel.keys()),
            *((ours.columns[name][rows.ours], theirs.columns[name][rows.theirs])
              for name in ours.columns.keys() & theirs.columns.keys()),
        ]  # fmt: skip
        largest = max(largest, *(column_ulps(*pair) for pair in pairs), 0)
    return largest


def _common(reference: PixelTaps, other: PixelTaps) -> list[str]:
    return [tap_id for tap_id in reference.taps if tap_id in other.taps]


def _by_pixel(sides: Sequence[PixelTaps]) -> dict[tuple[int, int], PixelTaps]:
    found = {side.pixel: side for side in sides}
    if len(found) != len(sides):
        raise ShapeError(
            f"{sides[0].implementation} recorded a pixel twice; keep one record a pixel"
        )
    return found


def _no_common_pixel(ours: Iterable[tuple[int, int]], theirs: Iterable[tuple[int, int]]) -> str:
    first, second = next(iter(ours)), next(iter(theirs))
    return (
        f"records of pixel {first} and pixel {second} cannot be compared; give records of the "
        "same pixels"
    )


def _gravest(verdicts: Iterable[Verdict]) -> Verdict:
    order = list(EXIT_STATUS)
    return max(verdicts, key=order.index)


def _verdict(*, is_whole: bool, inputs: Inputs, differs: bool) -> Verdict:
    if not is_whole:
        return "shapes differ"
    if inputs.differing:
        return "inputs differ"
    return "values differ" if differs else "parity"


def _inputs(reference: PixelTaps, other: PixelTaps) -> Inputs:
    flags = tuple(_differing_flags(reference.flags, other.flags))
    return Inputs(
        differing=(
            *_differing_table(reference.hkl_table, other.hkl_table),
            *(item.flag for item in flags),
        ),
        reference=reference.hkl_table,
        other=other.hkl_table,
        flags=flags,
    )


def _differing_table(ours: HklTable | None, theirs: HklTable | None) -> Iterator[str]:
    if ours is not None and theirs is not None:
        for field in _TABLE_FIELDS:
            if getattr(ours, field) != getattr(theirs, field):
                yield field


def _differing_flags(
    ours: Mapping[str, str] | None, theirs: Mapping[str, str] | None
) -> Iterator[FlagPair]:
    if ours is not None and theirs is not None:
        for flag in dict.fromkeys((*ours, *theirs)):
            if ours.get(flag) != theirs.get(flag):
                yield FlagPair(flag=flag, reference=ours.get(flag), other=theirs.get(flag))


def _absences(reference: PixelTaps, other: PixelTaps) -> Iterator[Absence]:
    sides: tuple[tuple[Literal["reference", "other"], PixelTaps, PixelTaps], ...] = (
        ("other", reference, other),
        ("reference", other, reference),
    )
    for missing_in, side, counterpart in sides:
        for tap_id, figures in side.taps.items():
            if tap_id not in counterpart.taps:
                yield Absence(what="tap", missing_in=missing_in, name=tap_id)
                continue
            theirs = counterpart.taps[tap_id].fields
            for name in figures.fields:
                if name not in theirs:
                    yield Absence(what="field", missing_in=missing_in, name=f"{tap_id}.{name}")
        for tap_id, names in side.unknown.items():
            for name in names:
                yield Absence(what="unknown field", missing_in=missing_in, name=f"{tap_id}.{name}")


def _is_excused(absence: Absence, reference: PixelTaps, other: PixelTaps) -> bool:
    """Whether something is missing only because another program writes less, or more."""
    if absence.what == "tap":
        return False
    if absence.what == "unknown field":
        return (other if absence.missing_in == "reference" else reference).foreign
    return (reference if absence.missing_in == "reference" else other).foreign


def _first_divergence(fields: Sequence[FieldComparison]) -> Difference | None:
    """In the first tap that differs, the first row that does; else its first figure."""
    differing = [item.first for item in fields if item.first is not None]
    if not differing:
        return None
    of_tap = [item for item in differing if item.tap == differing[0].tap]
    in_rows = [(_order(item.place), item) for item in of_tap if item.place is not None]
    if in_rows:
        return min(in_rows, key=lambda pair: pair[0])[1]
    return of_tap[0]


def _order(place: Place) -> tuple[int, ...]:
    return place.layer, *place.subpixel, place.source, place.phi_step, place.domain


def _compare_tap(
    tap_id: str,
    ours: Figures,
    theirs: Figures,
    tolerances: Tolerances,
    noise: NoiseBudget | None,
) -> Iterator[FieldComparison]:
    for field, value in ours.pixel.items():
        if field in theirs.pixel:
            pair = _Pair(tap_id, field, tolerances.of(tap_id, field), noise)
            yield pair.of_pixel(value, theirs.pixel[field])
    if BY_ID[tap_id].row is None or not (ours.columns and theirs.columns):
        return
    rows = match_rows(ours, theirs)
    yield _presence(tap_id, ours, theirs, rows)
    for field, column in ours.columns.items():
        if field in theirs.columns:
            pair = _Pair(tap_id, field, tolerances.of(tap_id, field), noise)
            yield pair.of_rows(column[rows.ours], theirs.columns[field][rows.theirs], ours, rows)


def _presence(tap_id: str, ours: Figures, theirs: Figures, rows: Rows) -> FieldComparison:
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


class _Pair:
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
        differs = bool(disagree(_cell(ours), _cell(theirs), self.tolerance)[0])
        distance = float(distances(_cell(ours), _cell(theirs))[0])
        first = self.difference(None, None, ours, theirs) if differs else None
        signal = self._signal(np.array([distance]), np.array([0])) if differs else None
        return self._compared(1, int(differs), first, signal, distance)

    def of_rows(
        self, ours: NDArray[Any], theirs: NDArray[Any], reference: Figures, rows: Rows
    ) -> FieldComparison:
        """A column of the rows that both sides have."""
        differing = np.flatnonzero(disagree(ours, theirs, self.tolerance))
        apart = distances(ours, theirs)
        first, signal = None, None
        if differing.size:
            at = int(differing[0])
            row = int(rows.ours[at])
            values = ours[at].item(), theirs[at].item()
            first = self.difference(reference.place(row), row, *values)
            signal = self._signal(apart[differing], rows.ours[differing])
        largest = float(apart.max(initial=0.0))
        return self._compared(len(ours), len(differing), first, signal, largest)

    def _signal(self, apart: NDArray[np.float64], rows: NDArray[np.int64]) -> int | None:
        """How many of these differences are beyond the noise; all of what must be equal are."""
        if self.noise is None:
            return None
        spread = self.noise.spread.get(self.tap_id, {}).get(self.field)
        if spread is None or len(spread) <= rows.max():
            return len(apart)
        return int((apart > np.array(spread)[rows]).sum())

    def difference(
        self, place: Place | None, row: int | None, ours: Scalar, theirs: Scalar
    ) -> Difference:
        """Two figures that disagree, with every measure of by how much."""
        absolute = _absolute(ours, theirs)
        noise = None if self.noise is None else self.noise.of(self.tap_id, self.field, row)
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


def _cell(value: Scalar) -> NDArray[Any]:
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
