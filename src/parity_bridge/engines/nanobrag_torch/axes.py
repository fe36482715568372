"""Axes that the port is given where its configuration has a field for them (contract §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Detector, Vector

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

#: Polarization and spindle, which lie along the same axis.
_DEFAULTS: dict[str, Vector] = {
    "mosflm": _Z, "denzo": _Z, "adxv": _X, "xds": _X, "dials": _Y, "custom": _Z,
}  # fmt: skip


class Axes(NamedTuple):
    """Axes of a convention that belong to beam and crystal, not to the detector's plane."""

    polarization: Vector
    spindle: Vector


def convention_axes(detector: Detector) -> Axes:
    """Return the axes of the detector's convention; custom geometry may have its own."""
    default = _DEFAULTS[detector.convention]
    if detector.convention != "custom":
        return Axes(default, default)
    vectors = detector.vectors
    return Axes(vectors.polarization or default, vectors.spindle or default)
