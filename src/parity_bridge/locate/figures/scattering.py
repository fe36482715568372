"""Figures of a source at a subpixel: scattering vector and polarization (contract §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.locate.figures.functions import atan2, cos, sin
from parity_bridge.locate.figures.traced import also
from parity_bridge.locate.figures.vectors import cross, dot, norm, unit

if TYPE_CHECKING:
    from parity_bridge.locate.figures.beam import BeamFigures
    from parity_bridge.locate.figures.detector import DetectorFigures
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.subpixel import SubpixelFigures
    from parity_bridge.locate.figures.traced import Ledger, Traced


@dataclass(frozen=True)
class ScatteringFigures:
    """What evaluations need of their source."""

    q: Traced
    polar: Traced


def scattering_figures(
    ledger: Ledger,
    reference: Reference,
    detector: DetectorFigures,
    beam: BeamFigures,
    subpixel: SubpixelFigures,
) -> ScatteringFigures:
    """Register scattering vectors, resolution cut and polarization factors."""
    with ledger.at("hkl_subpixel"):
        q = _scattering_vector(reference, beam, subpixel)
        stol = (0.5 * norm(q)).named("stol", power=-1, text="stol")
        also(0.5 / stol, dot(q, q))
        dmin = ledger.given("-dmin", reference.experiment.sampling.dmin)
        also((dmin * 1e-10).named("dmin in m", power=1))
    with ledger.at("intensity_pre_norm"):
        polar = _polarization(ledger, reference, detector, beam, subpixel)
    return ScatteringFigures(q, polar)


def _scattering_vector(
    reference: Reference, beam: BeamFigures, subpixel: SubpixelFigures
) -> Traced:
    difference = (subpixel.diffracted - beam.incident).named("d - incident")
    inverse = 1.0 / beam.wavelength
    also(inverse * subpixel.diffracted, inverse * beam.incident)
    return (difference / beam.wavelength).named(
        "hkl_subpixel.scattering_vector", reference.column("q", "xyz"), power=-1, text="q"
    )


def _polarization(
    ledger: Ledger,
    reference: Reference,
    detector: DetectorFigures,
    beam: BeamFigures,
    subpixel: SubpixelFigures,
) -> Traced:
    given = reference.experiment.beam
    exact = reference.column("polar")
    incident = unit(beam.incident)
    d = unit(subpixel.diffracted)
    c = dot(incident, d).named("cos 2θ", text="c")
    square = (c * c).named("cos² 2θ", text="c*c")
    kahn = ledger.given("Kahn factor", given.polarization)
    factor = 0.5 * (1.0 + square)
    also(1.0 + square)
    sine = (1.0 - square).named("sin² 2θ")
    if given.polarization != 0.0:
        psi = _angle(incident, d, unit(detector.polar))
        twice = (2.0 * psi).named("2ψ", power=None, text="2psi")
        cosine = cos(twice).named("cos 2ψ")
        part = kahn * cosine * sine
        also(cosine * sine, kahn * sine)
        also(1.0 - part, square - part)
        factor = 0.5 * (1.0 + square - part)
    if not given.polarized:
        return factor.named("intensity_pre_norm.polar", exact, text="polar")
    each = factor.named("polar of each source", text="polar")
    return each.named("intensity_pre_norm.polar", exact, text="polar")


def _angle(incident: Traced, d: Traced, axis: Traced) -> Traced:
    B = unit(cross(axis, incident)).named("B", text="B")
    E = unit(cross(incident, B)).named("E", text="E")
    on_b, on_e = dot(d, B).named("dot(d, B)"), dot(d, E).named("dot(d, E)")
    psi = atan2(on_b, on_e)
    also(sin(psi), cos(psi), cos(2.0 * psi))
    return (-psi).named("psi", power=None, text="psi")
