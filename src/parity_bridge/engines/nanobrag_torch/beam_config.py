"""The port's configuration of the beam and its sources (contract §1, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parity_bridge.engines.nanobrag_torch.axes import convention_axes
from parity_bridge.engines.nanobrag_torch.package import Package
from parity_bridge.experiment.model import Sweep
from parity_bridge.experiment.sources import read_sources

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Beam, Experiment

_SOURCE_DISTANCE = 10.0  # m; only the direction matters


def beam_config(package: Package, experiment: Experiment, beam_vector: Any) -> Any:
    """Configure wavelength (Å), polarization, fluence, water (µm) and sources.

    ``beam_vector`` is that of the port's detector, a tensor of its dtype and device.
    """
    beam = experiment.beam
    return package.config(
        "BeamConfig",
        wavelength_A=beam.wavelength,
        polarization_factor=beam.polarization,
        nopolar=not beam.polarized,
        polarization_axis=convention_axes(experiment.detector).polarization,
        fluence=beam.fluence,
        **_flux(beam),
        dmin=experiment.sampling.dmin,
        water_size_um=experiment.crystal.water,
        **_sources(package, experiment, beam_vector),
    )


def _flux(beam: Beam) -> dict[str, float]:
    """Return flux, exposure and beam size, from which the port computes the fluence."""
    if not beam.flux:
        return {}
    return {"flux": beam.flux, "exposure": beam.exposure, "beamsize_mm": beam.beam_size}


def _sources(package: Package, experiment: Experiment, beam_vector: Any) -> dict[str, Any]:
    """Return directions, weights and wavelengths by the port's own functions; {}: one source."""
    beam = experiment.beam
    wavelength = beam.wavelength * 1e-10
    if beam.source_file is not None:
        read_sources(beam.source_file)  # A file that is none is an error that names its line.
        found = package.classes["read_sourcefile"](
            beam.source_file, wavelength, _SOURCE_DISTANCE, beam_vector,
            dtype=beam_vector.dtype, device=beam_vector.device,
        )  # fmt: skip
    elif _is_spread(beam):
        found = _divergent(package, experiment, beam_vector, wavelength)
    else:
        return {}
    names = ("source_directions", "source_weights", "source_wavelengths")
    return dict(zip(names, found, strict=True))


def _is_spread(beam: Beam) -> bool:
    sweeps = (beam.horizontal_divergence, beam.vertical_divergence)
    return any(sweep != Sweep() for sweep in sweeps) or bool(
        beam.dispersion or beam.dispersion_steps
    )


def _divergent(
    package: Package, experiment: Experiment, beam_vector: Any, wavelength: float
) -> Any:
    beam, classes = experiment.beam, package.classes
    h, v = (_radians(sweep) for sweep in (beam.horizontal_divergence, beam.vertical_divergence))
    horizontal, vertical = classes["auto_select_divergence"](
        hdivsteps=h.steps, hdivrange=h.range, hdivstep=h.step,
        vdivsteps=v.steps, vdivrange=v.range, vdivstep=v.step,
    )  # fmt: skip
    dispersion = classes["auto_select_dispersion"](
        dispsteps=beam.dispersion_steps,
        dispersion=beam.dispersion / 100.0 if beam.dispersion else None,
    )
    axis = convention_axes(experiment.detector).polarization
    return classes["generate_sources_from_divergence_dispersion"](
        hdiv_params=horizontal, vdiv_params=vertical, disp_params=dispersion,
        central_wavelength_m=wavelength, source_distance_m=_SOURCE_DISTANCE,
        beam_direction=beam_vector.cpu(), polarization_axis=beam_vector.cpu().new_tensor(axis),
        round_div=beam.round_divergence, dtype=beam_vector.dtype,
    )  # fmt: skip


def _radians(sweep: Sweep) -> Sweep:
    whole, step = (None if mrad is None else mrad / 1000.0 for mrad in (sweep.range, sweep.step))
    return Sweep(range=whole, step=step, steps=sweep.steps)
