"""Lattice factor F_latt of the four crystal shapes, contract §6."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.crystal import Crystal
from parity_bridge.engines.torch_port.libm import exp, sincos, sqrt
from parity_bridge.engines.torch_port.vec3 import Vec3


def sincg(x: Tensor, N: Tensor) -> Tensor:
    """sin(x*N)/sin(x), N where x is exactly 0."""
    at_zero = x == 0.0
    # The division is kept away from 0/0, whose gradient would be NaN.
    safe = torch.where(at_zero, 1.0, x)
    return torch.where(at_zero, N, sincos(safe * N)[0] / sincos(safe)[0])


def sinc3(x: Tensor) -> Tensor:
    """Shape transform of a sphere, 1 where x is exactly 0."""
    at_zero = x == 0.0
    safe = torch.where(at_zero, 1.0, x)
    sine, cosine = sincos(safe)
    return torch.where(at_zero, 1.0, 3.0 * (sine / safe - cosine) / (safe * safe))


def lattice_factor(crystal: Crystal, hkl: Vec3, hkl0: Vec3) -> Tensor:
    """F_latt at fractional indices ``hkl`` whose nearest indices are ``hkl0``, any shape."""
    Na, Nb, Nc = crystal.cells
    if crystal.shape == "parallelepiped":
        return _parallelepiped(crystal, hkl)
    d = Vec3(hkl.x - hkl0.x, hkl.y - hkl0.y, hkl.z - hkl0.z)
    if crystal.shape == "round":
        return _sphere(crystal, d)
    r2 = _reduced_distance(crystal, d)
    if crystal.shape == "gauss":
        return Na * Nb * Nc * exp(-(r2 / 0.63 * crystal.fudge))
    return torch.where(r2 * crystal.fudge < 0.3969, Na * Nb * Nc, 0.0)


def _parallelepiped(crystal: Crystal, hkl: Vec3) -> Tensor:
    product = torch.ones_like(hkl.x)
    for index, N in zip(hkl, crystal.cells, strict=True):
        product = product * torch.where(N > 1.0, sincg(math.pi * index, N), 1.0)
    return product


def _sphere(crystal: Crystal, d: Vec3) -> Tensor:
    Na, Nb, Nc = crystal.cells
    R = d.x * d.x * Na * Na + d.y * d.y * Nb * Nb + d.z * d.z * Nc * Nc
    return Na * Nb * Nc * 0.723601254558268 * sinc3(math.pi * _root(R * crystal.fudge))


def _root(value: Tensor) -> Tensor:
    """Square root with a gradient of 0, not infinity, at exactly 0."""
    at_zero = value == 0.0
    return torch.where(at_zero, 0.0, sqrt(torch.where(at_zero, 1.0, value)))


def _reduced_distance(crystal: Crystal, d: Vec3) -> Tensor:
    """Squared distance to the nearest node in units of the spot size."""
    Na, Nb, Nc = crystal.cells
    a, b, c = crystal.a_star, crystal.b_star, crystal.c_star
    x = d.x * a.x + d.y * b.x + d.z * c.x
    y = d.x * a.y + d.y * b.y + d.z * c.y
    z = d.x * a.z + d.y * b.z + d.z * c.z
    return (x * x + y * y + z * z) * Na * Na * Nb * Nb * Nc * Nc
