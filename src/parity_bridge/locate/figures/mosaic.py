"""Figures of the mosaic domains (contract §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import lay
from parity_bridge.locate.figures.detector import radians
from parity_bridge.locate.figures.traced import Ledger, Traced, also, cos, sin, stack

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.reference import Reference

_CONFIG = "config_snapshot.derived"
_NEXT, _AFTER = (1, 2, 0), (2, 0, 1)
#: Last places of 1 to which an element of a matrix is known.
_ELEMENT, _ANGLE = 4.0, 8.0


def mosaic_figures(ledger: Ledger, reference: Reference) -> Traced:
    """Register the rotation matrices of the domains, along ``domain``, ``row`` and ``xyz``."""
    spread = reference.experiment.crystal.mosaic_spread
    if spread is not None:
        radians(ledger, "-mosaic", spread).named(f"{_CONFIG}.mosaic_spread", power=None)
    matrices = np.array(reference.derived("mosaic_umats"), dtype=np.float64).reshape(-1, 3, 3)
    values = lay(matrices, "domain", "row", "xyz")
    formula = "rotation by rot about a random axis"
    if len(matrices) > 1:
        drawn = _rotation_figures(ledger, matrices)
    else:
        drawn = ledger.add("matrices", formula, values, np.full_like(values, _ELEMENT), 0, ())
    return drawn.named(
        f"{_CONFIG}.mosaic_umats", values, formula=formula, text="matrix", floor=_ELEMENT
    )


def _rotation_figures(ledger: Ledger, matrices: Array) -> Traced:
    """Register the terms of the matrices, from the angle and the axis that each one has."""
    twice = np.stack(
        [matrices[:, k, j] - matrices[:, j, k] for j, k in zip(_NEXT, _AFTER, strict=True)], axis=1
    )
    length = np.sqrt((twice * twice).sum(axis=1))
    angle = np.arctan2(length, np.trace(matrices, axis1=1, axis2=2) - 1.0)
    # The first domain is the identity, whose angle and axis were drawn and not used.
    size = np.where(length > 0.0, length, np.nan)
    angle = np.where(length > 0.0, angle, np.nan)
    axis = twice / size[:, None]
    rot = _from_matrices(ledger, "rot of each domain", lay(angle, "domain"), _ANGLE, None)
    n = _from_matrices(
        ledger,
        "axis of each domain",
        lay(axis, "domain", "xyz"),
        _ANGLE / np.nanmin(size),
        0,
    )
    t = (1.0 - cos(rot)).named("1 - cos(rot)", text="t")
    tn = t * n
    turned = sin(rot).named("sin(rot)", text="sin") * n
    diagonal = t * (n * n) + cos(rot)
    ahead = tn * n.take("xyz", *_NEXT)
    also(tn * n.take("xyz", *_AFTER))
    # Component k of these stands in the rows and columns of the two other axes.
    below = ahead.take("xyz", *_NEXT) + turned
    above = ahead.take("xyz", *_NEXT) - turned
    rows = []
    for i in range(3):
        parts = [diagonal.take("xyz", i)] * 3
        parts[_NEXT[i]] = above.take("xyz", _AFTER[i])
        parts[_AFTER[i]] = below.take("xyz", _NEXT[i])
        rows.append(stack("xyz", parts, "row of the matrix"))
    return stack("row", rows, "matrix of each domain")


def _from_matrices(
    ledger: Ledger, name: str, values: Array, noise: float, power: int | None
) -> Traced:
    return ledger.add(name, "of the matrix", values, np.full_like(values, noise), power, ()).named(
        name, power=power
    )
