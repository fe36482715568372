"""The labelled axes that all figures share, so that formulas broadcast without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Every figure has all of them; an axis on which it does not depend has the length 1. ``cell`` runs
#: over a, b, c (or h, k, l), and over the rows of a matrix; ``xyz`` over components.
AXES = (
    "pixel",
    "layer",
    "slow",
    "fast",
    "source",
    "phi",
    "domain",
    "cell",
    "row",
    "xyz",
)
#: The loops of one pixel, outermost first, and the loops over its evaluations.
LOOPS = AXES[1:7]


def lay(values: Any, *axes: str) -> Array:
    """Return ``values``, whose axes are named ``axes`` in order, with all ``AXES``."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != len(axes):
        raise ValueError(f"{array.ndim} axes have the names {axes}")
    order = sorted(range(len(axes)), key=lambda number: AXES.index(axes[number]))
    lengths = dict(zip(axes, array.shape, strict=True))
    return array.transpose(order).reshape([lengths.get(axis, 1) for axis in AXES])


def axis_of(name: str) -> int:
    """Return the number of an axis."""
    return AXES.index(name)
