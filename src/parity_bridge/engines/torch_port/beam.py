"""Beam, contract §1, §4 (one source) and §6."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.libm import quotient
from parity_bridge.engines.torch_port.vec3 import Vec3, norm, scale, unit
from parity_bridge.errors import UsageError
from parity_bridge.experiment import Experiment

if TYPE_CHECKING:
    from torch import Tensor

#: Metres; only the direction matters with a single source.
SOURCE_DISTANCE = 10.0

BAD_BEAM = (
    "wavelength, flux, exposure, beam size or water do not give finite numbers; check -lambda, "
    "-fluence, -flux, -exposure, -beamsize and -water"
)


@dataclass(frozen=True)
class Beam:
    """Beam as derived; twin of ``pb_beam``."""

    lambda0: Tensor  # m
    incident: Vec3  # unit vector from the source to the sample
    fluence: float  # photons/m²
    polarization: float
    polarized: bool
    I_bg: float
    water_size: float  # m
    dmin: float  # m


def derive_beam(experiment: Experiment, wavelength: Tensor, beam_direction: Vec3) -> Beam:
    """Wavelength (given in Å), incident direction, fluence and background.

    Raises UsageError where they are not finite.
    """
    fluence = _fluence(experiment)
    water_size = experiment.crystal.water / 1e6
    background = _background(fluence, water_size)
    lambda0 = wavelength / 1.0e10
    if not (math.isfinite(fluence) and math.isfinite(background) and _is_length(lambda0)):
        raise UsageError(BAD_BEAM)
    return Beam(
        lambda0=lambda0,
        incident=_incident_direction(beam_direction),
        fluence=fluence,
        polarization=experiment.beam.polarization,
        polarized=experiment.beam.polarized,
        I_bg=background,
        water_size=water_size,
        dmin=experiment.sampling.dmin * 1e-10,
    )


def scattering_vector(diffracted: Vec3, incident: Vec3, lambda0: Tensor) -> Vec3:
    """(d - incident)/lambda, 1/m, for unit vectors of shapes that broadcast and lambda in m."""
    return Vec3(
        (diffracted.x - incident.x) / lambda0,
        (diffracted.y - incident.y) / lambda0,
        (diffracted.z - incident.z) / lambda0,
    )


def is_beyond_dmin(q: Vec3, dmin: float) -> Tensor:
    """Whether the resolution cut drops this scattering vector, bool of the shape of ``q``."""
    stol = 0.5 * norm(q)
    return (stol > 0.0) & (dmin > quotient(0.5, stol)) & (dmin > 0.0)


def _is_length(value: Tensor) -> bool:
    return bool(value.isfinite() & (value > 0.0))


def _incident_direction(beam_direction: Vec3) -> Vec3:
    # Contract §4 less its two rotations, which with no divergence turn by 0. The round trip through
    # 10 m can move the last bit of a direction that is not along an axis.
    return scale(unit(scale(beam_direction, -SOURCE_DISTANCE)), -1.0)


def _fluence(experiment: Experiment) -> float:
    beam = experiment.beam
    size = units.metres(beam.beam_size)
    if beam.flux != 0.0 and beam.exposure > 0.0 and size >= 0.0:
        return beam.flux * beam.exposure / size / size if size else math.inf
    return beam.fluence


def _background(fluence: float, water: float) -> float:
    return (
        2.57 * 2.57 * units.R_E_SQR * fluence * water * water * water * 1e6 * units.AVOGADRO / 18.0
    )
