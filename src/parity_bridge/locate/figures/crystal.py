"""Figures of the cell, its setting and its size (contract §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.detector import radians
from parity_bridge.locate.figures.functions import absolute, cos, sin, sqrt
from parity_bridge.locate.figures.traced import Traced, also, product, stack, total
from parity_bridge.locate.figures.vectors import cross, dot, norm, rotate

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger

_CONFIG = "config_snapshot.derived"
_J, _K = (1, 2, 0), (2, 0, 1)
#: Last places of its largest component to which a derived vector is known (the noise budget's).
_ULPS = 20.0
STARS = tuple(f"{_CONFIG}.{name}_star" for name in "abc")
EDGES = tuple(f"{_CONFIG}.{name}0" for name in "abc")


@dataclass(frozen=True)
class CrystalFigures:
    """What the pixels need of the crystal; vectors run along ``cell`` and ``xyz``."""

    edges: Traced
    stars: Traced
    N: Traced


def crystal_figures(ledger: Ledger, reference: Reference, wavelength: Traced) -> CrystalFigures:
    """Register the cell, from what was given to real space in metres."""
    cell = reference.experiment.crystal.cell
    stars_given = (
        _of_the_matrix(ledger, reference, wavelength)
        if cell is None
        else _default_orientation(ledger, reference)
    )
    edges, stars = _real_space(reference, stars_given)
    N = ledger.given("N", [reference.derived(name) for name in ("Na", "Nb", "Nc")], "cell").named(
        f"{_CONFIG}.N", parts=tuple(f"{_CONFIG}.{name}" for name in ("Na", "Nb", "Nc")), text="N"
    )
    also(product(*(N.take("cell", number) for number in range(3))), norm(edges) * N)
    return CrystalFigures(edges, stars, N)


def _complete(reference: Reference) -> tuple[list[float], list[float]]:
    cell = reference.experiment.crystal.cell
    if cell is None:
        raise ValueError("the crystal is given by a matrix")
    lengths = [cell.a, cell.b or cell.a, cell.c or cell.a]
    return lengths, [angle or 90.0 for angle in (cell.alpha, cell.beta, cell.gamma)]


def _default_orientation(ledger: Ledger, reference: Reference) -> tuple[Traced, Traced, Traced]:
    """Register the reciprocal cell in its default orientation; return it, V and the lengths."""
    lengths, degrees = _complete(reference)
    edges = ledger.given("cell edges", lengths, "cell", power=1)
    angles = radians(ledger, "cell angles", degrees, "cell")
    sines, cosines = (
        sin(angles).named("sin of the cell angles"),
        cos(angles).named("cos of the cell angles"),
    )
    V = _volume(edges, angles)
    V_star = (1.0 / V).named("V*")
    sizes = product(edges.take("cell", *_J), edges.take("cell", *_K), sines, V_star).named(
        "lengths of a* b* c*"
    )
    pairs = cosines.take("cell", *_J) * cosines.take("cell", *_K)
    cos_star = ((pairs - cosines) / (sines.take("cell", *_J) * sines.take("cell", *_K))).named(
        "cos of the reciprocal angles"
    )
    c_volume = edges.take("cell", 2) * V_star
    sin_ga = (c_volume / sizes.take("cell", 0) / sizes.take("cell", 1)).named("sin gamma*")
    stars = _laid_along_axes(edges, V, sizes, cos_star, sin_ga).named(
        "a* b* c* before the misset", text="star"
    )
    return _after_misset(ledger, reference, stars), V, edges


def _volume(edges: Traced, angles: Traced) -> Traced:
    parts = [angles.take("cell", number) for number in range(3)]
    s = (total(*parts) / 2.0).named("s, half the sum of the angles")
    skew = product(sin(s), *(sin(s - part) for part in parts))
    a, b, c = (edges.take("cell", number) for number in range(3))
    also(product(a, b, c))
    return product(2.0 * a, b, c, sqrt(absolute(skew))).named(f"{_CONFIG}.V_cell", text="V")


def _laid_along_axes(
    edges: Traced, V: Traced, sizes: Traced, cosines: Traced, sin_ga: Traced
) -> Traced:
    cos_al, cos_be, cos_ga = (cosines.take("cell", number) for number in range(3))
    a_star, b_star, c_star = (sizes.take("cell", number) for number in range(3))
    zero = edges.ledger.given("zero", 0.0)
    a, b, c = (edges.take("cell", number) for number in range(3))
    middle = c_star * (cos_al - cos_be * cos_ga) / sin_ga
    also((cos_al - cos_be * cos_ga) / sin_ga)
    last = c_star * V / product(a, b, c, sin_ga)
    rows = (
        (a_star, zero, zero),
        (b_star * cos_ga, b_star * sin_ga, zero),
        (c_star * cos_be, middle, last),
    )
    return stack("cell", [stack("xyz", list(row), "star") for row in rows], "a* b* c*")


def _real_space(
    reference: Reference, given: tuple[Traced, Traced | None, Traced | None]
) -> tuple[Traced, Traced]:
    """Register the cell in metres and the reciprocal vectors that are made from it."""
    exact_edges = reference.three("a0", "b0", "c0")
    exact_stars = reference.three("a_star", "b_star", "c_star")
    real, V_star = _crossed(*given)
    edges = real * 1e-10
    stars = cross(real.take("cell", *_J), real.take("cell", *_K)) * V_star
    edges = edges.named(
        f"{_CONFIG}.cell",
        exact_edges,
        power=1,
        parts=EDGES,
        text="a0",
        floor=_ULPS * _largest(exact_edges),
    )
    stars = stars.named(
        f"{_CONFIG}.star",
        exact_stars,
        power=-1,
        parts=STARS,
        text="a*",
        floor=_ULPS * _largest(exact_stars),
    )
    return edges, stars


def _crossed(stars: Traced, V: Traced | None, lengths: Traced | None) -> tuple[Traced, Traced]:
    """Return a, b, c in Å and V* again, from reciprocal vectors.

    A cell that was given rescales them to its own lengths.
    """
    across = cross(stars.take("cell", *_J), stars.take("cell", *_K)).named("b*×c*, c*×a*, a*×b*")
    V_star = dot(stars.take("cell", 0), across.take("cell", 0))
    if V is not None and lengths is not None:
        across = (lengths / V / norm(across) * across).named("b*×c*, c*×a*, a*×b* rescaled")
        V_star = 1.0 / V
    V_cell = (1.0 / V_star).named("V after the crossing", text="V")
    return (across * V_cell).named("a b c in Å", power=1, text="a"), V_star


def _of_the_matrix(
    ledger: Ledger, reference: Reference, wavelength: Traced
) -> tuple[Traced, None, None]:
    """Register the reciprocal vectors of a matrix file, whose numbers are lambda times 1/Å."""
    numbers = np.reshape(reference.experiment.crystal.matrix or (), (3, 3))
    given = ledger.given("matrix", numbers.T, "cell", "xyz")
    scale = (1e-10 / wavelength).named("1e-10/lambda", power=0)
    stars = (given * scale).named("a* b* c* before the misset", power=-1, text="star")
    return _after_misset(ledger, reference, stars), None, None


def _after_misset(ledger: Ledger, reference: Reference, stars: Traced) -> Traced:
    misset = radians(ledger, "misset", reference.experiment.crystal.misset, "xyz")
    return rotate(stars, misset).named("a* b* c* after the misset", text="star'")


def _largest(values: Array) -> float:
    return float(np.abs(values).max())
