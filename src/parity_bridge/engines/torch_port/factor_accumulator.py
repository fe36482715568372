"""Factors of a pixel that one of many values stands for, contract §6 and §7."""

from __future__ import annotations

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.setup import Factor


class Kept:
    """One factor of the pixels: the value in force, and what becomes of it."""

    def __init__(self, mode: Factor, start: Tensor) -> None:
        """``start`` is 0 where a first value is to be computed."""
        self.mode = mode
        self.value = start
        self._sum = torch.zeros_like(start)
        self._count: Tensor | int = 0

    @property
    def at_every_lookup(self) -> Tensor | None:
        """The value where it multiplies terms or the running sum as they come."""
        return None if self.mode.scales_the_sum else self.value

    @property
    def result(self) -> Tensor:
        """The value that stands for the pixel: the mean where that scales, else the last."""
        if self.mode is not Factor.MEAN:
            return self.value
        if isinstance(self._count, int):
            return self._sum / self._count if self._count else self.value
        return torch.where(self._count > 0, self._sum / self._count.clamp(min=1), self.value)

    def take(self, computed: Tensor, due: Tensor | None = None) -> None:
        """Let ``computed`` be in force where it is due; None is everywhere."""
        self.value = choose(due, computed, self.value)
        if self.mode is Factor.MEAN:
            self._sum = choose(due, self._sum + computed, self._sum)
            self._count = self._count + (1 if due is None else due)


def choose(condition: Tensor | None, chosen: Tensor, otherwise: Tensor) -> Tensor:
    """``chosen`` where the condition holds; None is everywhere."""
    return chosen if condition is None else torch.where(condition, chosen, otherwise)
