"""Hypotheses that are slips of the setup: what is derived before the first pixel, used otherwise.

No flag says them. The C core is given other derived quantities and goes on from these (contract §2
to §4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.explain.explanation import Hypothesis

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Quantity

Derived = Mapping[str, "Quantity"]
#: Returns the quantities of ``taps.derived`` that change; none where the slip makes no difference.
SetupSlip = Callable[[Mapping[str, Any]], dict[str, Any]]


def setup_slips(derived: Derived) -> Iterator[tuple[Hypothesis, SetupSlip]]:
    """Yield every slip that changes one of the quantities of ``derived``."""
    for name, (does, slip) in _SETUP_SLIPS.items():
        if any(derived[key] != value for key, value in slip(derived).items()):
            yield Hypothesis(kind="slip of the setup", name=name, does=does), slip


def _negated_vector(name: str) -> SetupSlip:
    return lambda derived: {name: tuple(-x for x in derived[name])}


def _reversed_spindle(derived: Mapping[str, Any]) -> dict[str, Any]:
    is_still = derived["phi0"] == 0.0 and derived["phisteps"] == 1
    return {} if is_still else _negated_vector("spindle_vector")(derived)


def _middle_of_steps(derived: Mapping[str, Any]) -> dict[str, Any]:
    return {"phi0": derived["phi0"] + derived["phistep"] / 2.0}


def _backward_sweep(derived: Mapping[str, Any]) -> dict[str, Any]:
    return {"phistep": -derived["phistep"]} if derived["phisteps"] > 1 else {}


def _sweep_to_its_end(derived: Mapping[str, Any]) -> dict[str, Any]:
    steps = derived["phisteps"]
    return {"phistep": derived["osc"] / (steps - 1)} if steps > 1 else {}


def _divided_sensor(derived: Mapping[str, Any]) -> dict[str, Any]:
    layers = derived["detector_thicksteps"]
    return {"detector_thickstep": derived["detector_thick"] / layers} if layers > 1 else {}


def _moved_pixels(pixels: float, per: str = "pixel_size") -> SetupSlip:
    """Return the slip that moves all pixels along fast and slow by ``pixels`` of a length."""

    def slip(derived: Mapping[str, Any]) -> dict[str, Any]:
        if per == "subpixel_size" and derived["oversample"] == 1:
            return {}
        axes = np.add(derived["fdet_vector"], derived["sdet_vector"])
        moved = np.add(derived["pix0_vector"], pixels * derived[per] * axes)
        return {"pix0_vector": tuple(moved.tolist())}

    return slip


def _transposed_domains(derived: Mapping[str, Any]) -> dict[str, Any]:
    transposed = (np.reshape(rows, (3, 3)).T.ravel() for rows in derived["mosaic_umats"])
    return {"mosaic_umats": [matrix.tolist() for matrix in transposed]}


def _halved_spread(derived: Mapping[str, Any]) -> dict[str, Any]:
    # The first domain is never turned (contract §4).
    return (
        {"mosaic_spread": derived["mosaic_spread"] / 2.0} if derived["mosaic_domains"] > 1 else {}
    )


def _cells(by: int) -> SetupSlip:
    """Return the slip of ``by`` cells more along each axis with more than one."""
    return lambda derived: {
        name: derived[name] + by for name in ("Na", "Nb", "Nc") if derived[name] > 1.0
    }


def _changed_sources(change: Callable[[Sequence[float], Mapping[str, Any]], Any]) -> SetupSlip:
    """Return the slip that changes each source: direction, weight and wavelength."""

    def slip(derived: Mapping[str, Any]) -> dict[str, Any]:
        return {"source_list": [list(change(row, derived)) for row in derived["source_list"]]}

    return slip


def _volume_of_the_axes(derived: Mapping[str, Any]) -> dict[str, Any]:
    """Regenerate a*, b*, c* (1/Å) with the volume that a, b, c enclose, not the angles' (§3)."""
    a, b, c = (np.array(derived[f"{axis}0"]) * 1e10 for axis in "abc")
    volume = float(np.dot(a, np.cross(b, c)))
    if not volume or np.isclose(volume, derived["V_cell"], rtol=1e-12, atol=0.0):
        return {}
    pairs = {"a_star": (b, c), "b_star": (c, a), "c_star": (a, b)}
    stars = {name: tuple((np.cross(*pair) / volume).tolist()) for name, pair in pairs.items()}
    return {**stars, "V_cell": volume}


_SETUP_SLIPS: dict[str, tuple[str, SetupSlip]] = {
    "phi in the middle of its step": (
        "takes the spindle angle in the middle of each step", _middle_of_steps
    ),
    "spindle reversed": ("turns the crystal about the spindle the other way", _reversed_spindle),
    "sweep backwards": ("sweeps backwards from -phi", _backward_sweep),
    "sweep to its end": (
        "has the last step of the sweep at the end of -osc, not a step before it",
        _sweep_to_its_end,
    ),
    "transposed mosaic rotations": (
        "transposes the rotations of the mosaic domains",
        _transposed_domains,
    ),
    "-mosaic halved": (
        "takes -mosaic for the whole width of the spread, not for half of it",
        _halved_spread,
    ),
    "N + 1 cells": ("computes the lattice factor of one cell more along each axis", _cells(1)),
    "N - 1 cells": ("computes the lattice factor of one cell less along each axis", _cells(-1)),
    "sources reversed": (
        "takes the direction to a source for that of its beam",
        _changed_sources(lambda row, _: (*(-x for x in row[:3]), *row[3:])),
    ),
    "sources on the axis": (
        "takes every source to lie on the axis of the beam",
        _changed_sources(lambda row, derived: (*(-x for x in derived["beam_vector"]), *row[3:])),
    ),
    "wavelengths of the sources ignored": (
        "uses -lambda for every source",
        _changed_sources(lambda row, derived: (*row[:4], derived["lambda0"])),
    ),
    "pixel corner": ("takes the corner of a pixel for its centre", _moved_pixels(-0.5)),
    "subpixel corner": (
        "takes the corner of a subpixel for its centre", _moved_pixels(-0.5, "subpixel_size")
    ),
    "half a pixel further": ("moves all pixels by half a pixel", _moved_pixels(0.5)),
    "pixels counted from 1": ("counts pixels from 1", _moved_pixels(1.0)),
    "distance for close distance": (
        "takes the distance along the beam for that along the normal",
        lambda derived: {"close_distance": derived["distance"]},
    ),
    "close distance for distance": (
        "takes the distance along the normal for that along the beam",
        lambda derived: {"distance": derived["close_distance"]},
    ),
    "sensor over its layers": (
        "divides the sensor's thickness by its layers, not by one less", _divided_sensor
    ),
    "volume of the axes": (
        "regenerates a*, b*, c* with the volume that a, b, c enclose, not with the cell's",
        _volume_of_the_axes,
    ),
}  # fmt: skip
