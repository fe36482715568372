"""Ports that turn the crystal differently, and what must be said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from parity_bridge.engines.torch_port import chain, orientations
from parity_bridge.engines.torch_port import setup as port_setup
from parity_bridge.engines.torch_port.orientations import Orientation
from parity_bridge.engines.torch_port.units import RTD
from parity_bridge.engines.torch_port.vec3 import Vec3, rotate_axis
from tests.explain.faults import PEPTIDE, FaultInjection, _wrap
from tests.explain.unnamed_faults import UnnamedFault

SWEEP = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3"
MOSAIC = f"{PEPTIDE} -mosaic 0.5 -mosaic_domains 3"
#: Two steps and three domains, so that swapped loops are no transposition.
BOTH = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 2 -mosaic 0.5 -mosaic_domains 3"
#: A step of this sweep, rad.
STEP = 1.0 / RTD


def _angles(change: Callable[[Any, Any], Any]) -> FaultInjection:
    """Change all spindle angles; the second argument is the sweep."""
    return _wrap(
        orientations,
        "_spindle_angles",
        lambda angles: lambda crystal, phi0, phi: change(angles(crystal, phi0, phi), phi),
    )


def _rotation(change: Callable[[Vec3, Any], tuple[Vec3, Any]]) -> FaultInjection:
    """Change axis and angle of the rotation itself, which phi does not show."""
    return _wrap(
        orientations, "rotate_axis", lambda rotate: lambda v, n, phi: rotate(v, *change(n, phi))
    )


def _matrices(change: Callable[[Any], Any]) -> FaultInjection:
    """Change the matrices as they are applied, not as they are drawn."""
    return _wrap(orientations, "_by_matrices", lambda multiply: lambda m, v: multiply(change(m), v))


def _length(factor: float) -> Callable[[Vec3, Any], tuple[Vec3, Any]]:
    return lambda n, phi: (Vec3(*(x * factor for x in n)), phi)


def _domain_first(lay_out: Any) -> Any:
    """Each domain is rotated about the spindle after its own rotation."""

    def laid_out(crystal: Any, spindle: Vec3, *rest: Any, **settings: Any) -> Any:
        rotations, _, leading = lay_out(crystal, spindle, *rest, **settings)
        matrices = rest[2]

        def both(v: Vec3) -> Vec3:
            rows = zip(*(matrices[:, :, column].unbind(-1) for column in range(3)), strict=True)
            moved = Vec3(*(x * v.x + y * v.y + z * v.z for x, y, z in rows))
            return rotate_axis(moved, spindle, rotations.phi[:, None])

        domains = Orientation(both(crystal.a0), both(crystal.b0), both(crystal.c0))
        return rotations, domains, leading

    return laid_out


def _swapped_loops(run: Any) -> Any:
    """Domains are looped over outside, phi steps inside."""

    def swapped(state: Any, kernels: Any, place: Any, *rest: Any) -> Any:
        phi_steps, domains = state.setup.phi.steps, state.setup.crystal.domains
        number = place.phi_step * domains + place.domain
        inner = replace(place, phi_step=number % phi_steps, domain=number // phi_steps)
        return replace(run(state, kernels, inner, *rest), place=place)

    return swapped


def _first_subpixel_alone(rotation: Any) -> Any:
    """Only the first sweep turns the crystal; later ones find it as the first step leaves it."""
    swept: set[int] = set()

    def rotated(state: Any, phi_step: int) -> Any:
        step = 0 if phi_step in swept else phi_step
        swept.add(phi_step)
        return rotation(state, step)

    return rotated


_TURNED = "in every row the reference's `a0` turned about"
ORIENTATION_FAULTS = (
    UnnamedFault(
        "phi in the middle of its step",
        SWEEP,
        _angles(lambda phi, sweep: phi + sweep.step / 2.0),
        "orientation.phi",
        "in every row exactly half a phi step, 0.00872665 rad, more",
    ),
    UnnamedFault(
        "phi with the wrong sign",
        SWEEP,
        _angles(lambda phi, sweep: -phi),
        "orientation.phi",
        "in every row the opposite sign",
    ),
    UnnamedFault(
        "phi in degrees",
        SWEEP,
        _angles(lambda phi, sweep: phi * RTD),
        "orientation.phi",
        "in every row 57.2957795131 times the reference's (degrees where radians belong)",
    ),
    UnnamedFault(
        "the first phi at every step",
        SWEEP,
        _angles(lambda phi, sweep: phi[:1].expand_as(phi)),
        "orientation.phi",
        "in every row the reference's value of the first phi step",
    ),
    UnnamedFault(
        "phi of the next step",
        SWEEP,
        _angles(lambda phi, sweep: phi + sweep.step),
        "orientation.phi",
        "in every row the reference's value of the phi step after it",
    ),
    UnnamedFault(
        "sweep run backwards",
        SWEEP,
        _angles(lambda phi, sweep: phi.flip(0)),
        "orientation.phi",
        "in every row the reference's value in the opposite order of the phi steps",
    ),
    UnnamedFault(
        "reversed spindle",
        SWEEP,
        _rotation(lambda n, phi: (Vec3(*(-x for x in n)), phi)),
        "orientation.a_spindle",
        f"{_TURNED} the spindle by -phi, the other way",
    ),
    UnnamedFault(
        "spindle axis not normalised",
        SWEEP,
        _rotation(_length(2.0)),
        "orientation.a_spindle",
        f"{_TURNED} a spindle axis of length 2, not made a unit vector",
    ),
    UnnamedFault(
        "rotation to the middle of the step",
        SWEEP,
        _rotation(lambda n, phi: (n, phi + STEP / 2.0)),
        "orientation.a_spindle",
        f"{_TURNED} the spindle by phi and half a step more, the middle of the step",
    ),
    UnnamedFault(
        "rotation by degrees",
        SWEEP,
        _rotation(lambda n, phi: (n, phi * RTD)),
        "orientation.a_spindle",
        f"{_TURNED} the spindle by phi in degrees where radians belong",
    ),
    UnnamedFault(
        "cumulative phi step",
        SWEEP,
        _rotation(lambda n, phi: (n, phi.cumsum(0))),
        "orientation.a_spindle",
        f"{_TURNED} the spindle by the phi of every step so far added up",
    ),
    UnnamedFault(
        "rotation about the beam",
        SWEEP,
        _rotation(lambda n, phi: (Vec3(n.z, n.x, n.y), phi)),
        "orientation.a_spindle",
        f"{_TURNED} the beam instead of the spindle",
    ),
    UnnamedFault(
        "no rotation about the spindle",
        SWEEP,
        _rotation(lambda n, phi: (n, 0.0 * phi)),
        "orientation.a_spindle",
        "in every row the reference's `a0`, not turned at all",
    ),
    UnnamedFault(
        "a rotation of its own for one step",
        SWEEP,
        _rotation(lambda n, phi: (n, phi + torch.tensor([0.0, 0.25, 0.0]))),
        "orientation.a_spindle",
        "only at phi step 1: turned by 13.5335°, its length kept",
    ),
    UnnamedFault(
        "transposed mosaic matrix",
        MOSAIC,
        _matrices(lambda m: m.transpose(1, 2)),
        "orientation.a_mosaic",
        "in every row the reference's `a_spindle` times the transposed matrix of the domain",
    ),
    UnnamedFault(
        "one rotation for all domains",
        MOSAIC,
        _matrices(lambda m: m[1:2].expand_as(m)),
        "orientation.a_mosaic",
        "in every row the reference's `a_spindle` times the matrix of domain 1 at every domain",
    ),
    UnnamedFault(
        "domains in the opposite order",
        MOSAIC,
        _matrices(lambda m: m.flip(0)),
        "orientation.a_mosaic",
        "in every row the reference's value in the opposite order of the domains",
    ),
    UnnamedFault(
        "matrices of the first domain alone",
        MOSAIC,
        _matrices(lambda m: m[:1].expand_as(m)),
        "orientation.a_mosaic",
        "in every row the reference's `a_spindle`",
    ),
    UnnamedFault(
        "mosaic before spindle",
        BOTH,
        _wrap(port_setup, "lay_out_orientations", _domain_first),
        "orientation.a_mosaic",
        "in every row the reference's `a0` turned as the domain first, then about the spindle",
    ),
    UnnamedFault(
        "swapped loops",
        BOTH,
        _wrap(chain, "_run_domain", _swapped_loops),
        "orientation.phi",
        "in every row the reference's value with the loops over phi steps and domains swapped",
    ),
    UnnamedFault(
        "only the first sweep turns the crystal",
        SWEEP,
        _wrap(chain, "_rotation_at", _first_subpixel_alone),
        "orientation.row",
        "only at subpixel 0 1: another orientation where the reference has the orientation "
        "before it",
    ),
)
