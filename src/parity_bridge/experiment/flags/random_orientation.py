"""The random orientation of ``-misset random``; the contract states no way to draw it."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Vector

DEFAULT_SEED = 12345678

#: x, y, z and the scalar part, of length 1.
Quaternion = tuple[float, float, float, float]


def random_misset(seed: int = DEFAULT_SEED) -> Vector:
    """Return the rotations about x, then y, then z, degrees, of an orientation drawn with ``seed``.

    Every orientation is equally likely, and each ``seed`` of 0 or more gives another one.
    """
    return misset_of(random_quaternion(random.Random(seed)))  # noqa: S311 - no secret


def random_quaternion(source: random.Random) -> Quaternion:
    """Draw a uniformly random rotation from three deviates of ``source`` (Shoemake 1992)."""
    split, first, second = (source.random() for _ in range(3))
    low, high = math.sqrt(1.0 - split), math.sqrt(split)
    return (
        low * math.sin(math.tau * first),
        low * math.cos(math.tau * first),
        high * math.sin(math.tau * second),
        high * math.cos(math.tau * second),
    )


def misset_of(quaternion: Quaternion) -> Vector:
    """Return the angles, degrees, with which ``rotate`` of contract §2 turns as ``quaternion``."""
    x, y, z, w = quaternion
    # The matrix is Rz·Ry·Rx, so that its last row gives the turns about x and y.
    zx, zy, zz = 2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)
    xy, yy = 2.0 * (x * y - z * w), 1.0 - 2.0 * (x * x + z * z)
    xz, yz = 2.0 * (x * z + y * w), 2.0 * (y * z - x * w)
    about_x, about_y = math.atan2(zy, zz), math.atan2(-zx, math.hypot(zy, zz))
    # With the turn about x undone, the y axis has been turned about z alone. The x axis would do as
    # well, except where the turn about y is 90 degrees.
    cos, sin = math.cos(about_x), math.sin(about_x)
    about_z = math.atan2(xz * sin - xy * cos, yy * cos - yz * sin)
    return math.degrees(about_x), math.degrees(about_y), math.degrees(about_z)
