"""The detector."""

from __future__ import annotations

from typing import Any

import torch

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags


class Detector:
    def __init__(self, config: Any, device: Any = None, dtype: Any = None) -> None:
        #: A selection of pixels has a configuration of its own; the C core needs the whole one.
        self.config = self.whole = config
        self.spixels, self.fpixels = config.spixels, config.fpixels
        self.pixel_size = config.pixel_size_mm / 1000.0
        centre = (("-Xbeam", config.beam_center_s), ("-Ybeam", config.beam_center_f))
        flags = ["-cell", "10", "10", "10", "90", "90", "90", "-default_F", "1", "-oversample", "1"]
        flags += ["-distance", repr(config.distance_mm), "-pixel", repr(config.pixel_size_mm)]
        flags += ["-detpixels_s", str(self.spixels), "-detpixels_f", str(self.fpixels)]
        flags += [word for name, mm in centre if mm is not None for word in (name, repr(mm))]
        (seen,) = CCore().observe(parse_flags(flags).experiment, [(0, 0)])
        self.beam_vector = torch.tensor(seen.derived["beam_vector"], dtype=dtype)
        self.fdet_vec, self.sdet_vec = seen.derived["fdet_vector"], seen.derived["sdet_vector"]
        self.odet_vec, self.pix0_vector = seen.derived["odet_vector"], seen.derived["pix0_vector"]
        self.close_distance = seen.derived["close_distance"]

    def get_pixel_coords(self) -> torch.Tensor:
        """Return the numbers of the pixels, from which the stand-in finds them again."""
        slow, fast = torch.meshgrid(
            torch.arange(self.spixels), torch.arange(self.fpixels), indexing="ij"
        )
        return torch.stack([slow, fast, torch.zeros_like(slow)], dim=-1).double()
