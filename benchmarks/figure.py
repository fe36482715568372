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
    #: Whether the goal is the least and not the most.
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the measured value is within the goal."""
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal

    @property
    def bound(self) -> str:
        """The goal in words."""
        return f"at {'least' if self.at_least else 'most'} {self.goal:g}"
