"""What one nanoBragg flag is: the words it fires on, the values it takes, the fields it sets.

A field is named by its path, ``detector.rotations.0`` being the first number of the tuple
``Experiment.detector.rotations``, and ``outputs.scale`` the field of ``OutputWords``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    # The help of every command needs this table, and the model is slow to import.
    from parity_bridge.experiment.model import MaskBeamCentre

Value: TypeAlias = "float | str | Path | MaskBeamCentre | None"

#: How the words after a flag are read. A matrix is a file, an orientation three numbers or a word
#: with rand in it, a depth a number or a word with inf in it; a text is not read at all.
ValueKind = Literal[
    "number", "integer", "direction", "path", "matrix", "pivot", "orientation", "depth", "text"
]

#: These fire only where they are the whole word; every other spelling also as a part of it (§8).
WHOLE_WORDS = frozenset(
    "-N -MW -detector_thick -detsize -detpixels -polar -mosaic -hdivstep -vdivstep -phi -phistep "
    "-stol -4stol -Q".split()
)


@dataclass(frozen=True)
class Flag:
    """One line of the table."""

    #: As it is written in full.
    name: str
    help: str
    #: Fields the values go to, in order.
    fields: tuple[str, ...] = ()
    kind: ValueKind = "number"
    #: What fires in a word; empty: the name.
    spellings: tuple[str, ...] = ()
    #: Whether no further flag fires on a word that this one fires on.
    ends_word: bool = False
    #: How many values the flag takes; empty: one for each field.
    counts: tuple[int, ...] = ()
    #: How many words must follow for the flag to fire; ``None``: the fewest values.
    words_needed: int | None = None
    #: A single value goes to every field.
    repeat: bool = False
    #: Converts the given number into the value of the field.
    convert: Callable[[float], float] | None = None
    #: Further fields, set to constants; a flag without values sets only these.
    also_sets: Mapping[str, Value] = field(default_factory=dict)
    #: Further fields, set to constants where the given number is 0.
    also_at_zero: Mapping[str, Value] = field(default_factory=dict)
    #: Whether the value is an SMV image whose header sets fields too.
    reads_header: bool = False
    #: Whether ``to_flags`` writes this flag from the table alone.
    written: bool = True

    @property
    def value_counts(self) -> tuple[int, ...]:
        """The numbers of values that may follow the flag."""
        return self.counts or (len(self.fields),)

    @property
    def needs(self) -> int:
        """How many words must follow for the flag to fire."""
        return min(self.value_counts) if self.words_needed is None else self.words_needed

    @property
    def all_spellings(self) -> tuple[str, ...]:
        """What fires in a word, the longest first."""
        return tuple(sorted(self.spellings or (self.name,), key=len, reverse=True))

    def part_of(self, word: str) -> str | None:
        """Return the longest spelling that fires in ``word``, or ``None``."""
        return next((part for part in self.all_spellings if _fires(part, word)), None)


def _fires(part: str, word: str) -> bool:
    return part == word if part in WHOLE_WORDS else part in word
