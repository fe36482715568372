"""Slips of three rotations about x, y and z: their order, or the inverse of all three.

``rotate`` turns about x, then y, then z (contract §2). Any rotation can be written so, which is how
the slip is given to the C core.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.experiment_changes import ExperimentSlip, change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment, Vector


def z_first(part: str, field: str) -> ExperimentSlip:
    """Return the slip that turns about z, then y, then x."""

    def slip(experiment: Experiment) -> Experiment:
        x, y, z = map(math.radians, getattr(getattr(experiment, part), field))
        return _with_rotation(experiment, part, field, _about_x(x) @ _about_y(y) @ _about_z(z))

    return _of_several_angles(part, field, slip)


def inverted(part: str, field: str) -> ExperimentSlip:
    """Return the slip that turns back: the transposed matrix, or row vectors for columns."""

    def slip(experiment: Experiment) -> Experiment:
        matrix = rotation_matrix(getattr(getattr(experiment, part), field))
        return _with_rotation(experiment, part, field, matrix.T)

    return _of_several_angles(part, field, slip)


def rotation_matrix(degrees: Vector) -> NDArray[np.float64]:
    """Return the matrix (3, 3) of the rotations about x, y, z, in this order."""
    x, y, z = map(math.radians, degrees)
    matrix: NDArray[np.float64] = _about_z(z) @ _about_y(y) @ _about_x(x)
    return matrix


def _of_several_angles(part: str, field: str, slip: ExperimentSlip) -> ExperimentSlip:
    """Return a slip that changes nothing where there are fewer than two angles.

    Of a single one the order is no matter, and the inverse is the opposite sign.
    """

    def guarded(experiment: Experiment) -> Experiment:
        angles = getattr(getattr(experiment, part), field)
        return slip(experiment) if np.count_nonzero(angles) > 1 else experiment

    return guarded


def _with_rotation(
    experiment: Experiment, part: str, field: str, matrix: NDArray[np.float64]
) -> Experiment:
    """Return ``experiment`` with the angles about x, y, z of a rotation."""
    m = matrix.tolist()
    angles = (
        math.atan2(m[2][1], m[2][2]),
        math.atan2(-m[2][0], math.hypot(m[2][1], m[2][2])),
        math.atan2(m[1][0], m[0][0]),
    )
    return change(part, **{field: tuple(map(math.degrees, angles))})(experiment)


def _about_x(angle: float) -> NDArray[np.float64]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(angle: float) -> NDArray[np.float64]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(angle: float) -> NDArray[np.float64]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
