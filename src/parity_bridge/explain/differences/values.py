"""The values of one field on both sides, over all rows and pixels, as arrays.

What kind of difference there is, and where, is read off these arrays alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

#: Rounding that a relation may leave, in units of the largest figure: a few operations' worth.
_ROUNDING = 64 * np.finfo(np.float64).eps

#: The words of 0 and 1 where a figure is true or false.
_TRUTH = ("false", "true")

#: The loops of a pixel from outer to inner, and the columns of ``FieldValues.places`` of each.
LOOPS: dict[str, list[int]] = {
    "pixel": [0, 1],
    "layer": [2],
    "subpixel": [3, 4],
    "source": [5],
    "phi step": [6],
    "domain": [7],
}


@dataclass(frozen=True)
class Relation:
    """Something that may hold between both sides of a field, and where it does."""

    #: One or two words for a program, ``factor`` say.
    kind: str
    #: The same for a reader: what the other side has.
    text: str
    #: (rows, components): where it holds.
    holds: Mask


@dataclass(frozen=True)
class FieldValues:
    """Both sides of one field: arrays of shape (rows, components), reference first.

    A figure that does not exist is NaN; a word is the number of the word.
    """

    #: Names of the components, ``x`` say; one empty name for a scalar.
    names: tuple[str, ...]
    ours: Floats
    theirs: Floats
    #: Where the sides differ beyond the tolerance, and what a relation may leave.
    differs: Mask
    slack: Floats
    #: (rows, 8): pixel and place in its loops, see ``LOOPS``; None for the setup.
    places: NDArray[np.int64] | None
    #: Unit of the field, "1" without one, empty for what is no float.
    unit: str = "1"
    #: Whether each row is a figure of a whole pixel.
    of_pixels: bool = False
    #: Loops of which the rows need not have every step, so that the last one is not known.
    partial_loops: tuple[str, ...] = ()
    #: The words that numbers stand for.
    words: tuple[str, ...] = ()
    #: Other values of the reference, by what they are, which the other side may have taken.
    alternatives: Mapping[str, Floats] = field(default_factory=dict)
    #: What may be true of a row, in words, and the rows of which it is true.
    conditions: Mapping[str, Mask] = field(default_factory=dict)
    #: Numbers of the reference's setup, in the unit of the field, by what they are.
    lengths: Mapping[str, float] = field(default_factory=dict)
    #: Numbers without a unit by which a factor may be off.
    factors: Mapping[str, float] = field(default_factory=dict)
    #: Directions along which a vector may be off, by name: (3, 3), one a row.
    directions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def differing_rows(self) -> Mask:
        """The rows in which any component differs."""
        rows: Mask = np.any(self.differs, axis=1)
        return rows

    @property
    def differing_components(self) -> list[int]:
        """Numbers of the components that differ in any row."""
        return np.flatnonzero(self.differs.any(axis=0)).tolist()

    def component(self, number: int) -> FieldValues:
        """Return the same of one component, without what holds for whole vectors."""
        at = slice(number, number + 1)
        return replace(
            self, names=(self.names[number],), ours=self.ours[:, at], theirs=self.theirs[:, at],
            differs=self.differs[:, at], slack=self.slack[:, at], directions={},
            alternatives={
                name: values[:, at]
                for name, values in self.alternatives.items()
                if values.shape == self.ours.shape
            },
        )  # fmt: skip

    def fits(self, predicted: Floats, part: float = 1.0) -> Mask:
        """Return, element by element, whether the other side has ``predicted``.

        A relation may leave ``part`` of the slack: a small part of the reference's figure may be
        smaller than the rounding of the whole.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(self.theirs - predicted) <= part * self.slack
        same: Mask = near | (self.theirs == predicted)
        return same

    def related(self, kind: str, text: str, predicted: Floats, part: float = 1.0) -> Relation:
        """Return the relation that the other side has ``predicted``; ``part`` as for ``fits``."""
        return Relation(kind, text, self.fits(np.broadcast_to(predicted, self.ours.shape), part))


def rounding_slack(ours: Floats, theirs: Floats, *, by_column: bool) -> Floats:
    """Return what rounding may leave of a relation between two columns, for each element.

    Components of one vector share the largest figure; ``by_column`` keeps them separate.
    """
    sizes = np.abs(np.stack((ours, theirs)))
    sizes = np.where(np.isfinite(sizes), sizes, 0.0)
    if not sizes.size:
        return np.zeros(ours.shape)
    largest = sizes.max(axis=(0, 1)) if by_column else np.full(ours.shape[1], sizes.max())
    return np.broadcast_to(_ROUNDING * largest, ours.shape).copy()


def as_numbers(columns: Sequence[NDArray[Any]]) -> tuple[list[Floats], tuple[str, ...]]:
    """Return columns as floats, None as NaN, and the words where they hold words or truths."""
    flat = {value for column in columns for value in column.tolist()}
    words = tuple(sorted(value for value in flat if isinstance(value, str)))
    if flat and all(isinstance(value, bool) for value in flat):
        words = _TRUTH
    numbers = {word: float(number) for number, word in enumerate(words)}
    return [np.array(list(_floats(column, numbers))) for column in columns], words


def _floats(column: NDArray[Any], numbers: Mapping[str, float]) -> Iterator[float]:
    for value in column.tolist():
        if value is None:
            yield np.nan
        else:
            yield numbers[value] if isinstance(value, str) else float(value)
