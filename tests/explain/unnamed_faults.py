"""Defective ports that no hypothesis names, and the kind of difference that must be stated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from parity_bridge.engines.torch_port import (
    evaluation,
    lattice,
    scattering,
    subpixel,
    units,
)
from parity_bridge.engines.torch_port import setup as port_setup
from parity_bridge.engines.torch_port.vec3 import Vec3
from tests.explain.faults import (
    COUNTED,
    LAYERS,
    PEPTIDE,
    FaultInjection,
    _finish,
    _on_derived,
    _wrap,
)

SWEEP = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3"
SOURCES = f"{PEPTIDE} -sourcefile sources.txt"


@dataclass(frozen=True)
class UnnamedFault:
    """One change, the field that must be described, and what must be said of it."""

    name: str
    flags: str
    inject: FaultInjection
    field: str
    #: The clause; None where there is no simple relation.
    clause: str | None


def _vector(change: Callable[[Vec3], Vec3]) -> Callable[[Any], Any]:
    """Change the vector that a function returns."""
    return lambda compute: lambda *arguments: change(compute(*arguments))


def _tensor(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda compute: lambda *arguments: change(compute(*arguments))


def _times(factor: float) -> Callable[[Vec3], Vec3]:
    return lambda v: Vec3(*(x * factor for x in v))


def _moved(fast: float, slow: float) -> Callable[[Any], Any]:
    """Subpixels moved by parts of a subpixel along both edges."""
    return lambda position: lambda d, depth, s, f: position(d, depth, s + slow, f + fast)


def _detector(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(port_setup, "derive_detector", change)


def _crystal(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(port_setup, "derive_crystal", change)


def _beam(change: Callable[[Any], Any]) -> FaultInjection:
    return _on_derived(port_setup, "derive_beam", change)


UNNAMED = (
    UnnamedFault(
        "one subpixel along fast",
        PEPTIDE,
        _wrap(subpixel, "subpixel_position", _moved(1.0, 0.0)),
        "omega_subpixel.position",
        "in every row exactly a subpixel or half a pixel, 5e-4 m, more along fast",
    ),
    UnnamedFault(
        "one pixel along slow",
        PEPTIDE,
        _wrap(subpixel, "subpixel_position", _moved(0.0, -2.0)),
        "omega_subpixel.position",
        "in every row exactly a pixel, 0.001 m, less along slow",
    ),
    UnnamedFault(
        "positions in mm",
        PEPTIDE,
        _wrap(subpixel, "subpixel_position", _vector(_times(1000.0))),
        "omega_subpixel.position",
        "in every row 1000 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "y and z of a position swapped",
        PEPTIDE,
        _wrap(subpixel, "subpixel_position", _vector(lambda v: Vec3(v.x, v.z, v.y))),
        "omega_subpixel.position",
        "in every row y and z swapped",
    ),
    UnnamedFault(
        "handedness",
        PEPTIDE,
        _wrap(subpixel, "subpixel_position", _vector(lambda v: Vec3(v.x, -v.y, v.z))),
        "omega_subpixel.position",
        "in every row the opposite sign, in y alone",
    ),
    UnnamedFault(
        "subpixels transposed",
        PEPTIDE,
        _wrap(
            subpixel,
            "subpixel_position",
            lambda position: (
                lambda d, depth, s, f: position(
                    d, depth, 2 * (s // 2) + f % 2, 2 * (f // 2) + s % 2
                )
            ),
        ),
        "omega_subpixel.position",
        "only at subpixels 0 1 and 1 0: the reference's value in the opposite order of the "
        "subpixels",
    ),
    UnnamedFault(
        "layers from their far side",
        LAYERS,
        _wrap(
            subpixel,
            "subpixel_position",
            lambda position: lambda d, depth, s, f: position(d, depth + d.thick.step, s, f),
        ),
        "omega_subpixel.position",
        "in every row the reference's value of the layer after it",
    ),
    UnnamedFault(
        "solid angle without 1/4",
        PEPTIDE,
        _wrap(subpixel, "solid_angle", _tensor(lambda omega: omega / 4.0)),
        "omega_subpixel.omega",
        "in every row 0.25 times the reference's",
    ),
    UnnamedFault(
        "solid angle over 4π",
        PEPTIDE,
        _wrap(subpixel, "solid_angle", _tensor(lambda omega: omega / math.pi)),
        "omega_subpixel.omega",
        "in every row 0.318309886184 times the reference's (1/π)",
    ),
    UnnamedFault(
        "capture of what passes",
        LAYERS,
        _wrap(subpixel, "captured_fraction", _tensor(lambda part: 1.0 - part)),
        "omega_subpixel.capture",
        "in every row 1 less the reference's",
    ),
    UnnamedFault(
        "q with 2π",
        PEPTIDE,
        _wrap(scattering, "scattering_vector", _vector(_times(2.0 * math.pi))),
        "hkl_subpixel.scattering_vector",
        "in every row 6.28318530718 times the reference's (2π)",
    ),
    UnnamedFault(
        "q reversed",
        PEPTIDE,
        _wrap(scattering, "scattering_vector", _vector(_times(-1.0))),
        "hkl_subpixel.scattering_vector",
        "in every row the opposite sign",
    ),
    UnnamedFault(
        "incident ray forgotten",
        PEPTIDE,
        _wrap(
            scattering,
            "scattering_vector",
            lambda q: lambda d, source: Vec3(*(x / source.wavelength for x in d)),
        ),
        "hkl_subpixel.scattering_vector",
        "in every row exactly 1/λ, 1e10 1/m, more along the normal",
    ),
    UnnamedFault(
        "indices h k l as l k h",
        PEPTIDE,
        _wrap(evaluation, "miller_index", _vector(lambda v: Vec3(v.z, v.y, v.x))),
        "hkl_subpixel.hkl_fractional",
        "in every row h and l swapped",
    ),
    UnnamedFault(
        "indices in 1/Å",
        PEPTIDE,
        _wrap(evaluation, "miller_index", _vector(_times(1e10))),
        "hkl_subpixel.hkl_fractional",
        "in every row 1e10 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "indices in float32",
        PEPTIDE,
        _wrap(
            evaluation, "miller_index", _vector(lambda v: Vec3(*(x.float().double() for x in v)))
        ),
        "hkl_subpixel.hkl_fractional",
        "in every row the reference's rounded to float32",
    ),
    UnnamedFault(
        "indices one too high",
        COUNTED,
        _wrap(evaluation, "nearest_index", lambda nearest: lambda x, rule: nearest(x, rule) + 1),
        "hkl_subpixel.hkl_rounded",
        "in every row exactly 1 more along h and k and l",
    ),
    UnnamedFault(
        "interference squared",
        PEPTIDE,
        _wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(x, N) ** 2),
        "lattice.F_latt_a",
        "in every row the reference's squared",
    ),
    UnnamedFault(
        "interference over N",
        PEPTIDE,
        _wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(x, N) / N),
        "lattice.F_latt_a",
        "in every row 0.125 times the reference's (1/Na or 1/Nb or 1/Nc)",
    ),
    UnnamedFault(
        "interference of 2π",
        PEPTIDE,
        _wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(2.0 * x, N)),
        "lattice.F_latt_a",
        "in every row the reference's g at 2π of the index",
    ),
    UnnamedFault(
        "absolute interference",
        PEPTIDE,
        _wrap(lattice, "sincg", lambda sincg: lambda x, N: sincg(x, N).abs()),
        "lattice.F_latt_a",
        "only where the reference's is negative: the opposite sign",
    ),
    UnnamedFault(
        "F squared too early",
        COUNTED,
        _wrap(
            evaluation,
            "nearest_lookup",
            lambda lookup: (
                lambda *arguments: lookup(*arguments)._replace(
                    F_cell=lookup(*arguments).F_cell ** 2
                )
            ),
        ),
        "f_cell_stats.F_cell",
        "in every row the reference's squared",
    ),
    UnnamedFault(
        "F rounded to a tenth",
        COUNTED,
        _wrap(
            evaluation,
            "nearest_lookup",
            lambda lookup: (
                lambda *arguments: lookup(*arguments)._replace(
                    F_cell=(lookup(*arguments).F_cell * 10).round() / 10
                )
            ),
        ),
        "f_cell_stats.F_cell",
        None,
    ),
    UnnamedFault(
        "polarization without 1/2",
        PEPTIDE,
        _wrap(
            scattering,
            "polarization_factor",
            lambda factor: (
                lambda *arguments: factor(*arguments)._replace(
                    factor=2.0 * factor(*arguments).factor
                )
            ),
        ),
        "intensity_pre_norm.polar",
        "in every row twice the reference's",
    ),
    UnnamedFault(
        "electron radius not squared",
        PEPTIDE,
        lambda patch: patch.setattr(units, "R_E_SQR", units.R_E_SQR**0.5),
        "intensity_post_scale.fluence_scaled",
        "at every pixel 3.54869011448e14 times the reference's",
    ),
    UnnamedFault(
        "steps of oversample alone",
        SWEEP,
        _finish(lambda setup, one: one * 3.0),
        "intensity_post_scale.normalized",
        "at every pixel 3 times the reference's (phi steps)",
    ),
    UnnamedFault(
        "intensity in thousands",
        PEPTIDE,
        _finish(lambda setup, one: one / 1000.0),
        "intensity_post_scale.normalized",
        "at every pixel 0.001 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "beam centre off by half a pixel",
        PEPTIDE,
        _detector(lambda made: replace(made, Fbeam=made.Fbeam + made.pixel_size / 2.0)),
        "config_snapshot.derived.Fbeam",
        "exactly a subpixel or half a pixel, 5e-4 m, more",
    ),
    UnnamedFault(
        "pix0 off by a pixel",
        PEPTIDE,
        _detector(
            lambda made: replace(
                made, pix0=Vec3(made.pix0.x, made.pix0.y + made.pixel_size, made.pix0.z)
            )
        ),
        "config_snapshot.derived.pix0_vector",
        "exactly a pixel, 0.001 m, less along slow",
    ),
    UnnamedFault(
        "distance in mm",
        PEPTIDE,
        _detector(lambda made: replace(made, distance=made.distance * 1000.0)),
        "config_snapshot.derived.distance",
        "1000 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "slow axis reversed",
        PEPTIDE,
        _detector(lambda made: replace(made, slow=Vec3(*(-x for x in made.slow)))),
        "config_snapshot.derived.sdet_vector",
        "the opposite sign",
    ),
    UnnamedFault(
        "b and c swapped",
        PEPTIDE,
        _crystal(lambda made: replace(made, b0=made.c0, c0=made.b0)),
        "config_snapshot.derived.b0",
        "the reference's `c0`",
    ),
    UnnamedFault(
        "reciprocal cell with 2π",
        PEPTIDE,
        _crystal(lambda made: replace(made, a_star=_times(2.0 * math.pi)(made.a_star))),
        "config_snapshot.derived.a_star",
        "6.28318530718 times the reference's (2π)",
    ),
    UnnamedFault(
        "volume of half the cell",
        PEPTIDE,
        _crystal(lambda made: replace(made, V_cell=made.V_cell / 2.0)),
        "config_snapshot.derived.V_cell",
        "half the reference's",
    ),
    UnnamedFault(
        "mosaic spread in degrees",
        f"{PEPTIDE} -mosaic 0.5 -mosaic_domains 3",
        _crystal(lambda made: replace(made, mosaic_spread=made.mosaic_spread * units.RTD)),
        "config_snapshot.derived.mosaic_spread",
        "57.2957795131 times the reference's (degrees where radians belong)",
    ),
    UnnamedFault(
        "wavelength in Å",
        PEPTIDE,
        _beam(lambda made: replace(made, lambda0=made.lambda0 * 1e10)),
        "config_snapshot.derived.lambda0",
        "1e10 times the reference's (a power of ten)",
    ),
    UnnamedFault(
        "wavelength of another constant",
        PEPTIDE,
        _beam(lambda made: replace(made, lambda0=made.lambda0 * 12398.4198 / 12398.42)),
        "config_snapshot.derived.lambda0",
        "0.999999983869 times the reference's (off by -1.61e-08 of it)",
    ),
    UnnamedFault(
        "fluence doubled",
        PEPTIDE,
        _beam(lambda made: replace(made, fluence=made.fluence * 2.0)),
        "config_snapshot.derived.fluence",
        "twice the reference's",
    ),
)
