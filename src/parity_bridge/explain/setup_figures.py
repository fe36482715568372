"""The derived quantities of a side: from its figures, back to figures, and how well they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.taps.derived import DERIVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.noise_budget import NoiseBudget
    from parity_bridge.taps.observation import Quantity
    from parity_bridge.taps.pixel_taps import PixelTaps

CONFIG = "config_snapshot"
_XYZ = ("x", "y", "z")
#: Numbers of a row of each list.
_WIDTHS = {"source_list": 5, "mosaic_umats": 9}
#: Lengths of the detector: each is a sum whose largest term may be any of the others.
_LENGTHS = ("distance", "close_distance", "Fbeam", "Sbeam", "Fclose", "Sclose", "pix0_vector")
#: What the operations of a derivation may round away, in units of the largest term.
_ROUNDING = 64 * np.finfo(np.float64).eps

Quantities = dict[str, "Quantity"]


def derived_quantities_of(side: PixelTaps) -> Quantities:
    """Return the derived quantities that ``side`` recorded, as an engine holds them.

    A list of which rows or numbers are missing is left out.
    """
    figures = side.taps[CONFIG].pixel
    quantities: Quantities = {}
    for name in DERIVED:
        key = f"derived.{name}"
        if name in _WIDTHS:
            rows = _rows(figures, key, _WIDTHS[name])
            if rows:
                quantities[name] = rows
        elif key in figures:
            quantities[name] = _number(figures[key])
        elif all(f"{key}.{axis}" in figures for axis in _XYZ):
            quantities[name] = tuple(_number(figures[f"{key}.{axis}"]) for axis in _XYZ)
    return quantities


def _number(figure: Any) -> float | int:
    return figure if isinstance(figure, int) else float(figure)


def _rows(figures: Mapping[str, Any], key: str, width: int) -> list[list[float]]:
    count = len({name.split(".")[2] for name in figures if name.startswith(f"{key}.")})
    names = [[f"{key}.{row}.{at}" for at in range(width)] for row in range(count)]
    if any(name not in figures for row in names for name in row):
        return []
    return [[float(figures[name]) for name in row] for row in names]


def with_derived(side: PixelTaps, quantities: Mapping[str, Quantity]) -> PixelTaps:
    """Return ``side`` with other derived quantities, for those that it recorded."""
    figures = side.taps[CONFIG]
    names = {name for name in DERIVED for key in figures.pixel if _is_of(key, name)}
    kept = {
        key: value
        for key, value in figures.pixel.items()
        if not any(_is_of(key, name) for name in quantities)
    }
    new = {
        key: value
        for name in names & quantities.keys()
        for key, value in _flat(f"derived.{name}", quantities[name])
    }
    return replace(side, taps={**side.taps, CONFIG: replace(figures, pixel={**kept, **new})})


def _is_of(key: str, name: str) -> bool:
    return key == f"derived.{name}" or key.startswith(f"derived.{name}.")


def _flat(key: str, quantity: Any) -> list[tuple[str, Any]]:
    if isinstance(quantity, int | float):
        return [(key, quantity)]
    if np.ndim(quantity) == 1:
        return [(f"{key}.{axis}", value) for axis, value in zip(_XYZ, quantity, strict=True)]
    return [
        (f"{key}.{row}.{at}", quantity[row][at])
        for row, at in product(range(len(quantity)), range(len(quantity[0])))
    ]


def centre_of(quantities: Mapping[str, Quantity]) -> Quantities:
    """Return what ``pix0_vector`` is computed from, with a pivot at the beam or the sample (§2).

    These are beam centre and distance, close point and close distance as they are before the
    recorded ones are read off ``pix0_vector`` again, which differ where the axes are not at right
    angles. Return nothing of a pivot whose axes do not span space, or are not recorded.
    """
    return {
        **_along(quantities, "beam_vector", ("Fbeam", "Sbeam", "distance")),
        **_along(quantities, "odet_vector", ("Fclose", "Sclose", "close_distance")),
    }


def _along(quantities: Mapping[str, Quantity], out: str, names: tuple[str, str, str]) -> Quantities:
    """Return ``pix0_vector`` along fast and slow, both reversed, and ``out``, under ``names``."""
    vectors = ("fdet_vector", "sdet_vector", out, "pix0_vector")
    if any(name not in quantities for name in vectors):
        return {}
    *axes, pix0 = (np.asarray(quantities[name], dtype=np.float64) for name in vectors)
    try:
        fast, slow, depth = np.linalg.solve(np.stack(axes, axis=1), pix0)
    except np.linalg.LinAlgError:
        return {}
    return dict(zip(names, (-float(fast), -float(slow), float(depth)), strict=True))


@dataclass(frozen=True)
class SetupAgreement:
    """Whether two values of a derived quantity are the same but for rounding."""

    reference: Mapping[str, Quantity]
    tolerances: Tolerances
    #: The noise budget of a pixel of the reference; None where it is not known.
    noise: NoiseBudget | None = None

    def same(self, name: str, first: Quantity, second: Quantity) -> bool:
        """Return whether ``first`` and ``second`` are the same quantity ``name``."""
        ours, theirs = (np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in
                        (first, second))  # fmt: skip
        if ours.shape != theirs.shape:
            return False
        with np.errstate(invalid="ignore"):
            near = np.abs(ours - theirs) <= self._allowed(name, ours, theirs)
        return bool(np.all(near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))))

    def _allowed(
        self, name: str, ours: NDArray[np.float64], theirs: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the tolerance, the noise of the reference's and the rounding of a few terms."""
        if isinstance(self.reference.get(name), int):
            return np.zeros(ours.shape)
        largest = np.maximum(np.abs(ours), np.abs(theirs)).max(axis=0, keepdims=True)
        if ours.ndim == 1:
            largest = np.full(ours.shape, largest.max())
        if name in _LENGTHS:
            largest = np.maximum(largest, self._longest())
        limit = self.tolerances.of(CONFIG, f"derived.{name}")
        tolerance = 0.0 if limit is None else limit.atol + limit.rtol * np.abs(ours)
        return np.asarray(tolerance + self._noise_of(name) + _ROUNDING * np.nan_to_num(largest))

    def _longest(self) -> float:
        """Return the largest term of the lengths of the detector."""
        terms = [self.reference[name] for name in _LENGTHS if name in self.reference]
        return max(float(np.max(np.abs(term))) for term in terms)

    def _noise_of(self, name: str) -> float:
        if self.noise is None:
            return 0.0
        spread = self.noise.spread.get(CONFIG, {})
        return max((max(spread[key]) for key in spread if _is_of(key, name)), default=0.0)
