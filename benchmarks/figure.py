"""One promise about speed or memory and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value beside its goal."""

    what: str
    measured: float
    unit: str
    goal: float

    @property
    def reached(self) -> bool:
        """Whether the measured value is within the goal."""
        return self.measured <= self.goal
