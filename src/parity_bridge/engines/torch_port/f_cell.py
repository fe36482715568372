"""Tap 4 of the PyTorch port: counted on the device, inside the graph, from production tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.evaluation import Evaluation, EvaluationResult
from parity_bridge.engines.torch_port.factor_accumulator import select_where
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
        """Mean F over the lookups, NaN for none; it carries gradients to F and to the geometry."""
        return self.sum_f_cell / self.total_lookups


class LookupCounts:
    """Counts of lookups, one evaluation after the other.

    Tensors broadcast to the pixels: what is the same for all pixels is counted once.
    """

    def __init__(self, like: Tensor, dtype: torch.dtype) -> None:
        """Begin without lookups, on the device of ``like``; F is summed in ``dtype``."""
        none = like.new_zeros((), dtype=torch.int32)
        lowest = like.new_full((), INT32_MAX, dtype=torch.float64)
        self.total = self.skipped = self.out_of_bounds = self.default_f = self.zero = none
        self.sum = like.new_zeros((), dtype=dtype)
        self.low = Vec3(lowest, lowest, lowest)
        highest = like.new_full((), INT32_MIN, dtype=torch.float64)
        self.high = Vec3(highest, highest, highest)

    def add(self, result: EvaluationResult) -> None:
        """Count one evaluation of every pixel."""
        if result.hkl0 is None:
            raise ValueError("these evaluations were made without their lookups")
        made, empty = result.has_lookup, result.F_cell == 0.0
        self.total = self.total + (1 if made is None else made)
        if made is not None:
            self.skipped = self.skipped + ~made
            empty = made & empty
        self.out_of_bounds = self.out_of_bounds + result.out_of_bounds
        self.default_f = self.default_f + result.default_f
        self.zero = self.zero + empty
        self.sum = select_where(made, self.sum + result.F_cell, self.sum)
        self.low = _widen_limits(torch.minimum, self.low, result.hkl0, made)
        self.high = _widen_limits(torch.maximum, self.high, result.hkl0, made)


class Margin:
    """Smallest distance of any fractional index from a half-integer tie, one lookup after another.

    Infinite where there was no lookup; NaN has no distance and is left out.
    """

    def __init__(self, like: Tensor) -> None:
        """Begin without lookups, on the device of ``like``."""
        self.smallest = like.new_full((), math.inf, dtype=torch.float64)

    def add(self, result: EvaluationResult) -> None:
        """Take one evaluation of every pixel into account."""
        for index in result.hkl:
            nearer = torch.fmin(self.smallest, tie_distance(index))
            self.smallest = select_where(result.has_lookup, nearer, self.smallest)


def lookup_mask(result: EvaluationResult, like: Tensor) -> Tensor:
    """Return where a structure factor was looked up, bool of the shape of ``like``."""
    if result.has_lookup is None:
        return torch.ones_like(like, dtype=torch.bool)
    return result.has_lookup.expand_as(like)


class PixelCounts:
    """Tap 4 of pixels, one evaluation after the other."""

    def __init__(self, like: Tensor, dtype: torch.dtype) -> None:
        """Begin without lookups; ``like`` has the shape of the pixels, F is summed in ``dtype``."""
        self._like = like
        self._counts, self._margin = LookupCounts(like, dtype), Margin(like)
        self._low = [like.new_full((), math.inf, dtype=torch.float64)] * 3
        self._high = [like.new_full((), -math.inf, dtype=torch.float64)] * 3

    def add(self, result: EvaluationResult) -> None:
        """Count one evaluation of every pixel."""
        self._counts.add(result)
        self._margin.add(result)
        low, high, made = self._low, self._high, result.has_lookup
        for axis, index in enumerate(result.hkl):
            low[axis] = select_where(made, torch.fmin(low[axis], index), low[axis])
            high[axis] = select_where(made, torch.fmax(high[axis], index), high[axis])

    def stats(self) -> FCellStats:
        """Return what was counted so far."""
        counts = self._counts

        def of_each(value: Tensor) -> Tensor:
            return value.expand_as(self._like)

        return FCellStats(
            total_lookups=of_each(counts.total),
            skipped_lookups=of_each(counts.skipped),
            out_of_bounds_count=of_each(counts.out_of_bounds),
            default_f_count=of_each(counts.default_f),
            zero_f_count=of_each(counts.zero),
            sum_f_cell=of_each(counts.sum),
            hkl_min=Vec3(*map(of_each, counts.low)),
            hkl_max=Vec3(*map(of_each, counts.high)),
            fractional_min=Vec3(*map(of_each, self._low)),
            fractional_max=Vec3(*map(of_each, self._high)),
            rounding_margin=of_each(self._margin.smallest),
        )


def f_cell_stats(evaluations: list[Evaluation], like: Tensor) -> FCellStats:
    """Count Tap 4 of the pixels of these evaluations, of the shape of ``like``."""
    counts = PixelCounts(like, evaluations[0].result.F_cell.dtype)
    for evaluation in evaluations:
        counts.add(evaluation.result)
    return counts.stats()


def _widen_limits(
    further: Callable[[Tensor, Tensor], Tensor],
    limits: Vec3,
    indices: Vec3,
    made: Tensor | None,
) -> Vec3:
    return Vec3(
        *(
            select_where(made, further(limit, index), limit)
            for limit, index in zip(limits, indices, strict=True)
        )
    )
