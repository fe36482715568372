"""A promise about speed or memory, and what was measured of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A value and the measurements it was taken from, as JSON has them."""

    value: float
    runs: object


@dataclass(frozen=True)
class Figure:
    """A value that can be measured, and its goal."""

    #: Its group, a dot and what it is called there.
    name: str
    what: str
    unit: str
    goal: float
    measure: Callable[[], Measured]
    #: Whether the goal is the least and not the most.
    at_least: bool = False

    def reached_by(self, value: float) -> bool:
        """Whether ``value`` is within the goal."""
        return value >= self.goal if self.at_least else value <= self.goal

    @property
    def bound(self) -> str:
        """The goal in words."""
        return f"at {'least' if self.at_least else 'most'} {self.goal:g}"


@dataclass(frozen=True)
class Group:
    """Figures that are measured in the same way."""

    name: str
    #: What is measured, said before the first figure.
    what: str
    figures: tuple[Figure, ...]
