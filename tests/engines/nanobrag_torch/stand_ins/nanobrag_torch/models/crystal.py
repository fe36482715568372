"""The crystal and its structure factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.structure_factors import load


class Crystal:
    def __init__(self, config: Any, device: Any = None, dtype: Any = None) -> None:
        self.config = config
        self.dtype = dtype
        self.file: str | None = None

    def load_hkl(self, file: str) -> None:
        self.file = file

    def get_structure_factor(self, h: torch.Tensor, k: torch.Tensor, l: torch.Tensor) -> Any:
        default_F = self.config.default_F
        if self.file is None:
            return torch.full_like(h, default_F)
        factors = load(StructureFactorSource(hkl=self.file, default_F=default_F))
        grid, low = factors.grid, np.array(factors.minimum)
        assert grid is not None
        index = torch.stack([h, k, l], dim=-1).numpy().astype(int) - low
        inside = ((index >= 0) & (index < grid.shape)).all(axis=-1)
        stored = grid[tuple(np.where(inside[..., None], index, 0).T)].T
        return torch.tensor(np.where(inside, stored, default_F), dtype=self.dtype)
