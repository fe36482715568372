"""Figures of a subpixel: position, ray, solid angle and captured fraction (contract §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.functions import exp
from parity_bridge.locate.figures.traced import also, total
from parity_bridge.locate.figures.vectors import dot, norm, rotate_axis

if TYPE_CHECKING:
    from parity_bridge.locate.figures.detector import DetectorFigures
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger, Traced


@dataclass(frozen=True)
class SubpixelFigures:
    """What evaluations need of their subpixel."""

    diffracted: Traced
    omega: Traced
    capture: Traced


def subpixel_figures(
    ledger: Ledger, reference: Reference, detector: DetectorFigures
) -> SubpixelFigures:
    """Register the geometry of all subpixels of all layers."""
    position = _position(ledger, reference, detector)
    airpath = norm(position).named(
        "omega_subpixel.airpath", reference.column("airpath"), text="airpath"
    )
    diffracted = (position / airpath).named("d", text="d")
    omega = _solid_angle(reference, detector, airpath)
    capture = _captured(ledger, reference, detector, diffracted)
    return SubpixelFigures(diffracted, omega, capture)


def _position(ledger: Ledger, reference: Reference, detector: DetectorFigures) -> Traced:
    oversample = reference.observations[0].oversample
    numbers = []
    for axis, at in (("slow", 0), ("fast", 1)):
        pixel = ledger.given(f"pixel along {axis}", reference.pixels[:, at], "pixel")
        sub = ledger.given(f"subpixel along {axis}", np.arange(oversample), axis)
        numbers.append((pixel * float(oversample) + sub).named(f"subpixel number along {axis}"))
    half = detector.sub / 2.0
    S, F = ((detector.sub * number + half) for number in numbers)
    S, F = S.named("S", power=1, text="S"), F.named("F", power=1, text="F")
    layer = ledger.given("layer", np.arange(reference.loops[0]), "layer")
    step = ledger.given(
        "thickness of a layer", reference.derived("detector_thickstep"), power=1
    ).named("config_snapshot.derived.detector_thickstep", power=1)
    depth = (layer * step).named("depth of the layer", power=1, text="Odet")
    position = total(F * detector.fast, S * detector.slow, depth * detector.odet, detector.pix0)
    exact = reference.column("position", "xyz")
    if reference.experiment.detector.curved:
        flat = position.named("flat position", power=1, text="pos")
        u = detector.beam * detector.distance
        u = rotate_axis(u, detector.slow, flat.y / detector.distance)
        position = rotate_axis(u, detector.fast, flat.z / detector.distance)
    return position.named("omega_subpixel.position", exact, power=1, text="pos")


def _solid_angle(reference: Reference, detector: DetectorFigures, airpath: Traced) -> Traced:
    inverse = 1.0 / airpath
    squared = inverse / airpath
    if reference.experiment.detector.point_pixel:
        omega = squared
    else:
        area = detector.pixel * detector.pixel
        omega = area / airpath / airpath * detector.close_distance / airpath
        also(area / (airpath * airpath), detector.close_distance / airpath)
        also(area / (airpath * airpath) * (detector.close_distance / airpath))
        also(airpath * airpath * airpath)
    each = omega.named("omega of each subpixel", power=0, text="omega")
    return each.named("omega_subpixel.omega", reference.column("omega"), text="omega")


def _captured(
    ledger: Ledger, reference: Reference, detector: DetectorFigures, diffracted: Traced
) -> Traced:
    exact = reference.column("capture")
    if not float(reference.derived("detector_thick")) > 0.0:
        return ledger.add(
            "capture", "1 without thickness", exact, np.zeros_like(exact), 0, ()
        ).named("omega_subpixel.capture", text="capture")
    mu = ledger.given("mu", reference.derived("detector_mu"), power=-1).named(
        "config_snapshot.derived.detector_mu", power=-1, text="mu"
    )
    step = ledger.given("thickstep", reference.derived("detector_thickstep"), power=1)
    layers = np.arange(reference.loops[0], dtype=np.float64)
    p = dot(diffracted, detector.odet).named("p = dot(d, odet)", text="p")
    ends = []
    for name, numbers in (("front", layers), ("back", layers + 1.0)):
        t = ledger.given(f"layer number, {name}", numbers, "layer")
        ends.append(
            exp(((-t) * step * mu / p).named(f"exponent of the {name}")).named(
                f"transmission to the {name}"
            )
        )
    also(step * mu / p, step * mu, mu / p)
    each = (ends[0] - ends[1]).named("capture of each subpixel", text="capture")
    return each.named("omega_subpixel.capture", exact, text="capture")
