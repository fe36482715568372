"""What a source adds: scattering vector, resolution cut and polarization, contract §6."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.beam import Sources
from parity_bridge.engines.torch_port.chain_state import Chain, Place
from parity_bridge.engines.torch_port.factor_accumulator import select_where
from parity_bridge.engines.torch_port.libm import quotient
from parity_bridge.engines.torch_port.polarization import polarization_factor
from parity_bridge.engines.torch_port.setup import FactorMode, Setup
from parity_bridge.engines.torch_port.vec3 import Vec3, norm


class Scattering(NamedTuple):
    """What a source adds to the geometry of a subpixel."""

    q: Vec3  # 1/m
    beyond_dmin: Tensor | None  # bool; None: no source is dropped


def scattering_vector(diffracted: Vec3, source: Sources) -> Vec3:
    """Return (d - incident)/lambda, 1/m, of one source, for unit vectors of any shape."""
    incident, wavelength = source.incident, source.wavelength
    return Vec3(
        (diffracted.x - incident.x) / wavelength,
        (diffracted.y - incident.y) / wavelength,
        (diffracted.z - incident.z) / wavelength,
    )


def is_beyond_dmin(q: Vec3, dmin: float) -> Tensor:
    """Return whether the resolution cut drops scattering vectors, bool of the shape of ``q``."""
    stol = 0.5 * norm(q)
    return (stol > 0.0) & (dmin > quotient(0.5, stol)) & (dmin > 0.0)


def scatter(setup: Setup, source: Sources, diffracted: Vec3) -> Scattering:
    """Return the scattering vector of one source, and whether the resolution cut drops it."""
    q = scattering_vector(diffracted, source)
    return Scattering(q, is_beyond_dmin(q, setup.dmin) if setup.dmin > 0.0 else None)


def update_polar(
    chain: Chain, source: Sources, diffracted: Vec3, beyond_dmin: Tensor | None, place: Place
) -> Vec3:
    """Update the polarization factor in force; return d as later sources find it."""
    setup = chain.setup
    once = _is_polarized_once(setup)
    first = (place.layer, place.sub_slow, place.sub_fast, place.source) == (0, 0, 0, 0)
    if not setup.computes_polar or (once and not first):
        return diffracted
    if not chain.outputs.intensity and setup.source_count == 1 and setup.beam.polarization == 0.0:
        return diffracted
    due = None if beyond_dmin is None else ~beyond_dmin
    if chain.polar.mode is FactorMode.FIRST and not once:
        unset = chain.polar.value == 0.0
        due = unset if due is None else unset & due
    axis = chain.state.axis
    kahn_factor = setup.beam.polarization
    polarization = polarization_factor(source.incident, diffracted, axis, kahn_factor)
    chain.polar.update(polarization.factor.to(chain.dtype), due)
    chain.polarizations = chain.polarizations + (1 if due is None else due.to(torch.int64))
    if kahn_factor != 0.0:
        chain.state = replace(chain.state, axis=_where_vec3(due, polarization.axis, axis))
    return _where_vec3(due, polarization.diffracted, diffracted)


def _is_polarized_once(setup: Setup) -> bool:
    """Return whether the first factor stays in force: it is not 0, and no source is dropped."""
    keeps_first = setup.polar is FactorMode.FIRST
    return keeps_first and setup.dmin == 0.0 and abs(setup.beam.polarization) < 1.0


def _where_vec3(due: Tensor | None, value: Vec3, alternative: Vec3) -> Vec3:
    return Vec3(*(select_where(due, a, b) for a, b in zip(value, alternative, strict=True)))
