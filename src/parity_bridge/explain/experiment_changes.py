"""Changes of an experiment from which slips of inputs are built."""

from __future__ import annotations

from collections.abc import Callable

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
