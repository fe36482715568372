"""Defective ports whose mistake is one of the named slips, planted in the port's own code.

In faults of the sweep, the sources and the detector a port may record what it was given and compute
with something else, or record what it computes with: some come in both forms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from parity_bridge.engines.torch_port import (
    beam,
    crystal,
    detector,
    evaluation,
    lattice,
    orientations,
    scattering,
    subpixel,
    sweep,
    vec3,
)
from parity_bridge.engines.torch_port import setup as port_setup
from parity_bridge.engines.torch_port.vec3 import Vec3
from tests.explain.faults import (
    COUNTED,
    LAYERS,
    PEPTIDE,
    Fault,
    FaultInjection,
    _on_derived,
    _wrap,
)

SWEEP = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3"
SOURCES = f"{PEPTIDE} -sourcefile sources.txt"
DIVERGENCE = f"{PEPTIDE} -hdivrange 4 -hdivstep 1.5 -vdivrange 6 -vdivstep 3"
MOSAIC = f"{PEPTIDE} -mosaic 0.5 -mosaic_domains 3"
TILTED = f"{PEPTIDE} -detector_rotx 5 -detector_roty 3 -detector_rotz 2"


def _angles(change: Callable[[Any, Any], Any]) -> FaultInjection:
    """Change the spindle angles of a sweep, radians; the second argument is the sweep."""
    return _wrap(
        orientations, "_spindle_angles",
        lambda angles: lambda crystal, phi0, phi: change(angles(crystal, phi0, phi), phi),
    )  # fmt: skip


def _z_first(rotate: Any) -> Any:
    """About z, then y, then x."""

    def rotated(v: Vec3, angles: Any) -> Vec3:
        x, y, z = angles
        v = rotate(v, (None, None, z))
        return rotate(rotate(v, (None, y, None)), (x, None, None))  # type: ignore[no-any-return]

    return rotated


def _inverted(rotate: Any) -> Any:
    def rotated(v: Vec3, angles: Any) -> Vec3:
        return _z_first(rotate)(v, [None if a is None else -a for a in angles])  # type: ignore[no-any-return]

    return rotated


def _experiment(**changes: Any) -> FaultInjection:
    """A source list of another beam than the one that was given."""
    return _wrap(
        port_setup, "lay_out_sources",
        lambda lay_out: lambda experiment, *rest, **named: lay_out(
            experiment.model_copy(
                update={"beam": experiment.beam.model_copy(update=changes)}
            ), *rest, **named
        ),
    )  # fmt: skip


def _sources(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(port_setup, "lay_out_sources", change)


def _detector(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(port_setup, "derive_detector", change)


def _raw_detector(change: Callable[[Any], dict[str, Any]]) -> FaultInjection:
    """Derive the detector from other values than those given."""
    return _wrap(
        port_setup, "derive_detector",
        lambda derive: lambda raw, *rest: derive(raw.model_copy(update=change(raw)), *rest),
    )  # fmt: skip


def _shifted(pixels: float) -> FaultInjection:
    """Pixels counted from elsewhere, with two subpixels a pixel."""
    return _wrap(
        subpixel, "subpixel_position",
        lambda position: lambda d, depth, s, f: position(
            d, depth, s + 2.0 * pixels, f + 2.0 * pixels
        ),
    )  # fmt: skip


def _about(axis: tuple[float, float, float]) -> FaultInjection:
    """The 2θ rotation about another axis than the one recorded."""
    return _wrap(
        detector, "_rotated_with_detector",
        lambda rotated: lambda v, angles, own, twotheta: rotated(
            v, angles, Vec3(*(torch.full_like(twotheta, x) for x in axis)), twotheta
        ),
    )  # fmt: skip


def _twotheta_first(_: Any) -> Any:
    return lambda v, angles, axis, twotheta: vec3.rotate(
        vec3.rotate_axis(v, axis, twotheta), angles
    )


def _half_pixel_more(raw: Any) -> dict[str, Any]:
    half = raw.pixel_size / 2.0
    return {"x_beam": 32.5 + half, "y_beam": 32.5 + half}


def _close_is_distance(derive: Any) -> Any:
    return lambda raw, sampling, values: derive(
        raw, sampling, replace(values, close_distance=values.distance)
    )


def _distance_is_close(derive: Any) -> Any:
    return lambda raw, sampling, values: derive(
        raw, sampling, replace(values, distance=values.close_distance, close_distance=None)
    )


def _no_cells(by: int) -> FaultInjection:
    return _on_derived(
        port_setup, "derive_crystal",
        lambda made: replace(made, cells=tuple(n + by for n in made.cells)),
    )  # fmt: skip


def _opposite(v: Vec3) -> Vec3:
    return Vec3(*(-x for x in v))


def _swapped_h_and_k(lookup: Any) -> Any:
    return lambda table, hkl0, *rest: lookup(table, Vec3(hkl0.y, hkl0.x, hkl0.z), *rest)


def _friedel(lookup: Any) -> Any:
    return lambda table, hkl0, *rest: lookup(table, _opposite(hkl0), *rest)


NAMED = (
    Fault("phi in the middle of its step", SWEEP, "orientation", "phi",
          ("phi in the middle of its step",), inject=_angles(lambda a, phi: a + phi.step / 2.0)),
    Fault("sweep backwards", SWEEP, "orientation", "phi", ("sweep backwards",),
          inject=_angles(lambda a, phi: 2.0 * a[0] - a)),
    Fault("sweep to its end, recorded", SWEEP, "config_snapshot", "derived.phistep",
          ("sweep to its end",), inject=lambda patch: patch.setattr(
              port_setup, "SPINDLE_SWEEP", replace(sweep.SPINDLE_SWEEP, both_ends=True))),
    Fault("sweep to its end, not recorded", SWEEP, "orientation", "phi",
          ("sweep to its end",), inject=_angles(lambda a, phi: a[0] + (a - a[0]) * 1.5)),
    Fault("spindle reversed, recorded", SWEEP, "config_snapshot", "derived.spindle_vector.z",
          ("spindle reversed",),
          inject=_detector(lambda made: replace(made, spindle=_opposite(made.spindle)))),
    Fault("steps rounded down", f"{PEPTIDE} -phi 5 -osc 3 -phistep 1.2", "config_snapshot",
          "derived.phisteps", ("steps rounded down",),
          inject=_wrap(sweep, "_ceil_steps", lambda _: lambda whole, step: float(whole // step))),
    Fault("misset z first", PEPTIDE, "config_snapshot", "derived.a_star.x", ("-misset z first",),
          inject=_wrap(crystal, "rotate", _z_first)),
    Fault("misset inverted", PEPTIDE, "config_snapshot", "derived.a_star.y", ("-misset inverted",),
          inject=_wrap(crystal, "rotate", _inverted)),
    Fault("mosaic matrices transposed in use", MOSAIC, "orientation", "a_mosaic.x",
          ("transposed mosaic rotations",),
          inject=_wrap(orientations, "_by_matrices", lambda by: lambda m, v: by(
              m.transpose(-1, -2), v))),
    Fault("half of the mosaic spread", MOSAIC, "config_snapshot", "derived.mosaic_umats.1.0",
          ("-mosaic halved",),
          inject=_wrap(port_setup, "mosaic_domains", lambda domains: lambda spread, *rest: domains(
              spread / 2.0, *rest))),
    Fault("corners of the divergence", DIVERGENCE, "config_snapshot", "derived.sources",
          ("-square_div added",), inject=_experiment(round_divergence=False)),
    Fault("round where square", f"{DIVERGENCE} -square_div", "config_snapshot", "derived.sources",
          ("-square_div left out",), inject=_experiment(round_divergence=True)),
    Fault("divergences swapped", DIVERGENCE, "config_snapshot", "derived.source_list.0.0",
          ("divergences swapped",),
          inject=_on_derived(port_setup, "derive_beam", lambda made: replace(
              made, horizontal=made.vertical, vertical=made.horizontal))),
    Fault("divergence over its steps", f"{PEPTIDE} -hdivrange 4 -hdivsteps 3", "config_snapshot",
          "derived.source_list.1.0", ("divergence over its steps",),
          inject=lambda patch: patch.setattr(
              beam, "BEAM_SWEEP", replace(sweep.BEAM_SWEEP, both_ends=False))),
    Fault("too few sources", f"{DIVERGENCE} -square_div", "config_snapshot", "derived.sources",
          ("steps rounded down",),
          inject=_wrap(sweep, "_ceil_steps", lambda _: lambda whole, step: float(whole // step))),
    Fault("incident reversed", SOURCES, "hkl_subpixel", "scattering_vector.x",
          ("sources reversed",),
          inject=_sources(lambda made: replace(made, incident=made.direction))),
    Fault("sources on the axis", SOURCES, "hkl_subpixel", "scattering_vector.x",
          ("sources on the axis",),
          inject=_sources(lambda made: replace(made, incident=Vec3(
              *(torch.full_like(x, value)
                for x, value in zip(made.incident, (1.0, 0.0, 0.0), strict=True)))))),
    Fault("wavelengths ignored", SOURCES, "config_snapshot", "derived.source_list.1.4",
          ("wavelengths of the sources ignored",),
          inject=_sources(lambda made: replace(
              made, wavelength=torch.full_like(made.wavelength, 1e-10)))),
    Fault("one wavelength in use", SOURCES, "hkl_subpixel", "scattering_vector.x",
          ("wavelengths of the sources ignored",),
          inject=_wrap(scattering, "scattering_vector", lambda q: lambda d, source: q(
              d, replace(source, wavelength=torch.full_like(source.wavelength, 1e-10))))),
    Fault("2θ about y", f"{PEPTIDE} -twotheta 12", "config_snapshot", "derived.fdet_vector.x",
          ("-twotheta about y",), inject=_about((0.0, 1.0, 0.0))),
    Fault("2θ before the rotations", f"{TILTED} -twotheta 12", "config_snapshot",
          "derived.fdet_vector.x", ("-twotheta before the rotations",),
          inject=_wrap(detector, "_rotated_with_detector", _twotheta_first)),
    Fault("detector z first", TILTED, "config_snapshot", "derived.fdet_vector.x",
          ("detector rotations z first",), inject=_wrap(detector, "rotate", _z_first)),
    Fault("detector inverted", TILTED, "config_snapshot", "derived.fdet_vector.x",
          ("detector rotations inverted",), inject=_wrap(detector, "rotate", _inverted)),
    Fault("half pixel twice", PEPTIDE, "config_snapshot", "derived.pix0_vector.y",
          ("MOSFLM half pixel added twice",), inject=_raw_detector(_half_pixel_more)),
    Fault("beam in the middle", TILTED, "config_snapshot", "derived.pix0_vector.x",
          ("beam centre in the middle by default",),
          inject=_raw_detector(lambda raw: {"x_beam": 31.5, "y_beam": 31.5})),
    Fault("distance for -close_distance", TILTED, "config_snapshot", "derived.pix0_vector.x",
          ("-distance as -close_distance",),
          inject=_wrap(port_setup, "derive_detector", _close_is_distance)),
    Fault("-close_distance for distance", f"{TILTED} -close_distance 55", "config_snapshot",
          "derived.pix0_vector.x", ("-close_distance as -distance",),
          inject=_wrap(port_setup, "derive_detector", _distance_is_close)),
    Fault("obliquity by distance", TILTED, "omega_subpixel", "omega",
          ("distance for close distance",),
          inject=_wrap(subpixel, "solid_angle", lambda omega: lambda d, airpath: omega(
              replace(d, close_distance=d.distance), airpath))),
    Fault("curved by close distance", f"-curved_det {TILTED}", "omega_subpixel", "position.x",
          ("close distance for distance",),
          inject=_wrap(subpixel, "_on_the_sphere", lambda wrap: lambda d, flat: wrap(
              replace(d, distance=d.close_distance), flat))),
    Fault("subpixel corner", PEPTIDE, "omega_subpixel", "position.y", ("subpixel corner",),
          inject=_shifted(-0.25)),
    Fault("pixel corner", PEPTIDE, "omega_subpixel", "position.y", ("pixel corner",),
          inject=_shifted(-0.5)),
    Fault("half a pixel further", PEPTIDE, "omega_subpixel", "position.y",
          ("half a pixel further",), inject=_shifted(0.5)),
    Fault("pixels counted from 1", PEPTIDE, "omega_subpixel", "position.y",
          ("pixels counted from 1",), inject=_shifted(1.0)),
    Fault("layers of thickness over their number", LAYERS, "config_snapshot",
          "derived.detector_thickstep", ("sensor over its layers",),
          inject=lambda patch: patch.setattr(
              detector, "THICKNESS_SWEEP", replace(sweep.THICKNESS_SWEEP, both_ends=False))),
    Fault("N + 1 cells", PEPTIDE, "lattice", "F_latt_a", ("N + 1 cells",),
          inject=_wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(x, N + 1.0))),
    Fault("N - 1 cells", PEPTIDE, "lattice", "F_latt_a", ("N - 1 cells",),
          inject=_wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(x, N - 1.0))),
    Fault("N + 1 cells, recorded", PEPTIDE, "config_snapshot", "derived.Na", ("N + 1 cells",),
          inject=_no_cells(1)),
    Fault("h and k swapped", COUNTED, "f_cell_stats", "F_cell", ("h and k swapped",),
          inject=_wrap(evaluation, "nearest_lookup", _swapped_h_and_k)),
    Fault("Friedel mates", COUNTED, "f_cell_stats", "F_cell", ("Friedel mates",),
          inject=_wrap(evaluation, "nearest_lookup", _friedel)),
)  # fmt: skip
