"""Steps of the spindle sweep and layers of the sensor, which the port is given as numbers (§4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Detector, Sweep

#: Where only the steps are given (contract §4).
_DEFAULT_OSCILLATION = 1.0  # degrees


def spindle_sweep(sweep: Sweep) -> tuple[float, int]:
    """Return range (degrees) and steps of a sweep.

    The port divides the range by the steps. Where a step is given that is not the quotient, the
    range becomes the step times the steps.
    """
    whole, step, steps = sweep.range, sweep.step, sweep.steps
    if whole is None:
        if step is not None:
            return 2.0 * step, 2
        return (_DEFAULT_OSCILLATION, steps) if steps is not None else (0.0, 1)
    if step is None:
        return whole, 2 if steps is None else steps
    count = steps if steps is not None else math.ceil(whole / step)
    return (whole if step * count == whole else step * count), count


def sensor_layers(detector: Detector) -> int:
    """Return the layers of the sensor; a sensor without thickness has one."""
    if detector.thickness <= 0.0:
        return 1
    return max(detector.thickness_steps or 2, 2)


def attenuation_depth(detector: Detector) -> float | None:
    """Return the attenuation depth, µm: the thickness where none is given; None: no sensor."""
    if detector.thickness > 0.0 and not detector.attenuation_depth:
        return detector.thickness
    return detector.attenuation_depth
