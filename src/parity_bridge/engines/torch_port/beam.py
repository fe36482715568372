"""Beam and its sources, contract §1 and §4."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.detector import Detector
from parity_bridge.engines.torch_port.sweep import BEAM_SWEEP, SampledRange, sample_sweep
from parity_bridge.engines.torch_port.vec3 import (
    Vec3,
    cross,
    is_direction,
    rotate_axis,
    scale,
    unit,
)
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Experiment, Sweep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Position, weight and wavelength of each source, before ``_finish_sources``.
_Raw = tuple[Vec3, Tensor, Tensor]

#: Metres; only the direction matters.
SOURCE_DISTANCE = 10.0

BAD_BEAM = (
    "wavelength, flux, exposure, beam size or water do not give finite numbers; check -lambda, "
    "-fluence, -flux, -exposure, -beamsize and -water"
)
BAD_SOURCE = (
    "a source has no direction or no wavelength above 0; check that the polarization vector is not "
    "along the beam, -dispersion, and the source file (X Y Z weight wavelength, metres)"
)
NO_SOURCE = (
    "the round beam leaves no source; give -hdivstep and -vdivstep smaller than -hdivrange and "
    "-vdivrange, or -square_div"
)


@dataclass(frozen=True)
class Beam:
    """Beam as derived; twin of ``pb_beam``."""

    lambda0: Tensor  # m
    fluence: float  # photons/m²
    polarization: float
    polarized: bool
    horizontal: SampledRange  # divergence, rad
    vertical: SampledRange
    dispersion: SampledRange  # fraction of the wavelength
    I_bg: float
    water_size: float  # m
    dmin: float  # m


@dataclass(frozen=True)
class Sources:
    """All sources; twin of an array of ``pb_source``. Tensors of shape (sources,), or ()."""

    direction: Vec3  # unit vector from the sample to the source
    incident: Vec3  # unit vector from the source to the sample
    weight: Tensor
    relative_weight: Tensor  # weight over the mean weight
    wavelength: Tensor  # m

    def __len__(self) -> int:
        return self.weight.shape[0]

    def __getitem__(self, number: int) -> Sources:
        """Return one source."""
        return Sources(
            Vec3(*(component[number] for component in self.direction)),
            Vec3(*(component[number] for component in self.incident)),
            self.weight[number],
            self.relative_weight[number],
            self.wavelength[number],
        )


def derive_beam(experiment: Experiment, wavelength: Tensor) -> Beam:
    """Derive wavelength (given in Å), fluence, background, divergence and dispersion.

    Raise UsageError where one of them is not finite, or a sweep has no step or too many.
    """
    beam = experiment.beam
    fluence = _fluence(experiment)
    water_size = experiment.crystal.water / 1e6
    background = _background(fluence, water_size)
    lambda0 = wavelength / 1.0e10
    if not (math.isfinite(fluence) and math.isfinite(background) and _is_length(lambda0)):
        raise UsageError(BAD_BEAM)
    return Beam(
        lambda0=lambda0,
        fluence=fluence,
        polarization=beam.polarization,
        polarized=beam.polarized,
        horizontal=_sample_divergence(beam.horizontal_divergence),
        vertical=_sample_divergence(beam.vertical_divergence),
        # Dispersion has no flag for its step, and counts as given where it is 0.
        dispersion=sample_sweep(beam.dispersion / 100.0, None, beam.dispersion_steps, BEAM_SWEEP),
        I_bg=background,
        water_size=water_size,
        dmin=experiment.sampling.dmin * 1e-10,
    )


def lay_out_sources(
    experiment: Experiment,
    beam: Beam,
    detector: Detector,
    lines: NDArray[np.float64] | None,
    *,
    strict: bool = False,
) -> Sources:
    """Lay out all sources, from ``lines`` of a source file or from the divergence.

    ``lines`` has the shape (n, 5); NaN stands for a missing value. ``strict`` ends a round beam at
    its radius. Raise UsageError where no source is left, or a source has no direction or no
    wavelength.
    """
    if lines is not None:
        return _finish_sources(*_listed_sources(beam, detector, lines))
    return _finish_sources(*_divergent_sources(experiment, beam, detector, strict=strict))


def _is_length(value: Tensor) -> bool:
    return bool(value.isfinite() & (value > 0.0))


def _sample_divergence(sweep: Sweep) -> SampledRange:
    whole, step = (None if mrad is None else mrad / 1000.0 for mrad in (sweep.range, sweep.step))
    return sample_sweep(whole, step, sweep.steps, BEAM_SWEEP)


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


def _divergent_sources(
    experiment: Experiment, beam: Beam, detector: Detector, *, strict: bool
) -> _Raw:
    """Return positions, weights and wavelengths of the grid of divergence and dispersion."""
    h, v, w = beam.horizontal, beam.vertical, beam.dispersion
    angles = [
        (h.step * i - h.range / 2.0, v.step * j - v.range / 2.0)
        for i in range(h.steps)
        for j in range(v.steps)
    ]
    if experiment.beam.round_divergence:
        angles = [pair for pair in angles if not _is_outside_round_beam(beam, *pair, strict=strict)]
    stretch = [1.0 + w.step * k - w.range / 2.0 for k in range(w.steps)]
    hdiv, vdiv = (
        _tensor_column([pair[axis] for pair in angles for _ in stretch], beam.lambda0)
        for axis in (0, 1)
    )
    vert = unit(cross(detector.beam, detector.polar))
    position = scale(detector.beam, -SOURCE_DISTANCE)
    position = rotate_axis(position, detector.polar, vdiv)
    position = rotate_axis(position, vert, hdiv)
    count = len(angles) * len(stretch)
    weight = _tensor_column([1.0 / max(count, 1)] * count, beam.lambda0)
    return position, weight, beam.lambda0 * _tensor_column(stretch * len(angles), beam.lambda0)


def _is_outside_round_beam(beam: Beam, hdiv: float, vdiv: float, *, strict: bool) -> bool:
    if strict:
        h, v = (
            _strict_squared_radius(angle, sweep)
            for angle, sweep in ((hdiv, beam.horizontal), (vdiv, beam.vertical))
        )
        return 4 * (h + v) > 1.0
    t = _squared_radius(hdiv, beam.horizontal) + _squared_radius(vdiv, beam.vertical)
    return 4 * t > 1.1


def _strict_squared_radius(angle: float, sweep: SampledRange) -> float:
    """Return the same without the margin of even steps; 0 for no range."""
    return angle * angle / sweep.range / sweep.range if sweep.range else 0.0


def _squared_radius(angle: float, sweep: SampledRange) -> float:
    """Return it in units of the squared range; NaN for no range, which drops nothing."""
    if not sweep.range:
        return math.nan
    odd = 1 - sweep.steps % 2
    inside = angle * angle - sweep.step * sweep.step / 4.0 * odd
    return inside / sweep.range / sweep.range


def _listed_sources(beam: Beam, detector: Detector, lines: NDArray[np.float64]) -> _Raw:
    """Return positions, weights and wavelengths of a source file, missing values filled in."""
    x, y, z, weight, wavelength = torch.tensor(
        lines, dtype=torch.float64, device=beam.lambda0.device
    ).unbind(-1)
    default_position = scale(detector.beam, -SOURCE_DISTANCE)
    position = Vec3(
        *(
            torch.where(given.isnan(), default, given)
            for given, default in zip((x, y, z), default_position, strict=True)
        )
    )
    return (
        position,
        torch.where(weight.isnan(), 1.0, weight),
        torch.where(wavelength.isnan(), beam.lambda0, wavelength),
    )


def _finish_sources(position: Vec3, weight: Tensor, wavelength: Tensor) -> Sources:
    """Make directions unit vectors, and add relative weights and incident directions."""
    direction = unit(position)
    sound = wavelength.isfinite() & (wavelength > 0.0)
    sound = sound & is_direction(direction)
    if not weight.numel():
        raise UsageError(NO_SOURCE)
    if not sound.all():
        raise UsageError(BAD_SOURCE)
    total = 0.0
    for each in weight.tolist():
        total += each
    return Sources(
        direction=direction,
        incident=scale(direction, -1.0),
        weight=weight,
        relative_weight=weight * weight.numel() / total if total else weight / 0.0,
        wavelength=wavelength,
    )


def _tensor_column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device=like.device)
