"""The result of a comparison by figure, field and pixel; stored as it is."""

from __future__ import annotations

from typing import Literal

from parity_bridge.comparison.causes import Cause
from parity_bridge.comparison.tolerances import Tolerance, Tolerances
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.files.schema import AnyFigure, Count, Number, Schema
from parity_bridge.taps.fields import Place
from parity_bridge.taps.schema import Pixel

Verdict = Literal["parity", "values differ", "inputs differ", "shapes differ"]

#: Exit status of each verdict, mildest verdict first.
EXIT_STATUS: dict[Verdict, int] = {
    "parity": 0,
    "values differ": 3,
    "inputs differ": 3,
    "shapes differ": 4,
}


class FlagDifference(Schema):
    """A nanoBragg flag whose values differ between the two sides; None: not given."""

    flag: str
    reference: str | None
    other: str | None

    @property
    def texts(self) -> tuple[str, str]:
        """Both values in words; a flag without values is a switch."""
        is_switch = "" in (self.reference, self.other)
        absent = "not given" if is_switch else "the default"
        ours, theirs = (
            absent if value is None else value or "given" for value in (self.reference, self.other)
        )
        return ours, theirs


class InputComparison(Schema):
    """What each side was given, and what differs; None where a side did not record it."""

    differing: tuple[str, ...]
    reference: HklTable | None
    other: HklTable | None
    flags: tuple[FlagDifference, ...] = ()

    @property
    def differing_table_fields(self) -> tuple[str, ...]:
        """The fields of the structure factors that differ."""
        return self.differing[: len(self.differing) - len(self.flags)]


class Difference(Schema):
    """One figure that differs between two sides."""

    tap: str
    field: str
    place: Place | None  # None for a figure of the whole pixel
    reference: AnyFigure
    other: AnyFigure
    absolute: int | Number | None  # None where either figure does not exist or is no number
    ulps: int | None  # units in the last place of float64
    tolerance: Tolerance | None  # None: must be equal
    #: The difference divided by what the tolerance allows; None where it allows nothing.
    tolerance_units: Number | None = None
    #: Spread that 1-ULP changes of the inputs cause, and the difference divided by it.
    noise: Number | None = None
    noise_units: Number | None = None
    #: Whether noise decides a nearest index here.
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
    #: How many of the differing figures are beyond the noise; None where that is not known.
    signal: int | None
    #: Largest difference, which is the smallest atol that passes with rtol 0; None where no atol
    #: passes.
    smallest_passing_atol: Number | None


class MissingFigure(Schema):
    """A tap or field that one side did not record, or one that the schema does not know."""

    what: Literal["tap", "field", "unknown field"]
    missing_in: Literal["reference", "other"]
    name: str


class PixelComparison(Schema):
    """One pixel: the verdict and all that it rests on, in the order of the chain."""

    pixel_coords: Pixel  # slow, fast
    tag: str | None
    verdict: Verdict
    oversample: tuple[int, int]  # reference, other
    inputs: InputComparison
    taps: tuple[str, ...]  # that both sides recorded
    absent: tuple[MissingFigure, ...]
    first_divergence: Difference | None
    fields: tuple[FieldComparison, ...]
    #: Nearest indices of the reference that noise decides; 0 where the noise is not known.
    rounding_sensitive: Count = 0
    causes: tuple[Cause, ...]

    @property
    def differing(self) -> tuple[FieldComparison, ...]:
        """The fields that differ."""
        return tuple(item for item in self.fields if item.differing)

    @property
    def is_noise(self) -> bool:
        """Whether any figure differs, and none by more than the noise of the inputs.

        False where noise decides a nearest index: whatever follows from the index may jump.
        """
        is_small = all(item.signal == 0 for item in self.differing)
        return bool(self.differing) and is_small and not self.rounding_sensitive


class Comparison(Schema):
    """Two sides over all pixels; the verdict is the gravest of any pixel."""

    verdict: Verdict
    exit_status: int
    reference: str
    other: str
    tolerances: Tolerances
    only_in_reference: tuple[Pixel, ...]
    only_in_other: tuple[Pixel, ...]
    pixels: tuple[PixelComparison, ...]
