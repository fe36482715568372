"""Structure-factor lookup, contract §5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.units import INT32_MAX, INT32_MIN
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.structure_factors import StructureFactors


@dataclass(frozen=True)
class Table:
    """A structure-factor grid; twin of ``pb_table``."""

    values: Tensor | None  # (h, k, l), electrons; None: no table is loaded
    minimum: tuple[int, int, int]
    default_F: Tensor  # (), electrons

    @classmethod
    def of(cls, factors: StructureFactors, dtype: torch.dtype, device: torch.device) -> Self:
        """The grid that was read, on ``device``; replace ``values`` to get gradients on F."""
        grid = factors.grid
        values = None if grid is None else torch.tensor(grid, dtype=dtype, device=device)
        default_F = torch.tensor(factors.provenance.default_F, dtype=dtype, device=device)
        return cls(values, factors.minimum, default_F)


class Lookup(NamedTuple):
    """Structure-factor lookups; twin of ``pb_lookup``. Tensors of one shape."""

    F_cell: Tensor  # electrons
    out_of_bounds: Tensor  # bool
    default_f: Tensor  # bool


def nearest_index(index: Tensor) -> Tensor:
    """Nearest Miller index, a half rounding down; clamped to int32, NaN to the smallest; int64."""
    nearest = (index - 0.5).ceil().nan_to_num(nan=INT32_MIN, posinf=INT32_MAX, neginf=INT32_MIN)
    # Clamped after the conversion: float32 has no 2**31 - 1.
    return nearest.clamp(-(2.0**31), 2.0**31).to(torch.int64).clamp(INT32_MIN, INT32_MAX)


def tie_distance(index: Tensor) -> Tensor:
    """Distance of a fractional index from the nearest half-integer tie."""
    return (index - index.floor() - 0.5).abs()


def nearest_lookup(table: Table, hkl0: Vec3) -> Lookup:
    """The stored entry inside the box, a stored 0 included; ``default_F`` outside it."""
    h, k, l = hkl0
    if table.values is None:
        nowhere = torch.zeros_like(h, dtype=torch.bool)
        return Lookup(table.default_F.expand_as(h), nowhere, ~nowhere)
    offsets = [index - low for index, low in zip((h, k, l), table.minimum, strict=True)]
    inside = torch.ones_like(h, dtype=torch.bool)
    for offset, size in zip(offsets, table.values.shape, strict=True):
        inside = inside & (offset >= 0) & (offset < size)
    stored = table.values[tuple(torch.where(inside, offset, 0) for offset in offsets)]
    return Lookup(torch.where(inside, stored, table.default_F), ~inside, ~inside)


def interpolation_is_safe(table: Table, hkl: Vec3) -> Tensor:
    """Whether all four neighbours of every index lie inside the box, bool; NaN is unsafe."""
    if table.values is None:
        raise ValueError("interpolation needs a table")
    safe = torch.ones_like(hkl.x, dtype=torch.bool)
    for index, low, size in zip(hkl, table.minimum, table.values.shape, strict=True):
        safe = safe & (index - low + 3 <= size) & (index - 2 >= low)
    return safe


def cubic_polynomial(x: Tensor, xs: list[Tensor], ys: list[Tensor]) -> Tensor:
    """Cubic Lagrange polynomial through four points."""
    x0, x1, x2, x3 = xs
    return (
        (x - x1) * (x - x2) * (x - x3) * ys[0] / ((x0 - x1) * (x0 - x2) * (x0 - x3))
        + (x - x0) * (x - x2) * (x - x3) * ys[1] / ((x1 - x0) * (x1 - x2) * (x1 - x3))
        + (x - x0) * (x - x1) * (x - x3) * ys[2] / ((x2 - x0) * (x2 - x1) * (x2 - x3))
        + (x - x0) * (x - x1) * (x - x2) * ys[3] / ((x3 - x0) * (x3 - x1) * (x3 - x2))
    )


def interpolate(table: Table, hkl: Vec3) -> Tensor:
    """Tricubic interpolation at indices of any shape; the caller has made sure that it is safe."""
    if table.values is None:
        raise ValueError("interpolation needs a table")
    hs, ks, ls = (_neighbours(index) for index in hkl)
    # What stands in for an unsafe index has neighbours outside the box.
    h, k, l = (
        [(x.to(torch.int64) - low).clamp(0, size - 1) for x in xs]
        for xs, low, size in zip((hs, ks, ls), table.minimum, table.values.shape, strict=True)
    )
    along_h = []
    for i in range(4):
        along_k = []
        for j in range(4):
            along_l = [table.values[h[i], k[j], l[m]] for m in range(4)]
            along_k.append(cubic_polynomial(hkl.z, ls, along_l))
        along_h.append(cubic_polynomial(hkl.y, ks, along_k))
    return cubic_polynomial(hkl.x, hs, along_h)


def structure_factor(
    table: Table, hkl: Vec3, hkl0: Vec3, interpolation_on: Tensor
) -> tuple[Lookup, Tensor]:
    """The lookup of a run, and whether interpolation is still on after it.

    Interpolated while it is on and safe, nearest otherwise; the first unsafe lookup switches
    interpolation off.
    """
    interpolation_on = interpolation_on & interpolation_is_safe(table, hkl)
    nearest = nearest_lookup(table, hkl0)
    # Elsewhere a harmless index stands in: an infinite polynomial would spoil the gradients.
    inside = Vec3(
        *(
            torch.where(interpolation_on, index, float(low))
            for index, low in zip(hkl, table.minimum, strict=True)
        )
    )
    F_cell = torch.where(interpolation_on, interpolate(table, inside), nearest.F_cell)
    out_of_bounds = nearest.out_of_bounds & ~interpolation_on
    return Lookup(F_cell, out_of_bounds, out_of_bounds), interpolation_on


def _neighbours(index: Tensor) -> list[Tensor]:
    first = index.floor() - 1.0
    return [first + float(i) for i in range(4)]
