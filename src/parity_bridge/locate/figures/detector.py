"""Figures of the detector (contract §1, §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.constants import RTD
from parity_bridge.locate.figures.functions import absolute
from parity_bridge.locate.figures.vectors import dot, rotate, rotate_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity_bridge.experiment.model import Detector
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger, Traced

_CONFIG = "config_snapshot.derived"
#: How near to one a component lies that is one.
_CLEARLY_AN_AXIS = 1e-12


@dataclass(frozen=True)
class DetectorFigures:
    """What the pixels need of the detector."""

    pixel: Traced
    sub: Traced
    beam: Traced
    fast: Traced
    slow: Traced
    odet: Traced
    polar: Traced
    spindle: Traced
    pix0: Traced
    distance: Traced
    close_distance: Traced


def metres(ledger: Ledger, name: str, mm: float) -> Traced:
    """Register a length that is given in mm, and return it in m."""
    return _as_length(ledger.given(name, mm) / 1000.0, f"{name} in m")


def radians(ledger: Ledger, name: str, degrees: object, *axes: str) -> Traced:
    """Register angles that are given in degrees, and return them in radians."""
    return (ledger.given(name, degrees, *axes) / RTD).named(f"{name} in rad", power=None)


def detector_figures(ledger: Ledger, reference: Reference) -> DetectorFigures:
    """Register the geometry of the detector."""
    given = reference.experiment.detector
    pixel = metres(ledger, "-pixel", given.pixel_size).named(f"{_CONFIG}.pixel_size", power=1)
    oversample = ledger.given("oversample", reference.derived("oversample"))
    sub = (pixel / oversample).named(
        f"{_CONFIG}.subpixel_size", reference.number("subpixel_size"), power=1, text="sub"
    )
    axes = {
        name: ledger.given(name, reference.derived(f"{name}_vector"), "xyz")
        for name in ("beam", "polar", "spindle")
    }
    axes = {
        name: axis.named(f"{_CONFIG}.{name}_vector", power=0, text=name)
        for name, axis in axes.items()
    }
    turned, ratio = _turned_axes(ledger, reference, axes["beam"])
    axes |= turned
    distance, close_distance, pix0 = _placed(ledger, reference, axes, pixel, ratio)
    return DetectorFigures(
        pixel=pixel,
        sub=sub,
        beam=axes["beam"],
        fast=axes["fdet"],
        slow=axes["sdet"],
        odet=axes["odet"],
        polar=axes["polar"],
        spindle=axes["spindle"],
        pix0=pix0,
        distance=distance,
        close_distance=close_distance,
    )


def _as_length(traced: Traced, name: str) -> Traced:
    return traced.named(name, power=1)


def _angles(ledger: Ledger, reference: Reference) -> tuple[Traced, Traced, Traced]:
    given = reference.experiment.detector
    angles = radians(ledger, "detector rotations", given.rotations, "xyz")
    twotheta = radians(ledger, "-twotheta", given.twotheta)
    axis = ledger.given("2θ axis", reference.derived("twotheta_axis"), "xyz")
    return angles, twotheta, axis.named(f"{_CONFIG}.twotheta_axis")


def _turned_axes(
    ledger: Ledger, reference: Reference, beam: Traced
) -> tuple[dict[str, Traced], Traced]:
    """Register fast, slow and odet before and after the rotations of the detector."""
    angles, twotheta, axis = _angles(ledger, reference)
    turned = {}
    for name, text in (("fdet", "fast"), ("sdet", "slow"), ("odet", "odet")):
        value = reference.vector(f"{name}_vector")
        before = _untilted(ledger, reference, name, value)
        tilted = rotate(before, angles).named(f"{text} before 2θ", text=text)
        after = rotate_axis(tilted, axis, twotheta)
        turned[name] = after.named(f"{_CONFIG}.{name}_vector", value, text=text)
    # The last one is odet: the ratio is formed before 2θ.
    ratio = dot(beam, tilted).named("ratio")
    return turned, ratio


def _untilted(ledger: Ledger, reference: Reference, name: str, turned: Array) -> Traced:
    """Return an axis as it was before the rotations of the detector, which are undone."""
    given = reference.experiment.detector
    back = _turn(reference.derived("twotheta_axis"), -given.twotheta / RTD)
    for axis in (2, 1, 0):
        back = _turn(np.eye(3)[axis], -given.rotations[axis] / RTD) @ back
    vector = back @ np.ravel(turned)
    # The conventions' axes are exact.
    exact = np.round(vector)
    vector = exact if np.abs(vector - exact).max() < _CLEARLY_AN_AXIS else vector
    return ledger.given(f"{name} before rotation", vector, "xyz")


def _turn(axis: Sequence[float] | Array, angle: float) -> Array:
    """Return the matrix of a rotation about ``axis`` by ``angle`` (radians)."""
    x, y, z = axis
    across = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    along = np.outer((x, y, z), (x, y, z))
    matrix: Array = np.cos(angle) * np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * along
    return matrix


def _placed(
    ledger: Ledger,
    reference: Reference,
    axes: dict[str, Traced],
    pixel: Traced,
    ratio: Traced,
) -> tuple[Traced, Traced, Traced]:
    """Register the corner of the detector and its distances (contract §2, steps 1 to 5)."""
    given = reference.experiment.detector
    fast, slow, odet, beam = axes["fdet"], axes["sdet"], axes["odet"], axes["beam"]
    floor = _floor(reference)
    centre = _beam_centre(ledger, reference, pixel)
    if given.close_distance is None:
        close = absolute(ratio * metres(ledger, "-distance", given.distance))
    else:
        close = metres(ledger, "-close_distance", given.close_distance)
    close = close.named("close distance before placing", text="close_distance")
    distance = (close / ratio).named("distance before placing", text="distance")
    F, S = (centre[name] for name in ("F", "S"))
    pix0 = -F * fast - S * slow + distance * beam
    pix0 = pix0.named(
        f"{_CONFIG}.pix0_vector", reference.vector("pix0_vector"), floor=floor, text="pix0"
    )
    close_distance = dot(pix0, odet).named(
        f"{_CONFIG}.close_distance", reference.number("close_distance"), floor=floor
    )
    distance = (close_distance / ratio).named(
        f"{_CONFIG}.distance", reference.number("distance"), floor=floor
    )
    v = (distance * beam - pix0).named("v, from the corner to the beam", text="v")
    for name, value in (
        ("Fclose", -dot(pix0, fast)),
        ("Sclose", -dot(pix0, slow)),
        ("Fbeam", dot(fast, v)),
        ("Sbeam", dot(slow, v)),
    ):
        value.named(f"{_CONFIG}.{name}", reference.number(name), floor=floor)
    return distance, close_distance, pix0


def _beam_centre(ledger: Ledger, reference: Reference, pixel: Traced) -> dict[str, Traced]:
    """Register the beam centre as the flags and the convention give it."""
    given = reference.experiment.detector
    sizes = [
        ledger.given(f"size along {axis}", reference.derived(f"detsize_{axis[0]}")).named(
            f"{_CONFIG}.detsize_{axis[0]}", power=1, text=f"detsize_{axis[0]}"
        )
        for axis in ("fast", "slow")
    ]
    for flag, value in _centre_flags(given):
        metres(ledger, flag, value)
    size_f, size_s = sizes
    half_f, half_s = ((size + pixel) / 2.0 for size in sizes)
    x = _flag_or(ledger, "-Xbeam", given.x_beam, half_s if given.convention != "adxv" else half_f)
    y = _flag_or(ledger, "-Ybeam", given.y_beam, half_f)
    if given.convention == "mosflm":
        F, S = y + 0.5 * pixel, x + 0.5 * pixel
    elif given.convention == "denzo":
        F, S = y, x
    elif given.convention == "adxv":
        y = _flag_or(ledger, "-Ybeam", given.y_beam, (size_s - pixel) / 2.0)
        F, S = x, size_s - y
    else:
        x = _flag_or(ledger, "-Xbeam", given.x_beam, size_f / 2.0)
        y = _flag_or(ledger, "-Ybeam", given.y_beam, size_s / 2.0)
        F, S = x, y
    return {
        "F": F.named("Fbeam before placing", power=1, text="Fbeam"),
        "S": S.named("Sbeam before placing", power=1, text="Sbeam"),
    }


def _flag_or(ledger: Ledger, flag: str, mm: float | None, default: Traced) -> Traced:
    return default if mm is None else metres(ledger, flag, mm)


def _centre_flags(given: Detector) -> list[tuple[str, float]]:
    names = ("x_beam", "y_beam", "x_close", "y_close", "detsize_fast", "detsize_slow")
    values = ((name, getattr(given, name)) for name in names)
    return [(name, value) for name, value in values if value is not None]


def _floor(reference: Reference) -> float:
    """Return the noise of a length of the detector: twenty last places of the distance."""
    return 20.0 * float(abs(reference.derived("distance")))
