"""Cell, setting and size of the crystal, contract §3, §4, §5 and §8."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.detector import Detector
from parity_bridge.engines.torch_port.libm import quotient, sincos, sqrt
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.random_misset import random_misset
from parity_bridge.engines.torch_port.vec3 import (
    Angles,
    Vec3,
    cross,
    dot,
    norm,
    rotate,
    scale,
)
from parity_bridge.errors import UsageError
from parity_bridge.experiment import model as raw

#: Mosaic domains where only the spread is given.
DEFAULT_DOMAINS = 10

BAD_CELL = "the unit cell has no finite, non-zero volume; check -cell, -mat and the crystal size"


class Cell(NamedTuple):
    """Unit cell in Å and radians, and its volume in Å³."""

    a: Tensor
    b: Tensor
    c: Tensor
    alpha: Tensor
    beta: Tensor
    gamma: Tensor
    V: Tensor


class Reciprocal(NamedTuple):
    """Reciprocal vectors a*, b*, c*, 1/Å."""

    a: Vec3
    b: Vec3
    c: Vec3


@dataclass(frozen=True)
class Crystal:
    """Crystal as derived; twin of ``pb_crystal``."""

    a_star: Vec3  # 1/Å, before the spindle rotation, as are the next five
    b_star: Vec3
    c_star: Vec3
    V_cell: Tensor  # Å³
    a0: Vec3  # m
    b0: Vec3
    c0: Vec3
    misset: Angles  # angles in force, rad
    cells: tuple[float, float, float]  # Na Nb Nc in force, whole numbers
    shape: str
    fudge: float
    mosaic_spread: Tensor  # rad
    domains: int


def derive_crystal(
    crystal: raw.Crystal, beam_size: float, values: Parameters, lambda0: Tensor
) -> Crystal:
    """Derive cell, setting, cells along each axis and mosaic domains.

    ``beam_size`` is in mm, ``lambda0`` in m, of shape (). Raise UsageError where the cell is not
    finite or its volume is 0.
    """
    given = None if values.matrix is not None else _complete_cell(values.cell)
    star = _default_orientation(given) if given else _matrix_orientation(values, lambda0)
    misset = _misset(crystal.random_misset_seed, values, like=lambda0)
    star = Reciprocal(*(rotate(v, misset) for v in star))
    oriented = _real_space(star, given, crystal)
    cells = _choose_cells(crystal, beam_size, oriented)
    derived = replace(oriented, misset=misset, cells=cells)
    if not _is_finite(derived):
        raise UsageError(BAD_CELL)
    if values.mosaic_spread is None:
        return derived
    spread = units.radians(values.mosaic_spread)
    domains = (crystal.mosaic_domains or DEFAULT_DOMAINS) if bool(spread > 0.0) else 1
    return replace(derived, mosaic_spread=spread, domains=domains)


def small_crystal(cells: tuple[int, int, int]) -> bool:
    """Return whether F is interpolated by default: one of the given N is 2 or less (§5)."""
    return min(cells) <= 2


def recommended_oversample(crystal: Crystal, detector: Detector, lambda0: Tensor) -> Tensor:
    """Return the oversampling recommended for crystal and detector, at least 1, shape ()."""
    edges = (crystal.a0, crystal.b0, crystal.c0)
    sizes = [norm(v) * count for v, count in zip(edges, crystal.cells, strict=True)]
    longest = torch.stack(sizes).amax()
    reciprocal_pixel = lambda0 * detector.distance / detector.pixel_size
    return (3.0 * longest / reciprocal_pixel).ceil().clamp(min=1.0)


def _is_finite(crystal: Crystal) -> bool:
    vectors = (crystal.a0, crystal.b0, crystal.c0, crystal.a_star, crystal.b_star, crystal.c_star)
    numbers = [*(x for v in vectors for x in v), crystal.V_cell]
    counted = all(map(math.isfinite, crystal.cells))
    return counted and bool(torch.stack(numbers).isfinite().all() & (crystal.V_cell != 0.0))


def _misset(seed: int | None, values: Parameters, like: Tensor) -> Angles:
    if seed is None:
        rx, ry, rz = (None if r is None else units.radians(r) for r in values.misset)
    else:
        rx, ry, rz = (None if r == 0.0 else torch.full_like(like, r) for r in random_misset(seed))
    return rx, ry, rz


def _complete_cell(given: tuple[Tensor | None, ...]) -> Cell:
    a, b, c, *angles = given
    if a is None:
        raise ValueError("the cell has no a")
    alpha, beta, gamma = (
        torch.full_like(a, math.pi / 2) if angle is None else units.radians(angle)
        for angle in angles
    )
    b = a if b is None else b
    c = a if c is None else c
    s = (alpha + beta + gamma) / 2
    product, _ = sincos(s)
    for angle in (alpha, beta, gamma):
        product = product * sincos(s - angle)[0]
    V = 2.0 * a * b * c * sqrt(product.abs())
    return Cell(a, b, c, alpha, beta, gamma, V)


def _clamped_cosine(value: Tensor) -> Tensor:
    return torch.where(value * value > 1.0, 1.0, value)


def _default_orientation(u: Cell) -> Reciprocal:
    """Return the reciprocal cell in the default orientation: a* along x, b* in the xy plane."""
    sin_al, cos_al = sincos(u.alpha)
    sin_be, cos_be = sincos(u.beta)
    sin_ga, cos_ga = sincos(u.gamma)
    V_star = quotient(1.0, u.V)
    a_star = u.b * u.c * sin_al * V_star
    b_star = u.c * u.a * sin_be * V_star
    c_star = u.a * u.b * sin_ga * V_star
    cos_al_star = _clamped_cosine((cos_be * cos_ga - cos_al) / (sin_be * sin_ga))
    cos_be_star = _clamped_cosine((cos_ga * cos_al - cos_be) / (sin_ga * sin_al))
    cos_ga_star = _clamped_cosine((cos_al * cos_be - cos_ga) / (sin_al * sin_be))
    sin_ga_star = (u.c * V_star / a_star / b_star).clamp(-1.0, 1.0)
    zero = torch.zeros_like(a_star)
    return Reciprocal(
        Vec3(a_star, zero, zero),
        Vec3(b_star * cos_ga_star, b_star * sin_ga_star, zero),
        Vec3(
            c_star * cos_be_star,
            c_star * (cos_al_star - cos_be_star * cos_ga_star) / sin_ga_star,
            c_star * u.V / (u.a * u.b * u.c * sin_ga_star),
        ),
    )


def _matrix_orientation(values: Parameters, lambda0: Tensor) -> Reciprocal:
    """Return the reciprocal cell of a matrix file, whose numbers are lambda times 1/Å."""
    s = quotient(1e-10, lambda0)
    m = [number * s for number in values.matrix or ()]
    return Reciprocal(Vec3(m[0], m[3], m[6]), Vec3(m[1], m[4], m[7]), Vec3(m[2], m[5], m[8]))


def _resized(v: Vec3, length: Tensor) -> Vec3:
    return scale(v, length / norm(v))


def _real_space(star: Reciprocal, given: Cell | None, crystal: raw.Crystal) -> Crystal:
    """Return the real-space cell of a reciprocal one, rescaled to the ``given`` cell if any."""
    bc, ca, ab = cross(star.b, star.c), cross(star.c, star.a), cross(star.a, star.b)
    V_star = dot(star.a, bc)
    if given is not None:
        bc = _resized(bc, given.a / given.V)
        ca = _resized(ca, given.b / given.V)
        ab = _resized(ab, given.c / given.V)
        V_star = quotient(1.0, given.V)
    V_cell = quotient(1.0, V_star)
    a, b, c = scale(bc, V_cell), scale(ca, V_cell), scale(ab, V_cell)
    a0, b0, c0 = scale(a, 1e-10), scale(b, 1e-10), scale(c, 1e-10)
    return Crystal(
        a_star=scale(cross(b, c), V_star),
        b_star=scale(cross(c, a), V_star),
        c_star=scale(cross(a, b), V_star),
        V_cell=V_cell,
        a0=a0,
        b0=b0,
        c0=c0,
        misset=(None, None, None),
        cells=(1.0, 1.0, 1.0),
        shape=crystal.shape,
        fudge=crystal.fudge,
        mosaic_spread=torch.zeros_like(V_cell),
        domains=1,
    )


def _choose_cells(
    crystal: raw.Crystal, beam_size: float, oriented: Crystal
) -> tuple[float, float, float]:
    """Return Na, Nb, Nc: from the sample size where one is given, never below 1."""
    x, y, z = (units.metres(size) for size in crystal.sample_size)
    widest = units.metres(beam_size)
    Na, Nb, Nc = crystal.cells
    return (
        _count_cells(Na, x, oriented.a0),
        _count_cells(Nb, min(y, widest), oriented.b0),
        _count_cells(Nc, min(z, widest), oriented.c0),
    )


def _count_cells(given: int, size: float, edge: Vec3) -> float:
    # A whole number has no gradient, and shapes follow from it, so it is read back to the host.
    count = quotient(size, norm(edge)).ceil().detach().item() if size > 0.0 else float(given)
    return 1.0 if count <= 1.0 else float(count)
