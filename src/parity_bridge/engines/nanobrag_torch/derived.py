"""What the port derived before the first pixel, read from its objects, under our names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from parity_bridge.taps.config_snapshot import Derived

if TYPE_CHECKING:
    from parity_bridge.engines.nanobrag_torch.simulation import Recorded, Simulation
    from parity_bridge.taps.observation import Quantity

#: Fields of the first tap that the port has no name for, computes in passing, or, as the distance
#: that it corrects, uses nowhere after.
UNRECORDED = (
    "state.interpolation_on", "state.swept", "state.polar_axis",
    "derived.subpixel_size", "derived.detsize_f", "derived.detsize_s", "derived.distance",
    "derived.Fbeam", "derived.Sbeam", "derived.Fclose", "derived.Sclose", "derived.I_bg",
    "derived.osc", "derived.detector_thickstep", "derived.detector_mu", "derived.steps",
)  # fmt: skip

_NAN = math.nan
_PLACEHOLDERS: dict[str, Quantity] = {
    "subpixel_size": _NAN, "detsize_f": _NAN, "detsize_s": _NAN, "distance": _NAN,
    "Fbeam": _NAN, "Sbeam": _NAN, "Fclose": _NAN, "Sclose": _NAN, "I_bg": _NAN, "osc": _NAN,
    "detector_thickstep": _NAN, "detector_mu": _NAN, "steps": 0,
}  # fmt: skip


def derived_of(simulation: Simulation, recorded: Recorded) -> Mapping[str, Quantity]:
    """Return the quantities of ``taps.derived``; those of ``UNRECORDED`` are NaN or 0."""
    found = {
        **_PLACEHOLDERS,
        **_detector(simulation, recorded.simulator),
        **_crystal(simulation),
        "lambda0": _number(recorded.simulator.wavelength) * 1e-10,
        "fluence": _number(recorded.simulator.fluence),
        "sources": recorded.sources,
        "source_list": _sources(simulation, recorded),
        "oversample": recorded.evaluations.oversample,
        "mosaic_umats": _rotations(recorded),
    }
    return {name: found[name] for name in Derived.model_fields}


def _detector(simulation: Simulation, simulator: Any) -> dict[str, Quantity]:
    detector, config = simulation.detector, simulation.detector.config
    spindle = simulation.crystal.config.spindle_axis
    return {
        "fpixels": simulation.pixels[1],
        "spixels": simulation.pixels[0],
        "pixel_size": _number(detector.pixel_size),
        "beam_vector": _vector(detector.beam_vector),
        "fdet_vector": _vector(detector.fdet_vec),
        "sdet_vector": _vector(detector.sdet_vec),
        "odet_vector": _vector(detector.odet_vec),
        "polar_vector": _vector(simulator.polarization_axis),
        "spindle_vector": _vector(spindle),
        "twotheta_axis": _vector(config.twotheta_axis),
        "pix0_vector": _vector(detector.pix0_vector),
        "close_distance": _number(detector.close_distance),
        "detector_thick": _number(config.detector_thick_um) * 1e-6,
        "detector_thicksteps": config.detector_thicksteps,
    }


def _crystal(simulation: Simulation) -> dict[str, Quantity]:
    crystal, config = simulation.crystal, simulation.crystal.config
    return {
        "a_star": _vector(crystal.a_star),
        "b_star": _vector(crystal.b_star),
        "c_star": _vector(crystal.c_star),
        "V_cell": _number(crystal.V),
        # The port has them in Å until it runs.
        **{f"{axis}0": _vector(getattr(crystal, axis) * 1e-10) for axis in "abc"},
        **{f"N{axis}": _number(getattr(crystal, f"N_cells_{axis}")) for axis in "abc"},
        "mosaic_spread": math.radians(config.mosaic_spread_deg),
        "mosaic_domains": config.mosaic_domains,
        "phi0": math.radians(config.phi_start_deg),
        "phistep": math.radians(config.osc_range_deg / config.phi_steps),
        "phisteps": config.phi_steps,
        "interpolate": int(bool(crystal.interpolate) and crystal.hkl_data is not None),
    }


def _sources(simulation: Simulation, recorded: Recorded) -> Quantity:
    """Return direction, weight and wavelength (m) of each source, as the port uses them.

    Of a single source it takes neither: the beam of its detector, and its one wavelength. Weights,
    which it uses nowhere, are those of a file, else shares of all.
    """
    beam = simulation.beam
    if recorded.sources == 1:
        towards = [-component for component in _vector(simulation.detector.beam_vector)]
        return [[*towards, 1.0, _number(recorded.simulator.wavelength) * 1e-10]]
    weights = [_number(weight) for weight in beam.source_weights]
    whole = sum(weights) if simulation.experiment.beam.source_file is None else 1.0
    columns = zip(beam.source_directions, weights, beam.source_wavelengths, strict=True)
    return [[*_vector(towards), weight / whole, _number(wave)] for towards, weight, wave in columns]


def _rotations(recorded: Recorded) -> Quantity:
    """Return the rotation of each domain, row by row; without a spread none is computed."""
    rotations, domains = recorded.raw.rotations, recorded.evaluations.domains
    if rotations is None:
        return [[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]] * domains
    rows: list[list[float]] = rotations.detach().cpu().double().reshape(-1, 9).tolist()
    return rows


def _vector(values: Any) -> list[float]:
    return [_number(value) for value in values]


def _number(value: Any) -> float:
    return float(value)
