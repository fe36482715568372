"""Hypotheses that are slips of the table: entries under other indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.experiment.structure_factors import StructureFactors
from parity_bridge.explain.explanation import Hypothesis

if TYPE_CHECKING:
    from numpy.typing import NDArray

TableSlip = Callable[[StructureFactors], StructureFactors]


def table_slips(factors: StructureFactors) -> Iterator[tuple[Hypothesis, TableSlip]]:
    """Yield every slip of the table; none where there is no table."""
    if factors.grid is not None:
        for name, (does, slip) in _TABLE_SLIPS.items():
            yield Hypothesis(kind="slip of the table", name=name, does=does), slip


def _axis_shift(axis: int, by: int) -> TableSlip:
    def slip(factors: StructureFactors) -> StructureFactors:
        minimum = list(factors.minimum)
        minimum[axis] += by
        return replace(factors, minimum=(minimum[0], minimum[1], minimum[2]))

    return slip


def _axis_swap(first: int, second: int) -> TableSlip:
    def slip(factors: StructureFactors) -> StructureFactors:
        minimum = list(factors.minimum)
        minimum[first], minimum[second] = minimum[second], minimum[first]
        grid = np.ascontiguousarray(np.swapaxes(_existing_grid(factors), first, second))
        return replace(factors, grid=grid, minimum=(minimum[0], minimum[1], minimum[2]))

    return slip


def _invert_indices(factors: StructureFactors) -> StructureFactors:
    grid = _existing_grid(factors)
    h, k, l = (-(low + size - 1) for low, size in zip(factors.minimum, grid.shape, strict=True))
    return replace(factors, grid=np.ascontiguousarray(grid[::-1, ::-1, ::-1]), minimum=(h, k, l))


def _drop_top_indices(factors: StructureFactors) -> StructureFactors:
    grid = _existing_grid(factors)
    cut = tuple(slice(0, max(1, size - 1)) for size in grid.shape)
    return replace(factors, grid=np.ascontiguousarray(grid[cut]))


def _zero_outside(factors: StructureFactors) -> StructureFactors:
    provenance = factors.provenance.model_copy(update={"default_F": 0.0})
    return replace(factors, provenance=provenance)


def _existing_grid(factors: StructureFactors) -> NDArray[np.float64]:
    if factors.grid is None:
        raise ValueError("there is no table")
    return factors.grid


_TABLE_SLIPS: dict[str, tuple[str, TableSlip]] = {
    **{
        f"index {name} {-by:+d}": (
            f"looks F up at the index {name} {-by:+d}",
            _axis_shift(axis, by),
        )
        for axis, name in enumerate("hkl")
        for by in (1, -1)
    },
    "h and k swapped": ("swaps h and k in the table", _axis_swap(0, 1)),
    "h and l swapped": ("swaps h and l in the table", _axis_swap(0, 2)),
    "k and l swapped": ("swaps k and l in the table", _axis_swap(1, 2)),
    "Friedel mates": ("looks F up at -h -k -l", _invert_indices),
    "bounds exclusive at the top": (
        "takes the largest index of the table on each axis for outside", _drop_top_indices
    ),
    "0 outside the box": (
        "returns 0 outside the table's box, where default_F belongs", _zero_outside
    ),
}  # fmt: skip
