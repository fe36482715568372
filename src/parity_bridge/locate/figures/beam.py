"""Figures of the beam and its sources (contract §1, §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import lay
from parity_bridge.locate.figures.constants import AVOGADRO, R_E_SQR
from parity_bridge.locate.figures.traced import also, product
from parity_bridge.locate.figures.vectors import cross, rotate_axis, unit

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.detector import DetectorFigures
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger, Traced

_CONFIG = "config_snapshot.derived"
#: Metres; only the direction matters.
SOURCE_DISTANCE = 10.0
#: Last places of 1 to which a direction is known, and an angle of divergence.
_DIRECTION, _DIVERGENCE = 8.0, 16.0


@dataclass(frozen=True)
class BeamFigures:
    """What the pixels need of the beam."""

    lambda0: Traced
    incident: Traced
    wavelength: Traced
    fluence: Traced
    background: Traced


def beam_figures(ledger: Ledger, reference: Reference, detector: DetectorFigures) -> BeamFigures:
    """Register wavelength, fluence, background and sources."""
    given = reference.experiment.beam
    lambda0 = (ledger.given("-lambda", given.wavelength) / 1.0e10).named(
        f"{_CONFIG}.lambda0", power=1
    )
    fluence = ledger.given("fluence", reference.derived("fluence")).named(
        f"{_CONFIG}.fluence", power=-2
    )
    also(*(ledger.given(name, getattr(given, name)) for name in ("flux", "exposure", "beam_size")))
    return BeamFigures(
        lambda0,
        *_sources(ledger, reference, detector, lambda0),
        fluence,
        _background(ledger, reference, fluence),
    )


def _background(ledger: Ledger, reference: Reference, fluence: Traced) -> Traced:
    """Register the background of the water, factor by factor."""
    w = (ledger.given("-water", reference.experiment.crystal.water) / 1e6).named(
        "water in m", power=1
    )
    value = 2.57 * 2.57 * R_E_SQR * fluence * w * w * w * 1e6 * AVOGADRO / 18.0
    also(product(w, w, w))
    return value.named(f"{_CONFIG}.I_bg", reference.number("I_bg"), power=0, text="I_bg")


def _sources(
    ledger: Ledger, reference: Reference, detector: DetectorFigures, lambda0: Traced
) -> tuple[Traced, Traced]:
    """Register directions and wavelengths of the sources, along ``source``."""
    listed = np.array(reference.derived("source_list"), dtype=np.float64)
    vert = unit(cross(detector.beam, detector.polar)).named("vert", text="vert")
    hdiv, vdiv = _divergence(ledger, reference, listed[:, :3], detector, vert)
    away = detector.beam * -SOURCE_DISTANCE
    turned = rotate_axis(rotate_axis(away, detector.polar, vdiv), vert, hdiv)
    source = unit(turned).named(
        f"{_CONFIG}.source_list",
        lay(listed[:, :3], "source", "xyz"),
        floor=_DIRECTION,
        text="source",
    )
    ledger.given("weight", listed[:, 3], "source")
    wavelengths = lay(listed[:, 4], "source")
    noise = np.full_like(wavelengths, 4.0)
    stretch = ledger.add(
        "wavelength over the mean",
        "1.0 + dispstep*w - dispersion/2.0",
        wavelengths / lambda0.values,
        noise,
        0,
        (),
    )
    wavelength = (lambda0 * stretch).named(
        "wavelength of each source", wavelengths, power=1, text="lambda"
    )
    return (-source).named("incident", text="incident"), wavelength


def _divergence(
    ledger: Ledger,
    reference: Reference,
    direction: Array,
    detector: DetectorFigures,
    vert: Traced,
) -> tuple[Traced, Traced]:
    """Register the angles by which each source is turned about ``vert`` and polarization."""
    for name in ("horizontal_divergence", "vertical_divergence"):
        sweep = getattr(reference.experiment.beam, name)
        for part in ("range", "step"):
            if getattr(sweep, part) is not None:
                mrad = ledger.given(f"{name} {part}", getattr(sweep, part))
                (mrad / 1000.0).named(f"{name} {part} in rad", power=None)
    b, p, v = (np.ravel(axis.values) for axis in (detector.beam, detector.polar, vert))
    x, y, z = direction @ -b, direction @ p, direction @ v
    # About the polarization axis a source moves along vert, then about vert along that axis.
    angles = {"hdiv": _signed(np.arctan2(y, x), b, p, v), "vdiv": _signed(np.arcsin(z), b, v, p)}
    noise = lay(np.full(len(direction), _DIVERGENCE), "source")
    hdiv, vdiv = (
        ledger.add(name, f"{name} of each source", lay(value, "source"), noise, None, ())
        for name, value in angles.items()
    )
    return hdiv, vdiv


def _signed(angle: Array, beam: Array, towards: Array, about: Array) -> Array:
    """Return an angle with the sign of a rotation about ``about``, by the right hand."""
    turned: Array = angle * np.sign(np.dot(np.cross(about, -beam), towards))
    return turned
