"""Structure-factor lookup, contract §5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.units import INT32_MAX, INT32_MIN
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.structure_factors import StructureFactors


@dataclass(frozen=True)
class Table:
    """A structure-factor grid; twin of ``pb_table``."""

    values: Tensor | None  # (h, k, l), electrons; None: no table is loaded
    minimum: tuple[int, int, int]
    default_F: Tensor  # (), electrons

    @classmethod
    def of(cls, factors: StructureFactors, dtype: torch.dtype, device: torch.device) -> Self:
        """Return the grid of a file on ``device``; replace ``values`` to get gradients on F."""
        grid = factors.grid
        values = None if grid is None else torch.tensor(grid, dtype=dtype, device=device)
        default_F = torch.tensor(factors.provenance.default_F, dtype=dtype, device=device)
        return cls(values, factors.minimum, default_F)


class Lookup(NamedTuple):
    """Structure-factor lookups; twin of ``pb_lookup_lanes``. Tensors broadcast together."""

    F_cell: Tensor  # electrons
    out_of_bounds: Tensor  # bool
    default_f: Tensor  # bool


def nearest_index(index: Tensor, rounding: str) -> Tensor:
    """Return the nearest Miller index by ``Behaviours.rounding``, clamped to int32.

    NaN becomes the smallest int32. The index is a whole number in float64, the dtype of ``index``,
    because later steps compute with it.
    """
    if rounding == "half_even":
        nearest = index.round()
    elif rounding == "half_up":
        nearest = (index + 0.5).floor_()
    elif rounding == "truncate":
        nearest = index.trunc()
    elif rounding == "floor":
        nearest = index.floor()
    else:
        nearest = (index - 0.5).ceil_()
    return nearest.clamp_(INT32_MIN, INT32_MAX).nan_to_num_(nan=INT32_MIN)


def tie_distance(index: Tensor) -> Tensor:
    """Return the distance of a fractional index from the nearest half-integer tie."""
    return (index - index.floor() - 0.5).abs()


def nearest_lookup(table: Table, hkl0: Vec3, in_box_zero: str = "stored") -> Lookup:
    """Look up the stored entry inside the box, ``default_F`` outside; ``hkl0`` of any shape.

    ``Behaviours.in_box_zero`` decides what a stored 0 gives. Without a table the tensors
    have the shape ().
    """
    if table.values is None:
        nowhere = torch.zeros_like(table.default_F, dtype=torch.bool)
        return Lookup(table.default_F, nowhere, ~nowhere)
    outside, stored = _table_entries(table.values, table.minimum, hkl0)
    default_f = outside
    if in_box_zero == "default":
        default_f = outside | (stored == 0.0)
    return Lookup(torch.where(default_f, table.default_F, stored), outside, default_f)


def _table_entries(
    values: Tensor, minimum: tuple[int, int, int], hkl0: Vec3
) -> tuple[Tensor, Tensor]:
    """Return whether indices lie outside the box, and the entries of those inside."""
    place: Tensor | None = None
    outside: Tensor | None = None
    for index, low, size in zip(hkl0, minimum, values.shape, strict=True):
        offset = index - low
        inner = offset.clamp(0, size - 1)
        beyond = inner != offset
        place = inner if place is None else place * size + inner
        outside = beyond if outside is None else outside | beyond
    if place is None or outside is None:
        raise ValueError("a table has three axes")
    # NaN has no entry; it counts as outside.
    entry = place.to(torch.int64).clamp(0, values.numel() - 1)
    return outside, values.take(entry)


def interpolation_is_safe(table: Table, hkl: Vec3) -> Tensor:
    """Return whether all four neighbours of each index lie inside the box; NaN is unsafe."""
    if table.values is None:
        raise ValueError("interpolation needs a table")
    safe = torch.ones_like(hkl.x, dtype=torch.bool)
    for index, low, size in zip(hkl, table.minimum, table.values.shape, strict=True):
        safe = safe & (index - low + 3 <= size) & (index - 2 >= low)
    return safe


def cubic_polynomial(x: Tensor, xs: Sequence[Tensor | float], ys: Sequence[Tensor]) -> Tensor:
    """Evaluate the cubic Lagrange polynomial through four points."""
    x0, x1, x2, x3 = xs
    return (
        (x - x1) * (x - x2) * (x - x3) * ys[0] / ((x0 - x1) * (x0 - x2) * (x0 - x3))
        + (x - x0) * (x - x2) * (x - x3) * ys[1] / ((x1 - x0) * (x1 - x2) * (x1 - x3))
        + (x - x0) * (x - x1) * (x - x3) * ys[2] / ((x2 - x0) * (x2 - x1) * (x2 - x3))
        + (x - x0) * (x - x1) * (x - x2) * ys[3] / ((x3 - x0) * (x3 - x1) * (x3 - x2))
    )


def interpolate(table: Table, hkl: Vec3) -> Tensor:
    """Interpolate tricubically at indices of any shape; the caller has checked that it is safe."""
    if table.values is None:
        raise ValueError("interpolation needs a table")
    # The index that replaces an unsafe one may have neighbours outside the box.
    h, k, l = (
        [(x.to(torch.int64) - low).clamp(0, size - 1) for x in _neighbours(index)]
        for index, low, size in zip(hkl, table.minimum, table.values.shape, strict=True)
    )
    (hx, hs), (kx, ks), (lx, ls) = (
        _interpolation_nodes(index, table.values.dtype) for index in hkl
    )
    along_h = []
    for i in range(4):
        along_k = []
        for j in range(4):
            along_l = [table.values[h[i], k[j], l[m]] for m in range(4)]
            along_k.append(cubic_polynomial(lx, ls, along_l))
        along_h.append(cubic_polynomial(kx, ks, along_k))
    return cubic_polynomial(hx, hs, along_h)


def structure_factor(
    table: Table,
    hkl: Vec3,
    hkl0: Vec3,
    interpolation_on: Tensor | bool,
    behaviours: Behaviours = REFERENCE,
) -> tuple[Lookup, Tensor | bool]:
    """Look F up as a run does; return whether interpolation is still on as well.

    F is interpolated while interpolation is on and safe, and is the nearest entry elsewhere. The
    first unsafe lookup switches interpolation off, unless ``behaviours`` says that it stays on.
    """
    nearest = nearest_lookup(table, hkl0, behaviours.in_box_zero)
    if interpolation_on is False:
        return nearest, False
    interpolated = interpolation_is_safe(table, hkl) & interpolation_on
    # A harmless index replaces unsafe ones: an infinite polynomial would spoil the gradients.
    inside = Vec3(
        *(
            torch.where(interpolated, index, float(low))
            for index, low in zip(hkl, table.minimum, strict=True)
        )
    )
    found = Lookup(
        torch.where(interpolated, interpolate(table, inside), nearest.F_cell),
        nearest.out_of_bounds & ~interpolated,
        nearest.default_f & ~interpolated,
    )
    return found, interpolated if behaviours.interpolation_switches_off else interpolation_on


def _neighbours(index: Tensor) -> list[Tensor]:
    first = index.floor() - 1.0
    return [first + float(i) for i in range(4)]


def _interpolation_nodes(
    index: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Sequence[Tensor | float]]:
    """Return the index and its neighbours, less the whole index where float32 cannot hold both."""
    if dtype == torch.float64:
        return index, _neighbours(index)
    return (index - index.floor()).to(dtype), (-1.0, 0.0, 1.0, 2.0)
