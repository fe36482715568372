"""Defective ports by stage of the chain: sources, sensor, factors, lattice, table, sum, scaling.

None of them is a named slip; each must be said to be what it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parity_bridge.engines.torch_port import evaluation, lattice, pixel, scattering, subpixel
from parity_bridge.engines.torch_port import setup as port_setup
from parity_bridge.engines.torch_port.vec3 import Vec3, dot
from tests.explain.faults import COUNTED, LAYERS, PEPTIDE, FaultInjection, _on_derived, _wrap
from tests.explain.slip_faults import SOURCES
from tests.explain.unnamed_faults import UnnamedFault

DISPERSED = f"{PEPTIDE} -dispersion 2 -dispsteps 3"
GAUSS = f"{PEPTIDE} -gauss_xtal -fudge 0.01"
ROUND = f"{PEPTIDE} -round_xtal"
KAHN = f"{PEPTIDE} -polar 0.7"


def _returned(module: Any, name: str, change: Callable[[Any], Any]) -> FaultInjection:
    """Change what a function returns."""
    return _wrap(module, name, lambda compute: lambda *given: change(compute(*given)))


def _wavelengths(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(
        port_setup, "lay_out_sources",
        lambda made: replace(made, wavelength=change(made.wavelength)),
    )  # fmt: skip


def _F(change: Callable[[Any], Any]) -> FaultInjection:
    return _returned(
        evaluation, "nearest_lookup", lambda made: made._replace(F_cell=change(made.F_cell))
    )


def _polar(change: Callable[[Any], Any]) -> FaultInjection:
    return _returned(
        scattering, "polarization_factor", lambda made: made._replace(factor=change(made.factor))
    )


def _end(**changes: Callable[[Any], Any]) -> FaultInjection:
    """Change figures at the end of the chain, each as it is."""
    return _returned(
        pixel, "scale_to_photons",
        lambda made: made._replace(
            **{name: change(getattr(made, name)) for name, change in changes.items()}
        ),
    )  # fmt: skip


def _sum(term: Callable[[Any, Any], Any]) -> FaultInjection:
    """Add another term to the sum: of F and the lattice factor."""
    return _wrap(
        evaluation, "_add_to_sum",
        lambda _: lambda I, F, latt, scales, setup: I + term(F, latt),
    )  # fmt: skip


def _oblique(omega: Any) -> Any:
    """The cosine of the obliquity twice."""
    return lambda d, airpath: omega(d, airpath) * d.close_distance / airpath


STAGES: tuple[UnnamedFault, ...] = (
    UnnamedFault(
        "wavelengths from the far end",
        DISPERSED,
        _wavelengths(lambda w: w.flip(0)),
        "config_snapshot.derived.source_list",
        "in every row the reference's value in the opposite order of the sources",
    ),
    UnnamedFault(
        "wavelengths in nm",
        SOURCES,
        _wavelengths(lambda w: w * 10.0),
        "config_snapshot.derived.source_list",
        "in every row 10 times the reference's (a power of ten), in wavelength alone",
    ),
    UnnamedFault(
        "incident beam not a unit vector",
        PEPTIDE,
        _on_derived(
            port_setup,
            "lay_out_sources",
            lambda made: replace(made, incident=Vec3(*(10.0 * x for x in made.incident))),
        ),
        "hkl_subpixel.scattering_vector",
        "in every row 9e10 1/m less along the normal",
    ),
    UnnamedFault(
        "capture of the layer after",
        LAYERS,
        _wrap(
            subpixel,
            "captured_fraction",
            lambda captured: lambda d, layer, ray: captured(d, layer + 1, ray),
        ),
        "omega_subpixel.capture",
        None,
    ),
    UnnamedFault(
        "capture twice",
        LAYERS,
        _returned(subpixel, "captured_fraction", lambda c: c * c),
        "omega_subpixel.capture",
        "in every row the reference's squared",
    ),
    UnnamedFault(
        "depth in mm",
        LAYERS,
        _wrap(
            subpixel,
            "subpixel_position",
            lambda position: lambda d, depth, s, f: position(d, depth * 1000.0, s, f),
        ),
        "omega_subpixel.position",
        "at every layer but the first, in x alone",
    ),
    UnnamedFault(
        "obliquity squared",
        PEPTIDE,
        _wrap(subpixel, "solid_angle", _oblique),
        "omega_subpixel.omega",
        None,
    ),
    UnnamedFault(
        "solid angle of a subpixel",
        PEPTIDE,
        _returned(subpixel, "solid_angle", lambda omega: omega / 4.0),
        "omega_subpixel.omega",
        "in every row 0.25 times the reference's",
    ),
    UnnamedFault(
        "solid angle in degrees²",
        PEPTIDE,
        _returned(subpixel, "solid_angle", lambda omega: omega * (180 / math.pi) ** 2),
        "omega_subpixel.omega",
        "in every row 3282.80635001 times the reference's",
    ),
    UnnamedFault(
        "polarization squared",
        PEPTIDE,
        _polar(lambda p: p * p),
        "intensity_pre_norm.polar",
        "in every row the reference's squared",
    ),
    UnnamedFault(
        "polarization inverted",
        KAHN,
        _polar(lambda p: 1.0 / p),
        "intensity_pre_norm.polar",
        "in every row the reciprocal of the reference's",
    ),
    UnnamedFault(
        "polarization of cos alone",
        PEPTIDE,
        _wrap(
            scattering,
            "polarization_factor",
            lambda factor: (
                lambda i, d, a, k: factor(i, d, a, k)._replace(factor=0.5 * (1.0 + dot(i, d)))
            ),
        ),
        "intensity_pre_norm.polar",
        None,
    ),
    UnnamedFault(
        "round crystal without its constant",
        ROUND,
        _returned(lattice, "_sphere", lambda latt: latt / 0.723601254558268),
        "lattice.F_latt",
        "in every row 1.38197659789 times the reference's",
    ),
    UnnamedFault(
        "spots twice as wide",
        GAUSS,
        _returned(lattice, "_reduced_distance", lambda r2: r2 / 4.0),
        "lattice.F_latt",
        None,
    ),
    UnnamedFault(
        "lattice factor not of all cells",
        GAUSS,
        _returned(lattice, "_shape_transform", lambda latt: latt / 512.0),
        "lattice.F_latt",
        "in every row 0.001953125 times the reference's",
    ),
    UnnamedFault(
        "lattice factor absolute",
        PEPTIDE,
        _returned(evaluation, "lattice_factor", lambda made: (made[0].abs(), made[1])),
        "lattice.F_latt",
        "only where the reference's is negative: the opposite sign",
    ),
    UnnamedFault(
        "intensities for F",
        COUNTED,
        _F(lambda F: F * F),
        "f_cell_stats.F_cell",
        "in every row the reference's squared",
    ),
    UnnamedFault(
        "root of F",
        COUNTED,
        _F(lambda F: F.sqrt()),
        "f_cell_stats.F_cell",
        "in every row the square root of the reference's",
    ),
    UnnamedFault(
        "F in float32",
        COUNTED,
        _F(lambda F: (F * 1.01).float().double() / 1.01),
        "f_cell_stats.F_cell",
        "in every row off by at most 0.32 ULP of float32",
    ),
    UnnamedFault(
        "F of 8 bits",
        COUNTED,
        _F(lambda F: F.clamp(max=255.0)),
        "f_cell_stats.F_cell",
        "in every row always 255",
    ),
    UnnamedFault(
        "F halved",
        COUNTED,
        _F(lambda F: F / 2.0),
        "f_cell_stats.F_cell",
        "in every row half the reference's",
    ),
    UnnamedFault(
        "F not squared",
        COUNTED,
        _sum(lambda F, latt: F * latt * latt),
        "intensity_pre_norm.running_sum",
        None,
    ),
    UnnamedFault(
        "amplitudes added",
        COUNTED,
        _sum(lambda F, latt: F * latt),
        "intensity_pre_norm.running_sum",
        None,
    ),
    UnnamedFault(
        "every term twice",
        PEPTIDE,
        _sum(lambda F, latt: 2.0 * F * F * latt * latt),
        "intensity_pre_norm.running_sum",
        "in every row twice the reference's (oversample)",
    ),
    UnnamedFault(
        "fluence left out",
        PEPTIDE,
        _end(fluence_scaled=lambda v: v / 1.25932015286227086e29),
        "intensity_post_scale.fluence_scaled",
        "at every pixel 7.94079248019e-30 times the reference's (1/fluence)",
    ),
    UnnamedFault(
        "solid angle twice",
        PEPTIDE,
        _wrap(
            pixel,
            "scale_to_photons",
            lambda finish: (
                lambda self: finish(self)._replace(
                    intensity=finish(self).intensity * self.omega.result
                )
            ),
        ),
        "intensity_post_scale.after_omega",
        "at every pixel the reference's times `omega`",
    ),
    UnnamedFault(
        "polarization divided out",
        KAHN,
        _wrap(
            pixel,
            "scale_to_photons",
            lambda finish: (
                lambda self: finish(self)._replace(
                    after_polar=finish(self).after_capture / self.polar.result
                )
            ),
        ),
        "intensity_post_scale.after_polar",
        "at every pixel the reference's `after_capture` over `polar`",
    ),
    UnnamedFault(
        "photons in thousands",
        PEPTIDE,
        _end(intensity=lambda v: v / 1000.0),
        "intensity_post_scale.after_omega",
        "at every pixel 0.001 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "polarization left out at the end",
        KAHN,
        _wrap(
            pixel,
            "scale_to_photons",
            lambda finish: (
                lambda self: finish(self)._replace(after_polar=finish(self).after_capture)
            ),
        ),
        "intensity_post_scale.after_polar",
        "at every pixel the reference's `after_capture`",
    ),
)
