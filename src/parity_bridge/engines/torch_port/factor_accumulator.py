"""Factors that have many values in a pixel, one of which scales its sum, contract §6 and §7."""

from __future__ import annotations

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.setup import FactorMode


class FactorAccumulator:
    """One factor of the pixels: the value in force, and the value that scales the sum."""

    def __init__(self, mode: FactorMode, start: Tensor) -> None:
        """Begin with ``start``, which is 0 where a first value has to be computed."""
        self.mode = mode
        self.value = start
        self._sum = torch.zeros_like(start)
        self._count: Tensor | int = 0

    @property
    def per_lookup_value(self) -> Tensor | None:
        """The value in force where it multiplies each term or the running sum; else None."""
        return None if self.mode.scales_the_sum else self.value

    @property
    def result(self) -> Tensor:
        """The value that scales the sum: the mean in mode MEAN, else the value in force."""
        if self.mode is not FactorMode.MEAN:
            return self.value
        if isinstance(self._count, int):
            return self._sum / self._count if self._count else self.value
        return torch.where(self._count > 0, self._sum / self._count.clamp(min=1), self.value)

    def update(self, computed: Tensor, due: Tensor | None = None) -> None:
        """Put ``computed`` in force where it is due; None is everywhere."""
        self.value = select_where(due, computed, self.value)
        if self.mode is FactorMode.MEAN:
            self._sum = select_where(due, self._sum + computed, self._sum)
            self._count = self._count + (1 if due is None else due)


def select_where(condition: Tensor | None, chosen: Tensor, alternative: Tensor) -> Tensor:
    """Return ``chosen`` where the condition holds, else ``alternative``; None is everywhere."""
    return chosen if condition is None else torch.where(condition, chosen, alternative)
