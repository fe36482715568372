"""What one nanoBragg flag is: the values it takes and the Experiment fields it sets.

A field is named by its path, ``detector.rotations.0`` being the first number of the tuple
``Experiment.detector.rotations``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Value = float | str | Path | None

#: How the words after a flag are read. A matrix is a file or nine numbers, an orientation three
#: numbers or the word random, a depth a number or the word inf.
ValueKind = Literal[
    "number", "integer", "direction", "path", "matrix", "pivot", "orientation", "depth"
]


@dataclass(frozen=True)
class Flag:
    """One line of the table."""

    names: tuple[str, ...]
    help: str
    #: Fields the values go to, in order.
    fields: tuple[str, ...] = ()
    kind: ValueKind = "number"
    #: How many values the flag takes; empty: one for each field.
    counts: tuple[int, ...] = ()
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
