"""Factors of a pixel that one of many values stands for, contract §6 and §7."""

from __future__ import annotations

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.setup import FactorMode


class FactorAccumulator:
    """One factor of the pixels: the value in force, and what becomes of it."""

    def __init__(self, mode: FactorMode, start: Tensor) -> None:
        """``start`` is 0 where a first value is to be computed."""
        self.mode = mode
        self.value = start
        self._sum = torch.zeros_like(start)
        self._count: Tensor | int = 0

    @property
    def per_lookup_value(self) -> Tensor | None:
        """The value where it multiplies terms or the running sum as they come."""
        return None if self.mode.scales_the_sum else self.value

    @property
    def result(self) -> Tensor:
        """The value that stands for the pixel: the mean where that scales, else the last."""
        if self.mode is not FactorMode.MEAN:
            return self.value
        if isinstance(self._count, int):
            return self._sum / self._count if self._count else self.value
        return torch.where(self._count > 0, self._sum / self._count.clamp(min=1), self.value)

    def update(self, computed: Tensor, due: Tensor | None = None) -> None:
        """Let ``computed`` be in force where it is due; None is everywhere."""
        self.value = select_where(due, computed, self.value)
        if self.mode is FactorMode.MEAN:
            self._sum = select_where(due, self._sum + computed, self._sum)
            self._count = self._count + (1 if due is None else due)


def select_where(condition: Tensor | None, chosen: Tensor, otherwise: Tensor) -> Tensor:
    """``chosen`` where the condition holds; None is everywhere."""
    return chosen if condition is None else torch.where(condition, chosen, otherwise)
