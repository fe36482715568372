"""The angles of a random orientation, contract §8."""

from __future__ import annotations

import math

import torch

from parity_bridge.engines.torch_port.mosaic import random_domains
from parity_bridge.engines.torch_port.vec3 import Vec3, unit

#: Radians, as large as it is in the contract: the domain may be turned to any orientation.
_SPREAD = 90.0


def random_misset(seed: int) -> tuple[float, float, float]:
    """Return the misset angles of the random orientation of ``seed``, rad.

    They are drawn on the CPU, whatever the device that pixels are computed on.
    """
    (matrix,) = random_domains(torch.tensor(_SPREAD, dtype=torch.float64), 1, seed)
    rows = (unit(unit(Vec3(*row))) for row in matrix)
    (xx, xy, _), (yx, yy, _), (zx, zy, zz) = ([float(x) for x in row] for row in rows)
    if zx * zx < 1.0:
        about_y = math.atan2(-zx, math.sqrt(zy * zy + zz * zz))
        return math.atan2(zy, zz), about_y, math.atan2(yx, xx)
    return 4 * math.atan2(1, 1), 2 * math.atan2(1, 1), math.atan2(xy, -yy)
