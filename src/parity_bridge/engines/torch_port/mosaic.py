"""Mosaic domains, contract §4."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from parity_bridge.engines.torch_port.deviates import seed_deviates, symmetric_deviate
from parity_bridge.engines.torch_port.libm import sincos


def random_domains(spread: Tensor, domains: int, seed: int) -> Tensor:
    """Return rotation matrices of random domains, (domains, 3, 3); ``spread`` () in radians.

    The matrices carry gradients to ``spread``.
    """
    g = seed_deviates(seed)
    drawn = [[symmetric_deviate(g) for _ in range(3)] for _ in range(domains)]

    def column(values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=spread.device)

    across = [math.sqrt(1.0 - r2 * r2) for _, r2, _ in drawn]
    axis = (
        column([w * math.sin(math.pi * r1) for w, (r1, _, _) in zip(across, drawn, strict=True)]),
        column([w * math.cos(math.pi * r1) for w, (r1, _, _) in zip(across, drawn, strict=True)]),
        column([r2 for _, r2, _ in drawn]),
    )
    share = column([_cube_root(1.0 - r3 * r3) for _, _, r3 in drawn]).to(torch.float32)
    rot = (spread.to(torch.float32) * share).to(torch.float64)
    return _rotation_matrices(axis, rot)


def mosaic_domains(spread: Tensor, domains: int, seed: int) -> Tensor:
    """Return the matrices of mosaic domains as ``random_domains``; the first is the identity."""
    identity = torch.eye(3, dtype=torch.float64, device=spread.device)
    return torch.cat([identity[None], random_domains(spread, domains, seed)[1:]])


def _cube_root(value: float) -> float:
    """Return it in single precision; for scalars numpy calls the C library's ``powf``."""
    return float(np.float32(value) ** np.float32(1.0 / 3.0))


def _rotation_matrices(axis: tuple[Tensor, Tensor, Tensor], rot: Tensor) -> Tensor:
    """Return the rotation about each axis, (domains, 3, 3)."""
    x, y, z = axis
    s, c = sincos(rot)
    t = 1.0 - c
    rows = (
        (t * (x * x) + c, t * x * y - s * z, t * x * z + s * y),
        (t * x * y + s * z, t * (y * y) + c, t * y * z - s * x),
        (t * x * z - s * y, t * y * z + s * x, t * (z * z) + c),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)
