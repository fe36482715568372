"""Tap 4 of the PyTorch port: counted on the device, inside the graph, from production tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.pixel import Evaluation
from parity_bridge.engines.torch_port.structure_factors import tie_distance
from parity_bridge.engines.torch_port.units import INT32_MAX, INT32_MIN
from parity_bridge.engines.torch_port.vec3 import Vec3


@dataclass(frozen=True)
class FCellStats:
    """Twin of ``pb_f_cell_stats``. Tensors of shape (pixels,); counts are int64.

    Bounds and margin are meaningful only where ``total_lookups`` is not 0.
    """

    total_lookups: Tensor
    skipped_lookups: Tensor
    out_of_bounds_count: Tensor
    default_f_count: Tensor
    zero_f_count: Tensor
    sum_f_cell: Tensor  # electrons
    hkl_min: Vec3  # int64
    hkl_max: Vec3
    fractional_min: Vec3
    fractional_max: Vec3
    rounding_margin: Tensor

    @property
    def mean_f_cell(self) -> Tensor:
        """Mean F over the lookups, NaN for none; carries gradients to F and to the geometry."""
        return self.sum_f_cell / self.total_lookups


def f_cell_stats(evaluations: list[Evaluation]) -> FCellStats:
    """Tap 4 of the pixels these evaluations belong to, summed in order of evaluation."""
    made = torch.stack([row.lookup for row in evaluations])
    sum_f_cell = torch.zeros_like(evaluations[0].F_cell)
    zero = []
    for row in evaluations:
        sum_f_cell = torch.where(row.lookup, sum_f_cell + row.F_cell, sum_f_cell)
        zero.append(row.lookup & (row.F_cell == 0.0))
    total = made.sum(0)
    nearest = [_column(evaluations, axis, nearest=True) for axis in range(3)]
    fractional = [_column(evaluations, axis, nearest=False) for axis in range(3)]
    ties = torch.cat([tie_distance(column) for column in fractional])
    return FCellStats(
        total_lookups=total,
        skipped_lookups=len(evaluations) - total,
        out_of_bounds_count=torch.stack([row.out_of_bounds for row in evaluations]).sum(0),
        default_f_count=torch.stack([row.default_f for row in evaluations]).sum(0),
        zero_f_count=torch.stack(zero).sum(0),
        sum_f_cell=sum_f_cell,
        hkl_min=Vec3(*(torch.where(made, column, INT32_MAX).amin(0) for column in nearest)),
        hkl_max=Vec3(*(torch.where(made, column, INT32_MIN).amax(0) for column in nearest)),
        fractional_min=Vec3(*(_numbers(made, column, math.inf).amin(0) for column in fractional)),
        fractional_max=Vec3(*(_numbers(made, column, -math.inf).amax(0) for column in fractional)),
        rounding_margin=_numbers(made.repeat(3, 1), ties, math.inf).amin(0),
    )


def _column(evaluations: list[Evaluation], axis: int, *, nearest: bool) -> Tensor:
    """Index along one axis, shape (evaluations, pixels)."""
    return torch.stack([(row.hkl0 if nearest else row.hkl)[axis] for row in evaluations])


def _numbers(made: Tensor, column: Tensor, otherwise: float) -> Tensor:
    """The column where a lookup was made and is a number, ``otherwise`` elsewhere."""
    return torch.where(made & ~column.isnan(), column, otherwise)
