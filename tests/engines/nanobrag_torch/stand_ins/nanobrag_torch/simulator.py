"""The simulation: the C core's figures, its lookups asked of the crystal."""

from __future__ import annotations

from typing import Any

import torch

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags


class Simulator:
    #: What the tests make go wrong.
    lookups_left_out = 0

    def __init__(
        self, crystal: Any, detector: Any, beam_config: Any = None, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        self.crystal, self.detector, self.beam = crystal, detector, beam_config
        self.dtype = dtype

    def run(self) -> torch.Tensor:
        c, d, b = self.crystal.config, self.detector.config, self.beam
        cell = (c.cell_a, c.cell_b, c.cell_c, c.cell_alpha, c.cell_beta, c.cell_gamma)
        words = {
            "-cell": cell, "-misset": c.misset_deg, "-default_F": (c.default_F,),
            "-Na": c.N_cells[:1], "-Nb": c.N_cells[1:2], "-Nc": c.N_cells[2:],
            "-distance": (d.distance_mm,), "-pixel": (d.pixel_size_mm,),
            "-detpixels_s": (d.spixels,), "-detpixels_f": (d.fpixels,),
            "-Xbeam": (d.beam_center_s,), "-Ybeam": (d.beam_center_f,),
            "-oversample": (d.oversample,), "-lambda": (b.wavelength_A,),
            "-polar": (b.polarization_factor,), "-fluence": (b.fluence,),
        }  # fmt: skip
        flags = [word for flag, values in words.items() for word in (flag, *map(repr, values))]
        flags += ["-nopolar"] if b.nopolar else []
        flags += ["-hkl", self.crystal.file] if self.crystal.file else []
        (seen,) = CCore().observe(parse_flags(flags).experiment, [(0, 0)])
        rows = seen.evaluations[self.lookups_left_out :]
        indices = torch.tensor(rows["hkl0"].astype(float), dtype=self.dtype).unbind(-1)
        self.crystal.get_structure_factor(*indices)
        return torch.tensor([[seen.totals["intensity"]]], dtype=self.dtype)
