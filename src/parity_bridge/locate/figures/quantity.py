"""A figure of the reference: values with labelled axes, noise, unit, formula and parents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import AXES

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array


class Rank(Enum):
    """What a match with the figure says about the port."""

    #: A step that the contract names: a value that matches is right.
    STEP = "step"
    #: A part of a named step: right as far as it goes, but something may still be left out.
    PART = "part"
    #: A number that was given, or a constant of the contract.
    GIVEN = "given"


@dataclass(frozen=True)
class Quantity:
    """One figure; arrays have all ``AXES``."""

    number: int
    name: str
    stage: str
    formula: str
    rank: Rank
    values: Array
    #: Bound of the error of a faithful computation, in units of the unit roundoff.
    noise: Array
    #: Exponent of the length that the figure is measured in; 0 for a number, None for an angle.
    power: int | None
    #: Numbers of the figures that the formula uses.
    parents: tuple[int, ...]
    #: Names along the axis ``cell`` where each is a figure of its own.
    parts: tuple[str, ...] = ()
    #: Whether its values are taken from a table: a wrong place gives a value of the table too.
    is_looked_up: bool = False
    #: The operation of the formula: ``+``, ``-``, ``*`` or ``/``; empty for another.
    operation: str = ""

    @property
    def dimension(self) -> str:
        """The unit dimension in words."""
        names = {None: "angle", 0: "none", 1: "length", 2: "area", 3: "volume"}
        if self.power in names:
            return names[self.power]
        return f"reciprocal {names.get(-(self.power or 0), 'length power')}"

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes on which it depends."""
        return tuple(axis for axis, size in zip(AXES, self.values.shape, strict=True) if size > 1)

    def tolerance(self, unit_roundoff: float, safety: float = 4.0) -> Array:
        """Return how far a value may differ, for arithmetic of this ``unit_roundoff``."""
        return np.maximum(safety * unit_roundoff * self.noise, np.finfo(np.float64).tiny)
