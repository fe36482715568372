"""Changes of an experiment from which slips of inputs are built."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import Experiment

ExperimentSlip = Callable[[Experiment], Experiment]


def change(part: str, **values: object) -> ExperimentSlip:
    """Return the slip that sets fields of one part of the experiment to other values."""

    def slip(experiment: Experiment) -> Experiment:
        before = getattr(experiment, part)
        changed = type(before).model_validate({**before.__dict__, **values})
        return experiment.model_copy(update={part: changed})

    return slip


def negate(part: str, field: str) -> ExperimentSlip:
    """Return the slip that takes one field with the opposite sign; vectors component-wise."""

    def slip(experiment: Experiment) -> Experiment:
        value = getattr(getattr(experiment, part), field)
        if value is None:
            return experiment
        opposite = tuple(-x + 0.0 for x in value) if isinstance(value, tuple) else -value + 0.0
        return change(part, **{field: opposite})(experiment)

    return slip


def convention(given: str, taken: str) -> ExperimentSlip:
    """Return the slip that takes the convention ``given`` for ``taken``."""

    def slip(experiment: Experiment) -> Experiment:
        if experiment.detector.convention != given:
            return experiment
        return change("detector", convention=taken)(experiment)

    return slip


def swapped_beam(experiment: Experiment) -> Experiment:
    """Swap the two coordinates of the beam centre."""
    detector = with_plain_beam_centre(experiment.detector)
    swapped = {"x_beam": detector.y_beam, "y_beam": detector.x_beam, "mask_beam_centre": None}
    return change("detector", **swapped)(experiment)


def single_precision_angles(experiment: Experiment) -> Experiment:
    """Round the angles of the detector, in radians, to float32."""
    detector = experiment.detector
    rotations = tuple(_single_precision(degrees) for degrees in detector.rotations)
    twotheta = _single_precision(detector.twotheta)
    return change("detector", rotations=rotations, twotheta=twotheta)(experiment)


def unmirrored_adxv(experiment: Experiment) -> Experiment:
    """Take ADXV's Ybeam for the distance along slow, which is counted from the far edge (§2)."""
    detector = with_plain_beam_centre(experiment.detector)
    if detector.convention != "adxv":
        return experiment
    size = detector.detsize_slow
    if detector.pixels_slow is not None:
        size = detector.pixels_slow * detector.pixel_size
    y = (size - detector.pixel_size) / 2 if detector.y_beam is None else detector.y_beam
    return change("detector", y_beam=size - y, mask_beam_centre=None)(experiment)


def _single_precision(degrees: float) -> float:
    return float(np.degrees(float(np.float32(np.radians(degrees)))))
