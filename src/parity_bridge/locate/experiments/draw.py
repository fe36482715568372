"""Random numbers on a command line, and files of random content, each the same for a seed."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from random import Random

from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.structure_factors import load, write_cache
from parity_bridge.files.atomic_write import write_text

#: Of the entries of a table, how many are listed as 0 and how many are not listed.
_ZEROS, _UNLISTED = 0.1, 0.1


class Draw:
    """One draw: random words, and files in ``folder`` whose names begin with ``name``."""

    def __init__(self, folder: Path, name: str, seed: int) -> None:
        """Begin a draw; a name and a seed always draw the same."""
        self._random = Random(f"{name} {seed}")  # noqa: S311 - repeatable, nothing secret
        self._stem = folder / name

    def number(self, low: float, high: float, digits: int = 2) -> str:
        """Return a number between the two, written with at most ``digits`` decimals."""
        return str(round(self._random.uniform(low, high), digits))

    def numbers(self, *ranges: tuple[float, float]) -> str:
        """Return a number for each range, separated by spaces."""
        return " ".join(self.number(*limits) for limits in ranges)

    def different(self, low: int, high: int, count: int) -> list[int]:
        """Return ``count`` different whole numbers of the closed range."""
        return self._random.sample(range(low, high + 1), count)

    def one_of(self, *choices: str) -> str:
        """Return one of ``choices``."""
        return self._random.choice(choices)

    def cells(self) -> str:
        """Return the flags of three different numbers of cells."""
        return " ".join(
            f"-N{axis} {count}" for axis, count in zip("abc", self.different(3, 7, 3), strict=True)
        )

    def table(self, largest: int = 9) -> str:
        """Write a text table of random F, in electrons, and return its path.

        The ends of its box differ between axes and are at most ``largest``; some entries are 0 and
        some are not listed.
        """
        box = [
            (-end, start)
            for end, start in zip(
                self.different(largest - 3, largest, 3),
                self.different(largest - 4, largest - 1, 3),
                strict=True,
            )
        ]
        corners = {tuple(low for low, _ in box), tuple(high for _, high in box)}
        indices = itertools.product(*(range(low, high + 1) for low, high in box))
        lines = [self._entry(index, must_be_listed=index in corners) for index in indices]
        path = self._stem.with_suffix(".hkl")
        write_text(path, "".join(lines))
        return str(path)

    def _entry(self, index: tuple[int, ...], *, must_be_listed: bool) -> str:
        chance = self._random.random()
        F = self.number(20, 400, 3)
        if chance < _UNLISTED and not must_be_listed:
            return ""
        if chance < _UNLISTED + _ZEROS:
            F = "0"
        return f"{' '.join(map(str, index))} {F}\n"

    def cache(self) -> str:
        """Write the cache of a random table and return its path."""
        path = self._stem.with_suffix(".bin")
        table = Path(self.table(6))
        write_cache(path, load(StructureFactorSource(hkl=table)))
        table.unlink()
        return str(path)

    def sources(self, wavelength: float) -> str:
        """Write a file of two sources, of different weights and wavelengths; return its path."""
        lines = [
            f"{self.numbers((-10.5, -9.5), (-0.4, 0.4), (-0.4, 0.4))} {weight} "
            f"{wavelength * float(self.number(0.95, 1.05, 3)) * 1e-10:.6e}\n"
            for weight in ("1.0", self.number(2, 4))
        ]
        path = self._stem.with_suffix(".sources")
        write_text(path, "".join(lines))
        return str(path)

    def matrix(self, wavelength: float) -> str:
        """Write an orientation matrix, of axes of 12 to 20 Å at random angles; return its path."""
        angle = self._random.uniform(0.2, 1.2)
        turned = (
            (math.cos(angle), -math.sin(angle), 0.0),
            (math.sin(angle), math.cos(angle), 0.0),
            (0.0, 0.0, 1.0),
        )
        lengths = [wavelength / self._random.uniform(12, 20) for _ in range(3)]
        rows = [
            " ".join(
                f"{length * (value + self._random.uniform(-0.25, 0.25)):.8f}"
                for value, length in zip(row, lengths, strict=True)
            )
            for row in turned
        ]
        path = self._stem.with_suffix(".mat")
        write_text(path, "\n".join(rows) + "\n")
        return str(path)
