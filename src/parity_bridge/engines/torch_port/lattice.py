"""Lattice factor F_latt of the four crystal shapes, contract §6.

In float32 the distance from the nearest node is still formed in float64, and so is the fraction of
a period of the faster sine: near a Bragg peak, at an index of a hundred, float32 has no digits left
for either.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.crystal import Crystal
from parity_bridge.engines.torch_port.libm import exp, has_no_zero, sincos, sine, sqrt
from parity_bridge.engines.torch_port.vec3 import Vec3


def sincg(x: Tensor, N: float) -> Tensor:
    """Return sin(x*N)/sin(x), N where x is exactly 0."""
    if has_no_zero(x):
        return sine(x * N) / sine(x)
    at_zero = x == 0.0
    safe = _replace_zeros(at_zero, x)
    return torch.where(at_zero, N, sine(safe * N) / sine(safe))


def sinc3(x: Tensor) -> Tensor:
    """Return the shape transform of a sphere, 1 where x is exactly 0."""
    at_zero = x == 0.0
    safe = _replace_zeros(at_zero, x)
    s, c = sincos(safe)
    value = 3.0 * (s / safe - c) / (safe * safe)
    if x.dtype == torch.float32:
        # The difference of two numbers near 1 has no digits left there.
        value = torch.where(x.abs() < 0.7, _sinc3_series(x), value)
    return torch.where(at_zero, 1.0, value)


def lattice_factor(
    crystal: Crystal, hkl: Vec3, hkl0: Vec3 | None, dtype: torch.dtype
) -> tuple[Tensor, Vec3 | None]:
    """Return F_latt and its factors along a, b, c, of ``dtype``.

    ``hkl`` are fractional indices and ``hkl0`` their nearest indices, float64 of any shape. Only
    the parallelepiped has factors, and it does not need ``hkl0``; the other shapes have None.
    """
    if crystal.shape == "parallelepiped":
        return _parallelepiped(crystal, hkl, dtype)
    return _shape_transform(crystal, hkl, hkl0, dtype), None


def _shape_transform(crystal: Crystal, hkl: Vec3, hkl0: Vec3 | None, dtype: torch.dtype) -> Tensor:
    if hkl0 is None:
        raise ValueError(f"the shape {crystal.shape} needs the nearest indices")
    Na, Nb, Nc = crystal.cells
    d = Vec3(hkl.x - hkl0.x, hkl.y - hkl0.y, hkl.z - hkl0.z)
    if crystal.shape == "round":
        return _sphere(crystal, d, dtype)
    r2 = _reduced_distance(crystal, d)
    if crystal.shape == "gauss":
        return Na * Nb * Nc * exp((-(r2 / 0.63 * crystal.fudge)).to(dtype))
    return torch.where(r2 * crystal.fudge < 0.3969, Na * Nb * Nc, 0.0).to(dtype)


def _replace_zeros(at_zero: Tensor, x: Tensor) -> Tensor:
    """Keep 0/0 out of the graph, where its gradient would be NaN."""
    return torch.where(at_zero, 1.0, x) if x.requires_grad else x


def _sinc3_series(x: Tensor) -> Tensor:
    y = x * x
    return 1.0 - y / 10.0 * (1.0 - y / 28.0 * (1.0 - y / 54.0))


def _parallelepiped(crystal: Crystal, hkl: Vec3, dtype: torch.dtype) -> tuple[Tensor, Vec3]:
    one = torch.ones((), dtype=dtype, device=hkl.x.device)
    factors = [
        _of_axis(index, N, dtype) if N > 1.0 else one
        for index, N in zip(hkl, crystal.cells, strict=True)
    ]
    along = [factor for factor, N in zip(factors, crystal.cells, strict=True) if N > 1.0]
    if not along:
        return torch.ones_like(hkl.x, dtype=dtype), Vec3(*factors)
    product = along[0]
    for factor in along[1:]:
        product = product * factor
    return product, Vec3(*factors)


def _of_axis(index: Tensor, N: float, dtype: torch.dtype) -> Tensor:
    if dtype == torch.float64:
        return sincg(math.pi * index, N)
    return _grating_ratio(index, N, dtype)


def _grating_ratio(index: Tensor, N: float, dtype: torch.dtype) -> Tensor:
    """Return sin(pi*index*N)/sin(pi*index), both arguments less their whole periods."""
    node = index.round()
    d = index - node
    fine = N * d
    period = fine.round()
    x = (math.pi * d).to(dtype)
    at_zero = x.abs() < torch.finfo(dtype).tiny
    ratio = sine((math.pi * (fine - period)).to(dtype)) / sine(torch.where(at_zero, 1.0, x))
    odd = ((N - 1.0) * node + period).remainder(2.0).to(dtype)
    return torch.where(at_zero, N, ratio) * (1.0 - 2.0 * odd)


def _sphere(crystal: Crystal, d: Vec3, dtype: torch.dtype) -> Tensor:
    Na, Nb, Nc = crystal.cells
    R = d.x * d.x * Na * Na + d.y * d.y * Nb * Nb + d.z * d.z * Nc * Nc
    x = (math.pi * _safe_root(R * crystal.fudge)).to(dtype)
    return Na * Nb * Nc * 0.723601254558268 * sinc3(x)


def _safe_root(value: Tensor) -> Tensor:
    """Return the square root, with a gradient of 0 instead of infinity at exactly 0."""
    at_zero = value == 0.0
    return torch.where(at_zero, 0.0, sqrt(_replace_zeros(at_zero, value)))


def _reduced_distance(crystal: Crystal, d: Vec3) -> Tensor:
    """Return the squared distance to the nearest node in units of the spot size."""
    Na, Nb, Nc = crystal.cells
    a, b, c = crystal.a_star, crystal.b_star, crystal.c_star
    x = d.x * a.x + d.y * b.x + d.z * c.x
    y = d.x * a.y + d.y * b.y + d.z * c.y
    z = d.x * a.z + d.y * b.z + d.z * c.z
    return (x * x + y * y + z * z) * Na * Na * Nb * Nb * Nc * Nc
