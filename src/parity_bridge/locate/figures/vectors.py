"""Vectors and rotations as the contract writes them (§0, §2), for traced numbers."""

from __future__ import annotations

from parity_bridge.locate.figures.functions import cos, sin, sqrt
from parity_bridge.locate.figures.traced import Traced, also, stack, sum_along

_NEXT, _AFTER = (1, 2, 0), (2, 0, 1)


def dot(u: Traced, v: Traced) -> Traced:
    """Return the scalar product along ``xyz``."""
    return sum_along(u * v, "xyz")


def norm(u: Traced) -> Traced:
    """Return the length."""
    return sqrt(dot(u, u))


def unit(u: Traced) -> Traced:
    """Divide each component by the length."""
    return u / norm(u)


def cross(u: Traced, v: Traced) -> Traced:
    """Return the vector product."""
    ahead = u.take("xyz", *_NEXT) * v.take("xyz", *_AFTER)
    return ahead - u.take("xyz", *_AFTER) * v.take("xyz", *_NEXT)


def rotate_axis(v: Traced, n: Traced, phi: Traced) -> Traced:
    """Rotate ``v`` about ``n`` by ``phi`` (radians)."""
    s, c = sin(phi), cos(phi)
    d = dot(n, v) * (1.0 - c)
    n_next, n_after = n.take("xyz", *_NEXT), n.take("xyz", *_AFTER)
    v_next, v_after = v.take("xyz", *_NEXT), v.take("xyz", *_AFTER)
    also(n_after * v_next, n_next * v_after - n_after * v_next)
    across = (-n_after) * v_next + n_next * v_after
    first = n * d + v * c
    second = across * s
    _ = v * c + second
    return first + second


def rotate(v: Traced, angles: Traced) -> Traced:
    """Rotate about x, then y, then z; ``angles`` along ``xyz``, those of exactly 0 are skipped."""
    for axis in range(3):
        angle = angles.take("xyz", axis)
        if angle.values.any():
            v = _about(v, axis, sin(angle), cos(angle))
    return v


def _about(v: Traced, axis: int, s: Traced, c: Traced) -> Traced:
    """Rotate about one axis: the next two components turn into each other."""
    j, k = _NEXT[axis], _AFTER[axis]
    vj, vk = v.take("xyz", j), v.take("xyz", k)
    parts = {
        axis: v.take("xyz", axis),
        j: vj * c + vk * (-s),
        k: vj * s + vk * c,
    }
    return stack("xyz", [parts[number] for number in range(3)], f"{v.text} rotated")
