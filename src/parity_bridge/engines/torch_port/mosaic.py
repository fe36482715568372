"""Mosaic domains and the generator that draws them, contract §4."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from parity_bridge.engines.torch_port.libm import sincos

_MULTIPLIER = 16807
_MODULUS = 2147483647
_SHUFFLED = 32
_WARM_UP = 8


def mosaic_domains(spread: Tensor, domains: int, seed: int) -> Tensor:
    """Return rotation matrices of mosaic domains, (domains, 3, 3); ``spread`` () in radians.

    The first matrix is the identity. The matrices carry gradients to ``spread``.
    """
    deviates = _symmetric_deviates(seed)
    drawn = [(next(deviates), next(deviates), next(deviates)) for _ in range(domains)]

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
    identity = torch.eye(3, dtype=torch.float64, device=spread.device)
    return torch.cat([identity[None], _rotation_matrices(axis, rot)[1:]])


def _symmetric_deviates(seed: int) -> Iterator[float]:
    """Draw deviates between -1 and 1: minimal standard generator, Bays-Durham shuffle."""
    state = max(seed, 1)
    filled = []
    for _ in range(_WARM_UP + _SHUFFLED):
        state = _MULTIPLIER * state % _MODULUS
        filled.append(state)
    shuffle = filled[: _WARM_UP - 1 : -1]
    last = shuffle[0]
    while True:
        state = _MULTIPLIER * state % _MODULUS
        place = last // (1 + (_MODULUS - 1) // _SHUFFLED)
        last, shuffle[place] = shuffle[place], state
        deviate = float(np.float32((1.0 / _MODULUS) * last))
        if deviate > 1.0 - 1.2e-7:
            deviate = float(np.float32(1.0 - 1.2e-7))
        yield 2.0 * deviate - 1.0


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
