"""Polarization factor, contract §6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity_bridge.engines.torch_port.libm import atan2, sincos
from parity_bridge.engines.torch_port.vec3 import Vec3, cross, dot, unit

if TYPE_CHECKING:
    from torch import Tensor


def polarization_factor(
    incident: Vec3, diffracted: Vec3, axis: Vec3, kahn_factor: float
) -> tuple[Tensor, Vec3]:
    """Polarization factor, and the axis made a unit vector once more, as the contract keeps it.

    Vectors have shapes that broadcast together; the factor has the shape they broadcast to.
    """
    incident, diffracted, axis = unit(incident), unit(diffracted), unit(axis)
    c = dot(incident, diffracted)
    if kahn_factor == 0.0:
        return 0.5 * (1.0 + c * c), axis
    psi = _scattering_plane_angle(incident, diffracted, axis)
    return 0.5 * (1.0 + c * c - kahn_factor * sincos(2 * psi)[1] * (1 - c * c)), axis


def _scattering_plane_angle(incident: Vec3, diffracted: Vec3, axis: Vec3) -> Tensor:
    """Angle between the polarization direction and the plane of scattering, radians."""
    B = unit(cross(axis, incident))
    E = unit(cross(incident, B))
    return -atan2(dot(diffracted, B), dot(diffracted, E))
