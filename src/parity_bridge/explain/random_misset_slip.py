"""The slip of a port that draws the random orientation of a seed in double precision (§4, §8).

The contract's deviates, and their product with the spread, are of single precision, which turns the
crystal by some 4e-6 rad.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.experiment_changes import change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment

#: Radians, as the contract has it.
_SPREAD = 90.0
#: Of the generator: its whole numbers over it are the deviates.
_MODULUS = 2147483647


def double_precision_misset(experiment: Experiment) -> Experiment:
    """Replace the random orientation of a seed by the angles that double precision gives."""
    seed = experiment.crystal.random_misset_seed
    if seed is None:
        return experiment
    drawn = _symmetric_deviates(seed, 3)
    angles = np.degrees(_angles(_random_rotation(*drawn)))
    misset = tuple(angles.tolist())
    return change("crystal", misset=misset, random_misset_seed=None)(experiment)


def _symmetric_deviates(seed: int, count: int) -> list[float]:
    """Return the first deviates of a seed, between -1 and 1, not rounded to single precision."""
    # Only the generator of the twin is used, which needs no tensors; importing it takes a second.
    from parity_bridge.engines.torch_port.deviates import (  # noqa: PLC0415
        deviate,
        seed_deviates,
    )

    generator, drawn = seed_deviates(seed), []
    for _ in range(count):
        deviate(generator)
        drawn.append(2.0 * (generator.last / _MODULUS) - 1.0)
    return drawn


def _random_rotation(r1: float, r2: float, r3: float) -> NDArray[np.float64]:
    """Return the rotation of three deviates between -1 and 1."""
    rot = _SPREAD * (1.0 - r3 * r3) ** (1.0 / 3.0)
    across = math.sqrt(1.0 - r2 * r2)
    axis = np.array([across * math.sin(math.pi * r1), across * math.cos(math.pi * r1), r2])
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    outer = (1.0 - math.cos(rot)) * np.outer(axis, axis)
    rotation: NDArray[np.float64] = math.cos(rot) * np.eye(3) + outer + math.sin(rot) * cross
    return rotation


def _angles(u: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the angles about x, y and z of a rotation (§8), rad."""
    return (
        math.atan2(u[2, 1], u[2, 2]),
        math.atan2(-u[2, 0], math.hypot(u[2, 1], u[2, 2])),
        math.atan2(u[1, 0], u[0, 0]),
    )
