"""Figures of Miller indices, lattice factor and structure factor (contract §5, §6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import axis_of
from parity_bridge.locate.figures.functions import cos, exp, sin, sqrt, whole
from parity_bridge.locate.figures.interpolation import interpolation_figures, safe_lookups
from parity_bridge.locate.figures.traced import Traced, also, product, sum_along, total

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.crystal import CrystalFigures
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger

#: Last places of the largest entry to which an interpolated structure factor is known.
_POLYNOMIAL = 32.0
FACTORS = tuple(f"lattice.F_latt_{name}" for name in "abc")


@dataclass(frozen=True)
class IndexFigures:
    """Fractional and nearest Miller indices, along ``cell``."""

    hkl: Traced
    hkl0: Traced


def index_figures(reference: Reference, axes: Traced, q: Traced) -> IndexFigures:
    """Register Miller indices and the way to the nearest ones."""
    products = axes * q
    hkl = sum_along(products, "xyz").named(
        "hkl_subpixel.hkl_fractional", reference.column("hkl", "cell"), power=0, text="hkl"
    )
    hkl0 = whole("ceil", np.ceil, (hkl - 0.5).named("hkl - 0.5")).named(
        "hkl_subpixel.hkl_rounded", reference.column("hkl0", "cell"), text="hkl0"
    )
    also((hkl - hkl0).named("hkl - hkl0"), whole("floor", np.floor, hkl))
    return IndexFigures(hkl, hkl0)


def lattice_figures(
    ledger: Ledger, reference: Reference, crystal: CrystalFigures, index: IndexFigures
) -> Traced:
    """Register the lattice factor and its parts; return it."""
    exact = reference.column("F_latt")
    shape = reference.experiment.crystal.shape
    factor = (
        _parallelepiped(reference, crystal, index)
        if shape == "parallelepiped"
        else _shape_transform(ledger, reference, crystal, index)
    )
    return factor.named("lattice.F_latt", exact, power=0, text="F_latt")


def _parallelepiped(reference: Reference, crystal: CrystalFigures, index: IndexFigures) -> Traced:
    x = (math.pi * index.hkl).named("pi·hkl", parts=("pi·h", "pi·k", "pi·l"), text="x")
    fine = (x * crystal.N).named("N·pi·hkl", parts=("Na·pi·h", "Nb·pi·k", "Nc·pi·l"), text="x*N")
    top = sin(fine).named(
        "sin(N·pi·hkl)", parts=tuple(f"sin(N{n}·pi·{h})" for n, h in zip("abc", "hkl", strict=True))
    )
    bottom = sin(x).named("sin(pi·hkl)", parts=("sin(pi·h)", "sin(pi·k)", "sin(pi·l)"))
    exact = reference.column("F_latt_factors", "cell")
    factors = (top / bottom).named("lattice.factors", exact, parts=FACTORS, text="F_latt")
    N = np.ravel(crystal.N.values)
    along = [factors.take("cell", number) for number in range(3) if N[number] > 1.0]
    return product(*along) if along else factors.take("cell", 0)


def _shape_transform(
    ledger: Ledger, reference: Reference, crystal: CrystalFigures, index: IndexFigures
) -> Traced:
    given = reference.experiment.crystal
    fudge = ledger.given("fudge", given.fudge)
    volume = product(*(crystal.N.take("cell", number) for number in range(3)))
    d = index.hkl - index.hkl0
    if given.shape == "round":
        R = total(
            *(
                d.take("cell", n)
                * d.take("cell", n)
                * crystal.N.take("cell", n)
                * crystal.N.take("cell", n)
                for n in range(3)
            )
        )
        x = (math.pi * sqrt(R * fudge)).named("pi·sqrt(R·fudge)", text="x")
        s = 3.0 * (sin(x) / x - cos(x)) / (x * x)
        return volume * 0.723601254558268 * s.named("sinc3", text="s")
    parts = [d.take("cell", n) * crystal.stars.take("cell", n) for n in range(3)]
    rest = total(*parts).named("(hkl - hkl0)·star", text="r")
    r2 = sum_along(rest * rest, "xyz")
    for number in range(3):
        N = crystal.N.take("cell", number)
        r2 = r2 * N * N
    r2 = r2.named("r2", power=0, text="r2")
    if given.shape == "gauss":
        return volume * exp(-(r2 / 0.63 * fudge))
    inside = whole("inside the top hat", lambda a: (a < 0.3969).astype(np.float64), r2 * fudge)
    return volume * inside


def lookup_figures(ledger: Ledger, reference: Reference, index: IndexFigures) -> Traced:
    """Register the lookup: place in the table, and the structure factor."""
    exact = reference.column("F_cell")
    exact = np.where(np.isnan(exact), _nearest_entries(reference, index), exact)
    table = reference.factors
    also(ledger.given("default_F", table.provenance.default_F))
    if table.grid is not None:
        _grid_indices(ledger, table.grid, table.minimum, index)
    if reference.derived("interpolate"):
        _with_interpolation(ledger, reference, index)
    return ledger.add(
        "stored entry",
        "the entry at h0 k0 l0, or default_F",
        exact,
        _lookup_noise(reference, exact),
        0,
        (index.hkl0.number,),
        is_looked_up=True,
    ).named("f_cell_stats.F_cell", text="F_cell")


def _nearest_entries(reference: Reference, index: IndexFigures) -> Array:
    """Return the entries at the nearest indices, for evaluations that made no lookup."""
    factors = reference.factors
    places = np.nan_to_num(np.moveaxis(index.hkl0.values, axis_of("cell"), 0))[..., None, :, :]
    inside = np.ones(places.shape[1:], dtype=bool)
    default: float = factors.provenance.default_F
    if factors.grid is None:
        return np.full(inside.shape, default)
    at = []
    for place, low, size in zip(places, factors.minimum, factors.grid.shape, strict=True):
        inside &= (place - low >= 0) & (place - low < size)
        at.append(np.clip(place - low, 0, size - 1).astype(int))
    entries: Array = np.where(inside, factors.grid[tuple(at)], default)
    return entries


def _with_interpolation(ledger: Ledger, reference: Reference, index: IndexFigures) -> None:
    """Register the interpolation where it is safe; the reference's F stands beside it."""
    safe = safe_lookups(reference, index.hkl.values)
    values = np.where(safe, index.hkl.values, np.nan)
    inside = ledger.add(
        "hkl where F is interpolated",
        "hkl",
        values,
        np.broadcast_to(index.hkl.noise, values.shape),
        0,
        (index.hkl.number,),
    )
    interpolation_figures(ledger, reference, inside)


def _grid_indices(
    ledger: Ledger, grid: Array, minimum: tuple[int, int, int], index: IndexFigures
) -> None:
    low = ledger.given("least index of the table", minimum, "cell")
    at = (index.hkl0 - low).named("hkl0 - h_min", text="at")
    size = ledger.given("extent of the table", grid.shape, "cell")
    h, k, l = (at.take("cell", number) for number in range(3))
    flat = (h * size.take("cell", 1) + k) * size.take("cell", 2) + l
    also(flat.named("place in the table"))


def _lookup_noise(reference: Reference, exact: Array) -> Array:
    """Return the noise of the structure factor; an interpolated one has that of the largest entry.

    Its polynomials are sums of four terms of the size of the entries around it.
    """
    if not reference.derived("interpolate"):
        return np.nan_to_num(np.abs(exact))
    grid = reference.factors.grid
    largest = float(np.abs(exact[np.isfinite(exact)]).max() if grid is None else np.abs(grid).max())
    return np.full(exact.shape, _POLYNOMIAL * largest)
