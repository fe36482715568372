"""Vectors and rotations, each sum in the order contract §0 and §2 write it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from parity_bridge.engines.torch_port.libm import sincos, sqrt


class Vec3(NamedTuple):
    """Components x, y, z: tensors of shapes that broadcast together."""

    x: Tensor
    y: Tensor
    z: Tensor


#: Rotations about x, y, z in radians; None is an angle of exactly 0, which is no rotation at all.
Angles = tuple[Tensor | None, Tensor | None, Tensor | None]


def dot(u: Vec3, v: Vec3) -> Tensor:
    """Return the scalar product, of the shape that components broadcast to; so for all below."""
    return u.x * v.x + u.y * v.y + u.z * v.z


def norm(u: Vec3) -> Tensor:
    """Return the length."""
    return sqrt(u.x * u.x + u.y * u.y + u.z * u.z)


def unit(u: Vec3) -> Vec3:
    """Divide each component by the length."""
    length = norm(u)
    return Vec3(u.x / length, u.y / length, u.z / length)


def cross(u: Vec3, v: Vec3) -> Vec3:
    """Return the vector product."""
    return Vec3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)


def scale(u: Vec3, s: Tensor | float) -> Vec3:
    """Multiply each component by ``s``."""
    return Vec3(s * u.x, s * u.y, s * u.z)


def is_direction(u: Vec3) -> Tensor:
    """Return whether ``u`` is a proper unit vector, bool.

    A length beyond the range of the dtype leaves NaN or zeros.
    """
    return u.x.isfinite() & u.y.isfinite() & u.z.isfinite() & (norm(u) > 0.0)


def rotate(v: Vec3, angles: Angles) -> Vec3:
    """Rotate about x, then y, then z (radians)."""
    about_axis = (_about_x, _about_y, _about_z)
    for about, angle in zip(about_axis, angles, strict=True):
        if angle is not None:
            v = about(v, angle)
    return v


def rotate_axis(v: Vec3, n: Vec3, phi: Tensor) -> Vec3:
    """Rotate ``v`` about the axis ``n`` by ``phi`` (radians); ``n`` is not normalized."""
    s, c = sincos(phi)
    d = dot(n, v) * (1.0 - c)
    return Vec3(
        n.x * d + v.x * c + (-n.z * v.y + n.y * v.z) * s,
        n.y * d + v.y * c + (n.z * v.x - n.x * v.z) * s,
        n.z * d + v.z * c + (-n.y * v.x + n.x * v.y) * s,
    )


def _about_x(v: Vec3, angle: Tensor) -> Vec3:
    s, c = sincos(angle)
    return Vec3(v.x, v.y * c + v.z * -s, v.y * s + v.z * c)


def _about_y(v: Vec3, angle: Tensor) -> Vec3:
    # The products with 0 stay: they decide the sign of a zero.
    s, c = sincos(angle)
    return Vec3(v.x * c + v.y * 0.0 + v.z * s, v.y, v.x * -s + v.y * 0.0 + v.z * c)


def _about_z(v: Vec3, angle: Tensor) -> Vec3:
    s, c = sincos(angle)
    return Vec3(v.x * c + v.y * -s, v.x * s + v.y * c, v.z)
