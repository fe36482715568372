"""Tap 4 of the PyTorch port: counted on the device, inside the graph, from production tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.evaluation import Evaluation, Found
from parity_bridge.engines.torch_port.structure_factors import tie_distance
from parity_bridge.engines.torch_port.units import INT32_MAX, INT32_MIN
from parity_bridge.engines.torch_port.vec3 import Vec3


@dataclass(frozen=True)
class FCellStats:
    """Twin of ``pb_f_cell_stats``. Tensors of shape (pixels,); counts are int32.

    Bounds and margin are meaningful only where ``total_lookups`` is not 0.
    """

    total_lookups: Tensor
    skipped_lookups: Tensor
    out_of_bounds_count: Tensor
    default_f_count: Tensor
    zero_f_count: Tensor
    sum_f_cell: Tensor  # electrons
    hkl_min: Vec3  # whole numbers, float64
    hkl_max: Vec3
    fractional_min: Vec3
    fractional_max: Vec3
    rounding_margin: Tensor

    @property
    def mean_f_cell(self) -> Tensor:
        """Mean F over the lookups, NaN for none; carries gradients to F and to the geometry."""
        return self.sum_f_cell / self.total_lookups


class Counts:
    """What is counted of lookups, one evaluation after the other; tensors of shape (pixels,)."""

    def __init__(self, like: Tensor, dtype: torch.dtype) -> None:
        """``like`` has the shape and device; F is summed in ``dtype``."""
        none = torch.zeros_like(like, dtype=torch.int32)
        lowest = torch.full_like(like, INT32_MAX, dtype=torch.float64)
        self._like = like
        self.total = self.skipped = self.out_of_bounds = self.default_f = self.zero = none
        self.sum = torch.zeros_like(like, dtype=dtype)
        self.low = Vec3(lowest, lowest, lowest)
        highest = torch.full_like(lowest, INT32_MIN)
        self.high = Vec3(highest, highest, highest)

    def add(self, found: Found) -> None:
        """Count one evaluation of every pixel."""
        if found.hkl0 is None:
            raise ValueError("these evaluations were made without their lookups")
        made = made_lookup(found, self._like)
        self.total = self.total + made
        self.skipped = self.skipped + ~made
        self.out_of_bounds = self.out_of_bounds + found.out_of_bounds
        self.default_f = self.default_f + found.default_f
        self.zero = self.zero + (made & (found.F_cell == 0.0))
        self.sum = torch.where(made, self.sum + found.F_cell, self.sum)
        whole = [index.nan_to_num(nan=INT32_MIN) for index in found.hkl0]
        self.low = _widened(torch.minimum, self.low, whole, made)
        self.high = _widened(torch.maximum, self.high, whole, made)


def made_lookup(found: Found, like: Tensor) -> Tensor:
    """Where a structure factor was looked up, bool of the shape of ``like``."""
    if found.lookup is None:
        return torch.ones_like(like, dtype=torch.bool)
    return found.lookup.expand_as(like)


def f_cell_stats(evaluations: list[Evaluation], like: Tensor) -> FCellStats:
    """Tap 4 of the pixels these evaluations belong to, of the shape of ``like``."""
    counts = Counts(like, evaluations[0].found.F_cell.dtype)
    low = [torch.full_like(like, math.inf, dtype=torch.float64)] * 3
    high = [torch.full_like(like, -math.inf, dtype=torch.float64)] * 3
    margin = low[0]
    for evaluation in evaluations:
        found = evaluation.found
        counts.add(found)
        made = made_lookup(found, like)
        for axis, index in enumerate(found.hkl):
            number = made & ~index.isnan()
            low[axis] = torch.where(number, torch.minimum(low[axis], index), low[axis])
            high[axis] = torch.where(number, torch.maximum(high[axis], index), high[axis])
            margin = torch.where(number, torch.minimum(margin, tie_distance(index)), margin)
    return FCellStats(
        total_lookups=counts.total,
        skipped_lookups=counts.skipped,
        out_of_bounds_count=counts.out_of_bounds,
        default_f_count=counts.default_f,
        zero_f_count=counts.zero,
        sum_f_cell=counts.sum,
        hkl_min=counts.low,
        hkl_max=counts.high,
        fractional_min=Vec3(*low),
        fractional_max=Vec3(*high),
        rounding_margin=margin,
    )


def _widened(
    choose: Callable[[Tensor, Tensor], Tensor], limits: Vec3, indices: list[Tensor], made: Tensor
) -> Vec3:
    return Vec3(
        *(
            torch.where(made, choose(limit, index), limit)
            for limit, index in zip(limits, indices, strict=True)
        )
    )
