"""Orientations of the crystal and the Miller indices in them, contract §4 and §6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.crystal import Crystal
from parity_bridge.engines.torch_port.sweep import SampledRange
from parity_bridge.engines.torch_port.vec3 import Vec3, dot, rotate_axis


@dataclass(frozen=True)
class Orientation:
    """Real-space cell of one domain at one spindle angle, m; twin of ``pb_orientation``.

    For all of them, tensors of shape (spindle angles, domains).
    """

    a: Vec3
    b: Vec3
    c: Vec3

    def __getitem__(self, place: Any) -> Orientation:
        """Return the orientations at ``place`` of the tensors."""
        return self.map(lambda component: component[place])

    def map(self, function: Callable[[Tensor], Tensor]) -> Orientation:
        """Apply ``function`` to every component."""
        return Orientation(*(Vec3(*map(function, v)) for v in (self.a, self.b, self.c)))


@dataclass(frozen=True)
class Rotation:
    """The crystal as the spindle leaves it at one step; twin of ``pb_rotation``.

    For all of them, tensors of shape (phi steps + 1,); the last is no rotation.
    """

    phi: Tensor  # of the step, rad
    crystal: Orientation  # before any mosaic rotation

    def __getitem__(self, place: Any) -> Rotation:
        """Return the rotations at ``place`` of the tensors."""
        return Rotation(self.phi[place], self.crystal[place])


def lay_out_orientations(
    crystal: Crystal,
    spindle: Vec3,
    phi0: Tensor | None,
    phi: SampledRange,
    matrices: Tensor,
    *,
    carry_over: bool,
) -> tuple[Rotation, Orientation, int]:
    """Return every phi step, then no rotation; all domains of each; and the leading zeros.

    ``phi0`` () is in radians, None where it is exactly 0 and no rotation; ``matrices`` has the
    shape (domains, 3, 3). Leading zeros count the steps at the front of the sweep that keep the
    last rotation of the sweep before. Tensors of the orientations have the shape
    (steps + 1, domains).
    """
    angles = _spindle_angles(crystal, phi0, phi)
    turned = _rotated_about_spindle(crystal, spindle, angles)
    zeros = _steps_without_rotation(phi0, phi)
    rows = torch.tensor(
        [*_rotation_of_each_step(zeros, carry_over=carry_over), phi.steps], device=matrices.device
    )
    rotations = Rotation(torch.cat([angles, torch.zeros_like(angles[:1])]), turned[rows])
    whole = rotations.crystal[:, None]
    moved = [i for i, zero in enumerate(zeros) if not zero]
    leading = moved[0] if carry_over and moved else 0
    if bool(crystal.mosaic_spread > 0.0):
        a, b, c = (_by_matrices(matrices, v) for v in (whole.a, whole.b, whole.c))
        return rotations, Orientation(a, b, c), leading
    return rotations, whole, leading


def miller_index(orientation: Orientation, q: Vec3) -> Vec3:
    """Return fractional Miller indices of scattering vectors ``q`` (1/m), shape as ``q``."""
    return Vec3(dot(orientation.a, q), dot(orientation.b, q), dot(orientation.c, q))


def _spindle_angles(crystal: Crystal, phi0: Tensor | None, phi: SampledRange) -> Tensor:
    """Return the spindle angles, radians, (steps,)."""
    # A sum, as with phi0: it decides the sign of a zero.
    steps = [0.0 + phi.step * i for i in range(phi.steps)]
    angles = torch.tensor(steps, dtype=torch.float64, device=crystal.V_cell.device)
    return angles if phi0 is None else phi0 + angles


def _steps_without_rotation(phi0: Tensor | None, phi: SampledRange) -> list[bool]:
    """Return where the spindle angle is exactly 0; an angle given as a tensor always rotates."""
    start = 0.0 if phi0 is None else phi0.detach().item()
    zeros = [start + phi.step * i == 0.0 for i in range(phi.steps)]
    return zeros if phi0 is None else [False, *zeros[1:]]


def _rotation_of_each_step(zeros: list[bool], *, carry_over: bool) -> list[int]:
    """Return the step whose rotation each step has; the number of steps means no rotation."""
    unrotated = len(zeros)
    if not carry_over:
        return [unrotated if zero else i for i, zero in enumerate(zeros)]
    current = max((i for i, zero in enumerate(zeros) if not zero), default=unrotated)
    rotations = []
    for i, zero in enumerate(zeros):
        current = current if zero else i
        rotations.append(current)
    return rotations


def _rotated_about_spindle(crystal: Crystal, spindle: Vec3, angles: Tensor) -> Orientation:
    """Rotate the crystal by each of ``angles``; the last entry is unrotated; (angles + 1,)."""

    def all_of(v: Vec3) -> Vec3:
        turned = rotate_axis(v, spindle, angles)
        return Vec3(*(torch.cat([t, u[None]]) for t, u in zip(turned, v, strict=True)))

    return Orientation(all_of(crystal.a0), all_of(crystal.b0), all_of(crystal.c0))


def _by_matrices(m: Tensor, v: Vec3) -> Vec3:
    """Multiply each matrix and each vector, (vectors, matrices)."""
    return Vec3(*(m[:, i, 0] * v.x + m[:, i, 1] * v.y + m[:, i, 2] * v.z for i in range(3)))
