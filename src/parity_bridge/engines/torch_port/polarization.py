"""Polarization factor, contract §6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from parity_bridge.engines.torch_port.libm import atan2, sincos
from parity_bridge.engines.torch_port.vec3 import Vec3, cross, dot, unit

if TYPE_CHECKING:
    from torch import Tensor


class Polarization(NamedTuple):
    """The factor, and the vectors that the contract normalizes in place to compute it."""

    factor: Tensor
    diffracted: Vec3
    axis: Vec3


def polarization_factor(
    incident: Vec3, diffracted: Vec3, axis: Vec3, kahn_factor: float
) -> Polarization:
    """Return the polarization factor, with d and axis normalized once more (contract §6).

    The axis is unchanged where the Kahn factor is 0 and nothing reads it. Vectors have shapes that
    broadcast together; the factor has the shape they broadcast to.
    """
    incident, diffracted = unit(incident), unit(diffracted)
    c = dot(incident, diffracted)
    if kahn_factor == 0.0:
        return Polarization(0.5 * (1.0 + c * c), diffracted, axis)
    axis = unit(axis)
    psi = _scattering_plane_angle(incident, diffracted, axis)
    factor = 0.5 * (1.0 + c * c - kahn_factor * sincos(2 * psi)[1] * (1 - c * c))
    return Polarization(factor, diffracted, axis)


def _scattering_plane_angle(incident: Vec3, diffracted: Vec3, axis: Vec3) -> Tensor:
    """Return the angle between polarization direction and scattering plane, radians."""
    B = unit(cross(axis, incident))
    E = unit(cross(incident, B))
    return -atan2(dot(diffracted, B), dot(diffracted, E))
