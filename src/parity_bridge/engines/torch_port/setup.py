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
from parity_bridge.engines.torch_port.detector import INT32_MAX, Detector, derive_detector
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.errors import UsageError
from parity_bridge.experiment import MAX_OVERSAMPLE, Experiment


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
    _check_finite(detector, crystal, beam)
    oversample = _choose_oversample(sampling.oversample, crystal, detector, beam)
    if max(detector.pixels) > INT32_MAX // oversample:
        raise UsageError(
            f"the detector has more than {INT32_MAX} subpixels along an axis; "
            "check -detpixels, -pixel and -oversample"
        )
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


def _check_finite(detector: Detector, crystal: Crystal, beam: Beam) -> None:
    checks = (
        ((1.0 / beam.lambda0,), "the wavelength does not give a finite number; check -lambda"),
        (
            (*detector.pix0, *detector.fast, *detector.odet, detector.Fbeam, detector.distance),
            (
                "the detector geometry does not give finite numbers; check the detector vectors, "
                "-distance, -close_distance and the detector rotations"
            ),
        ),
        (
            (1.0 / crystal.V_cell, *crystal.a0, *crystal.a_star, *crystal.cells),
            "the unit cell has no finite, non-zero volume; check -cell, -mat and the crystal size",
        ),
    )
    for quantities, sentence in checks:
        if not torch.stack(quantities).isfinite().all():
            raise UsageError(sentence)


def _choose_oversample(given: int | None, crystal: Crystal, detector: Detector, beam: Beam) -> int:
    if given is not None:
        return given
    # The number of subpixels is the shape of everything after it, so it has to be read out.
    chosen = float(recommended_oversample(crystal, detector, beam.lambda0))
    if not 1.0 <= chosen <= MAX_OVERSAMPLE:
        raise UsageError(
            f"the crystal asks for an oversampling of {chosen:g}, more than {MAX_OVERSAMPLE}; "
            "give -oversample"
        )
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
