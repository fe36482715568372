"""From the raw experiment to everything a pixel needs, contract §1, §2, §3 and §4."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.beam import Beam, Sources, derive_beam, lay_out_sources
from parity_bridge.engines.torch_port.crystal import (
    Crystal,
    derive_crystal,
    recommended_oversample,
    small_crystal,
)
from parity_bridge.engines.torch_port.detector import BAD_DETECTOR, Detector, derive_detector
from parity_bridge.engines.torch_port.mosaic import mosaic_domains
from parity_bridge.engines.torch_port.orientations import (
    Orientation,
    Rotation,
    lay_out_orientations,
)
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.sweep import (
    BAD_STEPS,
    SPINDLE_SWEEP,
    SampledRange,
    sample_sweep,
)
from parity_bridge.engines.torch_port.units import INT32_MAX
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import MAX_OVERSAMPLE, MAX_STEPS, Experiment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BAD_OVERSAMPLE = (
    f"oversampling must be 1 to {MAX_OVERSAMPLE}; give -oversample (without it the crystal size, "
    "-lambda, -distance and -pixel decide)"
)


class FactorMode(Enum):
    """How a factor scales a pixel, from flags and behaviours; twin of ``pb_factor_mode``."""

    FIRST = "first"  # its first value scales the sum
    LAST = "last"  # its last value scales the sum
    MEAN = "mean"  # the mean of its values scales the sum
    TERM = "each"  # it multiplies every term of the sum
    RUNNING_SUM = "running_sum"  # it multiplies the sum so far at every lookup

    @property
    def scales_the_sum(self) -> bool:
        """Whether one value multiplies the sum at the end."""
        return self in (FactorMode.FIRST, FactorMode.LAST, FactorMode.MEAN)


@dataclass(frozen=True)
class Setup:
    """Everything a pixel needs that does not depend on the pixel; twin of ``pb_setup``.

    Geometry is float64, whatever the dtype that pixels are computed in.
    """

    detector: Detector
    crystal: Crystal
    beam: Beam
    phi0: Tensor  # rad
    phi: SampledRange  # rad
    oversample: int
    interpolate: bool  # still needs a table
    omega: FactorMode
    polar: FactorMode
    capture: FactorMode
    behaviours: Behaviours
    source_count: int  # from ``derive`` the most there can be, from ``lay_out`` exact
    evaluations: int = 0  # of one pixel
    steps: int = 0  # what the sum is divided by: evaluations of one layer
    leading_zeros: int = 0  # steps at the front of the sweep that keep the last rotation
    sources: Sources | None = None
    domain_matrices: Tensor | None = None  # (domains, 3, 3)
    rotations: Rotation | None = None  # (phi.steps + 1,); the last is none
    orientations: Orientation | None = None  # (phi.steps + 1, domains), a row for each of them

    def to(self, device: torch.device) -> Setup:
        """Return the same setup on ``device``."""
        moved: Setup = _to_device(self, device)
        return moved

    @property
    def dmin(self) -> float:
        """The resolution cut in force, m; 0 drops nothing."""
        return self.beam.dmin if self.behaviours.dmin == "drops" else 0.0

    @property
    def computes_polar(self) -> bool:
        """Whether the polarization factor is ever computed; else it is 1 from the start."""
        return self.beam.polarized or self.polar is not FactorMode.FIRST

    @property
    def may_skip(self) -> bool:
        """Whether a lattice factor can be exactly 0, and then no lookup is made.

        A quotient of sines of doubles is never 0: no double but 0 is a multiple of pi.
        """
        skips = self.behaviours.zero_lattice == "skipped" and self.beam.water_size == 0.0
        return skips and self.crystal.shape != "parallelepiped"


def derive(
    experiment: Experiment,
    values: Parameters,
    behaviours: Behaviours = REFERENCE,
    lines: NDArray[np.float64] | None = None,
) -> Setup:
    """Derive detector, crystal and beam, in float64 on the device of ``values``, and count steps.

    ``lines`` are those of the source file, where there is one. Sources and orientations are added
    by ``lay_out``. Raise UsageError where the experiment derives to nonsense.
    """
    sampling = experiment.sampling
    detector = derive_detector(experiment.detector, sampling, values)
    beam = derive_beam(experiment, values.wavelength)
    crystal = derive_crystal(experiment.crystal, experiment.beam.beam_size, values, beam.lambda0)
    oversample = _choose_oversample(sampling.oversample, crystal, detector, beam)
    if max(detector.pixels) > INT32_MAX // oversample:
        raise UsageError(BAD_DETECTOR)
    phi = _sweep_spindle(experiment)
    small = small_crystal(experiment.crystal.cells)
    omega, polar, capture = _choose_factors(experiment, behaviours, detector)
    return Setup(
        detector=replace(
            detector,
            subpixel_size=detector.pixel_size / oversample,
            parallax=behaviours.parallax == "used",
        ),
        crystal=crystal,
        beam=beam,
        phi0=torch.zeros_like(beam.lambda0) if values.phi is None else units.radians(values.phi),
        phi=phi,
        oversample=oversample,
        interpolate=small if sampling.interpolate is None else sampling.interpolate,
        omega=omega,
        polar=polar,
        capture=capture,
        behaviours=behaviours,
        source_count=_count_sources(
            beam, lines, phi.steps * crystal.domains, detector.thick.steps * oversample * oversample
        ),
    )


def lay_out(
    experiment: Experiment,
    values: Parameters,
    setup: Setup,
    lines: NDArray[np.float64] | None = None,
) -> Setup:
    """Add sources, mosaic domains and orientations to ``setup``, which is then ready for pixels.

    The other arguments are as given to ``derive``. Raise UsageError for a source without a
    direction or a wavelength.
    """
    crystal = setup.crystal
    strict = setup.behaviours.round_beam == "strict"
    sources = lay_out_sources(experiment, setup.beam, setup.detector, lines, strict=strict)
    matrices = mosaic_domains(
        crystal.mosaic_spread, crystal.domains, experiment.crystal.mosaic_seed
    )
    rotations, orientations, leading_zeros = lay_out_orientations(
        crystal,
        setup.detector.spindle,
        None if values.phi is None else setup.phi0,
        setup.phi,
        matrices,
        carry_over=setup.behaviours.phi_carry_over,
    )
    subpixels = setup.oversample * setup.oversample
    steps = len(sources) * crystal.domains * setup.phi.steps * subpixels
    return replace(
        setup,
        source_count=len(sources),
        evaluations=setup.detector.thick.steps * steps,
        steps=steps,
        leading_zeros=leading_zeros,
        sources=sources,
        domain_matrices=matrices,
        rotations=rotations,
        orientations=orientations,
    )


def _sweep_spindle(experiment: Experiment) -> SampledRange:
    sweep = experiment.sampling.oscillation
    whole, step = (
        None if given is None else units.radians(given) for given in (sweep.range, sweep.step)
    )
    return sample_sweep(whole, step, sweep.steps, SPINDLE_SWEEP)


def _count_sources(
    beam: Beam, lines: NDArray[np.float64] | None, orientations: int, subpixels: int
) -> int:
    """Return the most sources there can be; raise UsageError for more steps than the limits."""
    grid = beam.horizontal.steps * beam.vertical.steps * beam.dispersion.steps
    sources = grid if lines is None else len(lines)
    evaluations = subpixels * sources * orientations
    if max(sources, orientations) > MAX_STEPS or evaluations > INT32_MAX:
        raise UsageError(BAD_STEPS)
    return sources


def _choose_factors(
    experiment: Experiment, behaviours: Behaviours, detector: Detector
) -> tuple[FactorMode, FactorMode, FactorMode]:
    """Return how omega, polar and capture scale a pixel.

    A flag that oversamples a factor overrules a behaviour that keeps one value of it. Factors
    that are 1 from the start are never computed unless they are oversampled.
    """
    sampling = experiment.sampling
    oversampled = FactorMode.TERM if behaviours.oversampled == "term" else FactorMode.RUNNING_SUM
    polar = FactorMode(behaviours.polar) if experiment.beam.polarized else FactorMode.FIRST
    capture = FactorMode(behaviours.capture) if detector.thick.range > 0.0 else FactorMode.FIRST
    return (
        oversampled if sampling.oversample_omega else FactorMode(behaviours.omega),
        oversampled if sampling.oversample_polar else polar,
        oversampled if sampling.oversample_thick else capture,
    )


def _choose_oversample(given: int | None, crystal: Crystal, detector: Detector, beam: Beam) -> int:
    if given is not None:
        return given
    # The number of subpixels decides the shape of later tensors, so it is read back to the host.
    chosen = recommended_oversample(crystal, detector, beam.lambda0).detach().item()
    if not 1.0 <= chosen <= MAX_OVERSAMPLE:
        raise UsageError(BAD_OVERSAMPLE)
    return int(chosen)


def _to_device(value: Any, target: torch.device) -> Any:
    result = value
    if isinstance(value, Tensor):
        result = value.to(target)
    elif isinstance(value, Vec3):
        result = Vec3(*(_to_device(component, target) for component in value))
    elif isinstance(value, tuple):
        result = tuple(_to_device(item, target) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _to_device(getattr(value, f.name), target) for f in fields(value)}
        result = replace(value, **changed)
    return result
