"""Figures of the tricubic interpolation of structure factors (contract §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import axis_of, lay
from parity_bridge.locate.figures.functions import whole
from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.figures.traced import Traced, product, total

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger

#: The four neighbours along h, k and l lie along these axes.
_NODES = ("cell", "row", "xyz")


def interpolation_figures(ledger: Ledger, reference: Reference, hkl: Traced) -> Traced:
    """Register the polynomials along l, k and h; return the structure factor."""
    nodes = []
    for number, axis in enumerate(_NODES):
        x = hkl.take("cell", number)
        first = (whole("floor", np.floor, x) - 1.0).named(f"first neighbour along {'hkl'[number]}")
        nodes.append((x, first + ledger.given("neighbour", np.arange(4.0), axis)))
    values = _neighbours(ledger, reference, [neighbours for _, neighbours in nodes])
    for number in (2, 1, 0):
        x, neighbours = nodes[number]
        values = _cubic(x, neighbours, values, _NODES[number]).named(
            f"interpolated along {'hkl'[number]}"
        )
    return values


def _neighbours(ledger: Ledger, reference: Reference, nodes: list[Traced]) -> Traced:
    """Register the stored entries around each index; NaN where one lies outside the box."""
    grid = reference.factors.grid
    if grid is None:
        raise ValueError("interpolation needs a table")
    places, inside = [], np.ones(1, dtype=bool)
    for index, low, size in zip(nodes, reference.factors.minimum, grid.shape, strict=True):
        at = np.nan_to_num(index.values) - low
        inside = inside & (at >= 0) & (at < size)
        places.append(np.clip(at, 0, size - 1).astype(int))
    entries = np.where(inside, grid[tuple(places)], np.nan)
    numbers = tuple(index.number for index in nodes)
    return ledger.add(
        "neighbours in the table", "the 64 entries around h k l", entries, np.abs(entries), 0,
        numbers, Rank.GIVEN,
    )  # fmt: skip


def _cubic(x: Traced, nodes: Traced, values: Traced, axis: str) -> Traced:
    """Return the cubic Lagrange polynomial through four points, which lie along ``axis``."""
    distances = x - nodes
    terms = []
    for i in range(4):
        others = [j for j in range(4) if j != i]
        above = product(*(distances.take(axis, j) for j in others)) * values.take(axis, i)
        gaps = [nodes.take(axis, i) - nodes.take(axis, j) for j in others]
        terms.append(above / product(*gaps))
    return total(*terms)


def safe_lookups(reference: Reference, hkl: Array) -> Array:
    """Return where all neighbours lie inside the box (contract §5), of the shape without cells."""
    factors = reference.factors
    shape = (1, 1, 1) if factors.grid is None else factors.grid.shape
    low, size = lay(factors.minimum, "cell"), lay(shape, "cell")
    with np.errstate(invalid="ignore"):
        safe = (hkl - low + 3 <= size) & (hkl - 2 >= low)
    inside: Array = np.all(safe, axis=axis_of("cell"), keepdims=True)
    return inside
