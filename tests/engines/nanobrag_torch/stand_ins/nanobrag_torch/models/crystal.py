"""The crystal and its structure factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.structure_factors import load


class Crystal:
    def __init__(self, config: Any, device: Any = None, dtype: Any = None) -> None:
        self.config = config
        self.dtype = dtype
        self.file: str | None = None
        self.hkl_data: Any = None
        self.interpolate = False
        self.N_cells_a, self.N_cells_b, self.N_cells_c = config.N_cells
        c = config
        cell = (c.cell_a, c.cell_b, c.cell_c, c.cell_alpha, c.cell_beta, c.cell_gamma)
        flags = ["-cell", *map(repr, cell), "-misset", *map(repr, c.misset_deg)]
        flags += ["-default_F", "1", "-oversample", "1", "-detpixels", "1"]
        (seen,) = CCore().observe(parse_flags(flags).experiment, [(0, 0)])
        for name in ("a_star", "b_star", "c_star"):
            setattr(self, name, seen.derived[name])
        self.V = seen.derived["V_cell"]
        for axis in "abc":
            setattr(self, axis, torch.tensor(seen.derived[f"{axis}0"], dtype=dtype) * 1e10)

    def load_hkl(self, file: str) -> None:
        self.file = file

    def _generate_mosaic_rotations(self, config: Any) -> Any:
        raise NotImplementedError

    def get_structure_factor(self, h: torch.Tensor, k: torch.Tensor, l: torch.Tensor) -> Any:
        default_F = self.config.default_F
        if self.file is None:
            return torch.full((1,), default_F)
        factors = load(StructureFactorSource(hkl=self.file, default_F=default_F))
        grid, low = factors.grid, np.array(factors.minimum)
        assert grid is not None
        index = torch.stack([h, k, l], dim=-1).numpy().astype(int) - low
        inside = ((index >= 0) & (index < grid.shape)).all(axis=-1)
        h, k, l = np.moveaxis(np.where(inside[..., None], index, 0), -1, 0)
        return torch.tensor(np.where(inside, grid[h, k, l], default_F), dtype=self.dtype)
