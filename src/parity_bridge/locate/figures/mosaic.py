"""Figures of the mosaic domains (contract §4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import lay
from parity_bridge.locate.figures.detector import radians
from parity_bridge.locate.figures.functions import cos, sin, sqrt
from parity_bridge.locate.figures.traced import Ledger, Traced, also, stack

if TYPE_CHECKING:
    from parity_bridge.locate.figures.reference import Reference

_CONFIG = "config_snapshot.derived"
_NEXT, _AFTER = (1, 2, 0), (2, 0, 1)
#: Last places of 1 to which an element of a matrix is known.
_ELEMENT = 4.0
#: The generator: minimal standard, with a shuffle of so many entries after so many draws.
_MULTIPLIER, _MODULUS, _ENTRIES, _WARM_UP = 16807, 2147483647, 32, 8


def mosaic_figures(ledger: Ledger, reference: Reference) -> Traced:
    """Register the rotation matrices of the domains, along ``domain``, ``row`` and ``xyz``."""
    spread = reference.experiment.crystal.mosaic_spread
    if spread is not None:
        radians(ledger, "-mosaic", spread).named(f"{_CONFIG}.mosaic_spread", power=None)
    matrices = np.array(reference.derived("mosaic_umats"), dtype=np.float64).reshape(-1, 3, 3)
    values = lay(matrices, "domain", "row", "xyz")
    formula = "rotation by rot about a random axis"
    if len(matrices) > 1:
        drawn = _rotation_figures(ledger, reference)
    else:
        drawn = ledger.add("matrices", formula, values, np.full_like(values, _ELEMENT), 0, ())
    return drawn.named(
        f"{_CONFIG}.mosaic_umats", values, formula=formula, text="matrix", floor=_ELEMENT
    )


def _rotation_figures(ledger: Ledger, reference: Reference) -> Traced:
    """Register deviates, axis and angle of each domain, and the terms of its matrix."""
    given = reference.experiment.crystal
    count = int(reference.derived("mosaic_domains"))
    drawn = np.reshape(_deviates(given.mosaic_seed, 3 * count), (count, 3))
    r1, r2, r3 = (
        (2.0 * ledger.given(f"deviate {number}", drawn[:, number - 1], "domain") - 1.0).named(
            f"r{number} of each domain", text=f"r{number}"
        )
        for number in (1, 2, 3)
    )
    across = sqrt(1.0 - r2 * r2)
    parts = [across * sin(math.pi * r1), across * cos(math.pi * r1), r2]
    n = stack("xyz", parts, "axis").named("axis of each domain", text="n")
    rot = _angles(ledger, reference, 1.0 - r3 * r3).named(
        "rot of each domain", power=None, text="rot"
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


def _angles(ledger: Ledger, reference: Reference, base: Traced) -> Traced:
    """Return the angles: products in single precision, whose roundings are the contract's."""
    spread = np.float32(reference.derived("mosaic_spread"))
    share = base.values.astype(np.float32) ** np.float32(1.0 / 3.0)
    shares = ledger.add(
        "cube root of 1 - r3*r3", "powf(1.0 - r3*r3, 1.0/3.0)", share.astype(np.float64),
        4.0 * np.abs(share.astype(np.float64)), 0, (base.number,),
    )  # fmt: skip
    angles = (spread * share).astype(np.float64)
    return ledger.add(
        "spread*powf", "spread*powf(1.0 - r3*r3, 1.0/3.0)", angles, 4.0 * np.abs(angles), None,
        (shares.number,),
    )  # fmt: skip


def _deviates(seed: int, count: int) -> list[float]:
    """Return the first deviates of a seed, single precision (contract §4)."""
    state = max(seed, 1)
    table = [0] * _ENTRIES
    for entry in range(_ENTRIES + _WARM_UP - 1, -1, -1):
        state = _MULTIPLIER * state % _MODULUS
        if entry < _ENTRIES:
            table[entry] = state
    output, drawn = table[0], []
    for _ in range(count):
        state = _MULTIPLIER * state % _MODULUS
        entry = output // (1 + (_MODULUS - 1) // _ENTRIES)
        output, table[entry] = table[entry], state
        drawn.append(min(float(np.float32(1.0 / _MODULUS * output)), 1.0 - 1.2e-7))
    return drawn
