"""The simulation: the C core's figures, passed through the functions that the port calls."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags


def dot_product(first: Any, second: Any) -> Any:
    return (first * second).sum(-1)


def sincg(factor: Any, cells: Any) -> Any:
    return factor


def polarization_factor(polar: Any) -> Any:
    return polar


def compute_physics_for_position(pixel_coords_angstroms: Any, rows: Any, crystal: Any) -> None:
    """Pass the C core's rows, tensors of (pixels, subpixels, steps...), through the functions."""
    for vectors in rows["rotated"]:
        dot_product(rows["q"], vectors)
    crystal.get_structure_factor(*rows["hkl0"].double().unbind(-1))
    for axis in range(3):
        sincg(rows["F_latt_factors"][..., axis], None)
    polarization_factor(rows["polar"])


class Simulator:
    #: What the tests make go wrong.
    lookups_left_out = 0

    def __init__(
        self, crystal: Any, detector: Any, beam_config: Any = None, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        self.crystal, self.detector, self.beam = crystal, detector, beam_config
        self.dtype = dtype
        self.wavelength, self.fluence = beam_config.wavelength_A, beam_config.fluence
        self.polarization_axis = beam_config.polarization_axis

    def run(self) -> torch.Tensor:
        sys.stdout.write("a word of the port's\n")
        sys.stderr.write("another one\n")
        places = self.detector.get_pixel_coords()
        shape = places.shape[:2]
        pixels = [tuple(place) for place in places[..., :2].reshape(-1, 2).int().tolist()]
        observed = CCore().observe(parse_flags(self.flags()).experiment, pixels)
        n = observed[0].oversample
        steps = self.crystal.config.phi_steps, self.crystal.config.mosaic_domains
        recorded = np.stack([item.evaluations for item in observed])[:, self.lookups_left_out :]
        rows = {name: torch.tensor(recorded[name]) for name in ("hkl0", "F_latt_factors")}
        if not self.lookups_left_out:
            rows = {k: v.reshape(len(pixels) * n * n, *steps, 3) for k, v in rows.items()}
        first = recorded[:, :: steps[0] * steps[1]]
        rows["q"] = torch.tensor(first["q"])[..., None, None, :]
        used = observed[0].orientations[: steps[0] * steps[1]]
        rows["rotated"] = torch.stack(
            [torch.tensor(used[f"{axis}_mosaic"]).reshape(*steps, 3) for axis in "abc"]
        )
        rows["polar"] = torch.tensor(first["polar"])
        compute_physics_for_position(
            pixel_coords_angstroms=torch.tensor(first["position"]) * 1e10,
            rows=rows, crystal=self.crystal,
        )  # fmt: skip
        image = torch.tensor([item.totals["intensity"] for item in observed]).reshape(shape)
        mask = self.detector.config.mask_array
        return (image if mask is None else image * mask).to(self.dtype)

    def flags(self) -> list[str]:
        c, d, b = self.crystal.config, self.detector.whole, self.beam
        cell = (c.cell_a, c.cell_b, c.cell_c, c.cell_alpha, c.cell_beta, c.cell_gamma)
        words: dict[str, Any] = {
            "-cell": cell, "-misset": c.misset_deg, "-default_F": (c.default_F,),
            "-Na": c.N_cells[:1], "-Nb": c.N_cells[1:2], "-Nc": c.N_cells[2:],
            "-distance": (d.distance_mm,), "-pixel": (d.pixel_size_mm,),
            "-detpixels_s": (d.spixels,), "-detpixels_f": (d.fpixels,),
            "-Xbeam": (d.beam_center_s,), "-Ybeam": (d.beam_center_f,),
            "-lambda": (b.wavelength_A,), "-oversample": (d.oversample,),
            "-polar": (b.polarization_factor,), "-fluence": (b.fluence,),
            "-phi": (c.phi_start_deg,), "-osc": (c.osc_range_deg,), "-phisteps": (c.phi_steps,),
        }  # fmt: skip
        words = {flag: values for flag, values in words.items() if values not in ((None,), (-1,))}
        flags = [word for flag, values in words.items() for word in (flag, *map(repr, values))]
        flags += ["-nopolar"] if b.nopolar else []
        return [
            *flags,
            "-nointerpolate",
            *(["-hkl", self.crystal.file] if self.crystal.file else []),
        ]
