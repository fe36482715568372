"""From the raw experiment to everything a pixel needs, contract §1 to §3."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.beam import Beam, derive_beam
from parity_bridge.engines.torch_port.crystal import (
    Crystal,
    derive_crystal,
    recommended_oversample,
    rotate_crystal,
    small_crystal,
)
from parity_bridge.engines.torch_port.detector import BAD_DETECTOR, Detector, derive_detector
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.units import INT32_MAX
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.errors import UsageError
from parity_bridge.experiment import MAX_OVERSAMPLE, Experiment

BAD_OVERSAMPLE = (
    f"oversampling must be 1 to {MAX_OVERSAMPLE}; give -oversample (without it the crystal size, "
    "-lambda, -distance and -pixel decide)"
)


@dataclass(frozen=True)
class Setup:
    """Everything a pixel needs that does not depend on the pixel; twin of ``pb_setup``."""

    detector: Detector
    crystal: Crystal
    beam: Beam
    oversample: int
    oversample_polar: bool
    oversample_omega: bool
    interpolate: bool  # still needs a table
    steps: int  # what the sum is divided by

    def to(self, target: torch.dtype | torch.device) -> Setup:
        """The same, every tensor in that dtype or on that device.

        Geometry is derived in float64; pixels may be computed in float32.
        """
        moved: Setup = _moved(self, target)
        return moved


def derive(experiment: Experiment, values: Parameters) -> Setup:
    """Detector, crystal and beam, derived in float64 on the device of ``values``.

    Raises UsageError where the experiment derives to nonsense.
    """
    sampling = experiment.sampling
    detector = derive_detector(experiment.detector, sampling, values)
    beam = derive_beam(experiment, values.wavelength, detector.beam)
    crystal = derive_crystal(experiment.crystal, experiment.beam.beam_size, values, beam.lambda0)
    oversample = _choose_oversample(sampling.oversample, crystal, detector, beam)
    if max(detector.pixels) > INT32_MAX // oversample:
        raise UsageError(BAD_DETECTOR)
    phi = None if values.phi is None else units.radians(values.phi)
    small = small_crystal(experiment.crystal.cells)
    return Setup(
        detector=replace(detector, subpixel_size=detector.pixel_size / oversample),
        crystal=rotate_crystal(crystal, detector.spindle, phi),
        beam=beam,
        oversample=oversample,
        oversample_polar=sampling.oversample_polar,
        oversample_omega=sampling.oversample_omega,
        interpolate=small if sampling.interpolate is None else sampling.interpolate,
        steps=oversample * oversample,
    )


def _choose_oversample(given: int | None, crystal: Crystal, detector: Detector, beam: Beam) -> int:
    if given is not None:
        return given
    # The number of subpixels is the shape of everything after it, so it has to be read out.
    chosen = float(recommended_oversample(crystal, detector, beam.lambda0))
    if not 1.0 <= chosen <= MAX_OVERSAMPLE:
        raise UsageError(BAD_OVERSAMPLE)
    return int(chosen)


def _moved(value: Any, target: torch.dtype | torch.device) -> Any:
    result = value
    if isinstance(value, Tensor):
        result = value.to(target)
    elif isinstance(value, Vec3):
        result = Vec3(*(_moved(component, target) for component in value))
    elif isinstance(value, tuple):
        result = tuple(_moved(item, target) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _moved(getattr(value, f.name), target) for f in fields(value)}
        result = replace(value, **changed)
    return result
