"""Figures of the orientation of the crystal at each step and in each domain (contract §4, §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import axis_of, lay
from parity_bridge.locate.figures.detector import radians
from parity_bridge.locate.figures.traced import Traced, sum_along
from parity_bridge.locate.figures.vectors import rotate_axis

if TYPE_CHECKING:
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger

_CONFIG = "config_snapshot.derived"
SPINDLE = tuple(f"orientation.{name}_spindle" for name in "abc")
MOSAIC = tuple(f"orientation.{name}_mosaic" for name in "abc")


def orientation_figures(
    ledger: Ledger, reference: Reference, edges: Traced, spindle: Traced, matrices: Traced
) -> Traced:
    """Register cell vectors after spindle and domain; return those in force at an evaluation."""
    phi = _angles(ledger, reference)
    rotated = rotate_axis(edges, spindle, phi)
    turned = _with_carry_over(ledger, reference, edges, rotated, phi).named(
        "orientation.spindle", power=1, parts=SPINDLE, text="a"
    )
    if not float(reference.derived("mosaic_spread")) > 0.0:
        return turned
    products = matrices * turned
    return (
        sum_along(products, "xyz")
        .moved("row", "xyz")
        .named("orientation.mosaic", power=1, parts=MOSAIC, text="a")
    )


def _angles(ledger: Ledger, reference: Reference) -> Traced:
    steps = int(reference.derived("phisteps"))
    phi0 = radians(ledger, "-phi", reference.experiment.sampling.phi).named(
        f"{_CONFIG}.phi0", power=None
    )
    step = ledger.given("phistep in rad", reference.derived("phistep"), power=None).named(
        f"{_CONFIG}.phistep", power=None
    )
    sweep = reference.experiment.sampling.oscillation
    for part in ("range", "step"):
        value = getattr(sweep, part)
        if value is not None:
            _ = radians(ledger, f"oscillation {part}", value)
    number = ledger.given("number of the step", np.arange(steps), "phi")
    return (phi0 + step * number).named("orientation.phi", power=None, text="phi")


def _with_carry_over(
    ledger: Ledger, reference: Reference, edges: Traced, rotated: Traced, phi: Traced
) -> Traced:
    """Replace the rotation by an angle of exactly 0: it keeps the last one (contract §6)."""
    angles = phi.values.ravel()
    if angles.all():
        return rotated
    unrotated = np.broadcast_to(edges.values, rotated.values.shape)
    last = np.flatnonzero(angles)
    kept = rotated.values.copy()
    for number in np.flatnonzero(angles == 0.0).tolist():
        earlier = last[last < number] if reference.behaviours.phi_carry_over else last[:0]
        source = np.take(kept, [earlier[-1]], axis_of("phi")) if len(earlier) else unrotated
        kept = _replaced(kept, number, source)
    if not reference.behaviours.phi_carry_over or not len(last):
        return _figure(ledger, kept, rotated)
    return _figure(ledger, _after_first_sweep(reference, kept, angles, last[-1]), rotated)


def _after_first_sweep(
    reference: Reference, first: np.ndarray, angles: np.ndarray, last: int
) -> np.ndarray:
    """Return orientations along the loops too: later sweeps begin as the one before ended."""
    later = first
    for number in range(int(np.flatnonzero(angles)[0])):
        later = _replaced(later, number, np.take(first, [last], axis_of("phi")))
    if later is first:
        return first
    layers, slow, fast, sources, *_ = reference.loops
    pixels = len(reference.observations)
    begins = np.zeros((pixels, layers, slow, fast, sources), dtype=bool)
    begins[[not one.state.swept for one in reference.observations], 0, 0, 0, 0] = True
    begin = lay(begins, "pixel", "layer", "slow", "fast", "source") > 0
    return np.where(begin, first, later)


def _replaced(values: np.ndarray, number: int, by: np.ndarray) -> np.ndarray:
    changed = values.copy()
    place = [slice(None)] * values.ndim
    place[axis_of("phi")] = slice(number, number + 1)
    source = by if by.shape[axis_of("phi")] == 1 else by[tuple(place)]
    changed[tuple(place)] = source
    return changed


def _figure(ledger: Ledger, values: np.ndarray, rotated: Traced) -> Traced:
    return ledger.add(
        "a b c in force",
        "phi exactly 0 keeps the last rotation",
        values,
        np.broadcast_to(rotated.noise, values.shape),
        1,
        (rotated.number,),
    )
