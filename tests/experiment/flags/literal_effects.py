"""What each flag of the literal model says: its effect on what was said before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from tests.experiment.flags.c_numbers import atof, atoi

#: What follows a word.
Values = Sequence[str]


class NoExperimentError(Exception):
    """The original ends with its usage page, or the line describes no valid experiment."""


@dataclass
class Said:
    """What the words so far have said."""

    #: ``detector.distance`` -> its value.
    fields: dict[str, Any] = field(default_factory=lambda: {"detector.pivot": "beam"})
    cell: list[float] = field(default_factory=list)
    random_misset: bool = False
    misset_seed: int | None = None
    matrix: str | None = None
    hkl: str | None = None
    dump: str = "Fdump.bin"
    float_file: str = "floatimage.bin"

    def put(self, name: str, value: Any) -> None:
        """Say a field; ``None`` takes back what was said before."""
        self.fields[name] = value
        if name == "detector.y_beam":
            self.fields["detector.mask_beam_centre"] = None


Effect = Callable[[Said, Values], None]


def number(*names: str) -> Effect:
    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, atof(values[0]))

    return effect


def size(*names: str) -> Effect:
    """Return an effect that takes a number below 0 as 0."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, max(atof(values[0]), 0.0))

    return effect


def range(*names: str) -> Effect:  # noqa: A001 - of a sweep
    """Return an effect that takes a number below 0 as not given."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, number if (number := atof(values[0])) >= 0 else None)

    return effect


def step(*names: str) -> Effect:
    """Return an effect that takes a number of 0 or less as not given."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, number if (number := atof(values[0])) > 0 else None)

    return effect


def integer(*names: str) -> Effect:
    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, atoi(values[0]))

    return effect


def count(*names: str) -> Effect:
    """Return an effect that takes a count of 0 or less as not given."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, count if (count := atoi(values[0])) > 0 else None)

    return effect


def pixels(*names: str) -> Effect:
    """Return an effect that takes 0 pixels as not given: the size of the detector counts."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, atoi(values[0]) or None)

    return effect


def seed(*names: str) -> Effect:
    """Return an effect that takes a seed below 1 as 1."""

    def effect(said: Said, values: Values) -> None:
        for name in names:
            said.put(name, max(atoi(values[0]), 1))

    return effect


def both(first: Effect, second: Effect) -> Effect:
    def effect(said: Said, values: Values) -> None:
        first(said, values)
        second(said, values)

    return effect


def vector(name: str) -> Effect:
    def effect(said: Said, values: Values) -> None:
        said.put(f"detector.vectors.{name}", tuple(atof(value) for value in values[:3]))
        said.put("detector.convention", "custom")

    return effect


def path(name: str) -> Effect:
    def effect(said: Said, values: Values) -> None:
        said.put(name, Path(values[0]))

    return effect


def remember(attribute: str) -> Effect:
    def effect(said: Said, values: Values) -> None:
        setattr(said, attribute, values[0])

    return effect


def always(values: Values) -> bool:
    """Say that a flag ends the tests of its word, whatever follows it."""
    return True


def is_random(values: Values) -> bool:
    """Say whether -misset asks for a random orientation."""
    return "rand" in values[0]


def cell(said: Said, values: Values) -> None:
    for place, value in enumerate(_cell_values(values)):
        said.cell[place : place + 1] = [atof(value)]


def is_short_cell(values: Values) -> bool:
    """Say whether -cell took fewer than six numbers."""
    return len(_cell_values(values)) < 6


def _cell_values(values: Values) -> list[str]:
    return list(takewhile(lambda value: not value.startswith("-"), values[:6]))


def misset(said: Said, values: Values) -> None:
    if is_random(values):
        said.random_misset = True
    elif len(values) >= 3:
        said.random_misset = False
        said.put("crystal.misset", tuple(atof(value) for value in values[:3]))


def misset_seed(said: Said, values: Values) -> None:
    said.misset_seed = atoi(values[0])


def wavelength_of_energy(said: Said, values: Values) -> None:
    electronvolt = atof(values[0])
    if electronvolt == 0:
        raise NoExperimentError
    said.put("beam.wavelength", 12398.42 / electronvolt)


def pivot(said: Said, values: Values) -> None:
    if "sample" in values[0]:
        said.put("detector.pivot", "sample")
    if "beam" in values[0]:
        said.put("detector.pivot", "beam")


def depth(said: Said, values: Values) -> None:
    depth = 0.0 if "inf" in values[0] else atof(values[0])
    said.put("detector.attenuation_depth", depth)
    if depth == 0:
        said.put("detector.thickness", 0.0)


def phi_steps(said: Said, values: Values) -> None:
    steps = atoi(values[0])
    said.put("sampling.oscillation.steps", None if steps < 0 else max(steps, 1))


def region(said: Said, values: Values) -> None:
    said.put("sampling.roi", tuple(atoi(value) for value in values[:4]))
