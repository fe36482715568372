"""The orientation of -misset random: reproducible, consistent and uniformly random."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from parity_bridge.experiment.flags.random_orientation import (
    DEFAULT_SEED,
    Quaternion,
    misset_of,
    random_misset,
    random_quaternion,
)

Matrix = NDArray[np.float64]


def turned_by_angles(misset: tuple[float, float, float]) -> Matrix:
    """Apply ``rotate`` of contract §2 to the three axes; the results are columns."""
    columns = []
    rx, ry, rz = map(math.radians, misset)
    for axis in np.eye(3):
        x, y, z = axis
        y, z = y * math.cos(rx) + z * -math.sin(rx), y * math.sin(rx) + z * math.cos(rx)
        x, z = x * math.cos(ry) + z * math.sin(ry), x * -math.sin(ry) + z * math.cos(ry)
        x, y = x * math.cos(rz) + y * -math.sin(rz), x * math.sin(rz) + y * math.cos(rz)
        columns.append([x, y, z])
    return np.array(columns).T


def turned_by_quaternion(quaternion: Quaternion) -> Matrix:
    """Compute v + 2 w (q x v) + 2 q x (q x v) for the three axes; the results are columns."""
    q, w = np.array(quaternion[:3]), quaternion[3]
    rows = [v + 2 * w * np.cross(q, v) + 2 * np.cross(q, np.cross(q, v)) for v in np.eye(3)]
    return np.array(rows).T


@given(st.integers(0, 2**31 - 1))
def test_the_angles_turn_as_the_quaternion_does(seed: int) -> None:
    quaternion = random_quaternion(random.Random(seed))  # noqa: S311 - no secret
    assert math.hypot(*quaternion) == pytest.approx(1, abs=1e-15)
    matrix = turned_by_quaternion(quaternion)
    assert turned_by_angles(misset_of(quaternion)) == pytest.approx(matrix, abs=1e-14)


@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: math.hypot(*q) > 0.1))
@example((0, 0.99999999, 0, 1))
@example((1, 0, 1, 0))
def test_any_rotation_has_its_angles(quaternion: Quaternion) -> None:
    length = math.hypot(*quaternion)
    x, y, z, w = (part / length for part in quaternion)
    matrix = turned_by_quaternion((x, y, z, w))
    assert turned_by_angles(misset_of((x, y, z, w))) == pytest.approx(matrix, abs=1e-14)


def test_a_seed_gives_one_orientation() -> None:
    assert random_misset(5) == random_misset(5)
    assert random_misset() == random_misset(DEFAULT_SEED)
    assert len({random_misset(seed) for seed in range(200)}) == 200


def test_every_orientation_is_equally_likely() -> None:
    turned = np.array([turned_by_angles(random_misset(seed)) for seed in range(2000)])
    # Each entry is uniform over -1 to 1: mean 0, mean square 1/3; four deviations.
    assert np.abs(turned.mean(axis=0)).max() < 4 * math.sqrt(1 / 3 / 2000)
    assert np.abs((turned**2).mean(axis=0) - 1 / 3).max() < 4 * math.sqrt(4 / 45 / 2000)
    # The rotation angle t has the density (1 - cos t) / pi: mean cosine -1/2.
    cosines = (np.trace(turned, axis1=1, axis2=2) - 1) / 2
    assert cosines.mean() == pytest.approx(-1 / 2, abs=4 * math.sqrt(1 / 2 / 2000))
