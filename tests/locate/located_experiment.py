"""An experiment in which every figure has values of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags

#: slow, fast; six of a detector of 6 x 8.
PIXELS = ((0, 1), (1, 6), (2, 2), (3, 7), (4, 0), (5, 5))

FLAGS = (
    "-cell 31.3 42.7 55.9 83 97 108 -misset 11 23 37 -lambda 1.1 -distance 61 -detpixels_f 8 "
    "-detpixels_s 6 -pixel 9 -Na 5 -Nb 4 -Nc 3 -oversample 2 -phi 3 -osc 2.5 -phisteps 3 "
    "-mosaic_spread 0.8 -mosaic_domains 3 -polar 0.7 -detector_thick 450 "
    "-detector_thicksteps 2 -detector_abs 900 -dispersion 2 -dispsteps 2 -twotheta 5 "
    "-detector_rotx 2 -detector_roty 3 -detector_rotz 4 -nointerpolate -default_F 3"
)

#: The same with one evaluation a pixel, and a detector that faces the beam.
PLAIN_FLAGS = (
    "-cell 31.3 42.7 55.9 83 97 108 -misset 11 23 37 -lambda 1.1 -distance 61 -detpixels_f 8 "
    "-detpixels_s 6 -pixel 9 -Na 5 -Nb 4 -Nc 3 -oversample 1 -polar 0.7 -nointerpolate -default_F 3"
)


def telling_experiment(folder: Path, more: str = "", flags: str = FLAGS) -> Experiment:
    """Write a random table of structure factors, and return the experiment that reads it."""
    table = folder / "random.hkl"
    F = np.random.default_rng(1).uniform(5.0, 300.0, (21, 21, 21))
    lines = [f"{h - 10} {k - 10} {l - 10} {value:.4f}\n" for (h, k, l), value in np.ndenumerate(F)]
    table.write_text("".join(lines))
    return parse_flags(f"-hkl {table} {flags} {more}".split()).experiment
