"""Slips of sampled ranges: how many steps there are, and how long a step is (contract §4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from parity_bridge.experiment.model import Sweep
from parity_bridge.explain.experiment_changes import ExperimentSlip, change

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

_SWEEPS = (
    ("beam", "horizontal_divergence"),
    ("beam", "vertical_divergence"),
    ("sampling", "oscillation"),
)
#: A quotient this near to a whole number is one.
_NEAR = 1e-9


def counted_steps(count: Callable[[float], int]) -> ExperimentSlip:
    """Return the slip that counts the steps of a range and a step as ``count`` of their quotient.

    The reference rounds the quotient up.
    """

    def resampled(sweep: Sweep) -> Sweep:
        if sweep.range is None or sweep.step is None or sweep.steps is not None:
            return sweep
        return sweep.model_copy(update={"steps": max(1, count(sweep.range / sweep.step))})

    def slip(experiment: Experiment) -> Experiment:
        changed = _with_sweeps(experiment, resampled)
        # One step less or more than ceil() shows only where the quotient is no whole number.
        ceiled = _with_sweeps(experiment, _ceiled)
        return experiment if changed == ceiled else changed

    return slip


def steps_below(quotient: float) -> int:
    """Round a number of steps down."""
    return math.floor(quotient + _NEAR)


def steps_to_both_ends(quotient: float) -> int:
    """Count a step at each end of the range."""
    return steps_below(quotient) + 1


def divided_range(experiment: Experiment) -> Experiment:
    """Divide the range of a divergence by its steps: the last one does not reach its end."""
    if experiment.beam.source_file is not None:
        return experiment
    for field in ("horizontal_divergence", "vertical_divergence"):
        sweep = getattr(experiment.beam, field)
        if sweep.range is not None and sweep.step is None and sweep.steps is not None:
            steps = max(sweep.steps, 2)
            divided = sweep.model_copy(update={"step": sweep.range / steps, "steps": steps})
            experiment = change("beam", **{field: divided})(experiment)
    return experiment


def divergence_shape(*, is_round: bool) -> ExperimentSlip:
    """Return the slip that takes a beam that diverges both ways for a round or a square one."""

    def slip(experiment: Experiment) -> Experiment:
        beam = experiment.beam
        sweeps = (beam.horizontal_divergence, beam.vertical_divergence)
        if beam.source_file is not None or Sweep() in sweeps:
            return experiment
        return change("beam", round_divergence=is_round)(experiment)

    return slip


def swapped_divergences(experiment: Experiment) -> Experiment:
    """Swap horizontal and vertical divergence."""
    beam = experiment.beam
    if beam.source_file is not None:
        return experiment
    return change(
        "beam",
        horizontal_divergence=beam.vertical_divergence,
        vertical_divergence=beam.horizontal_divergence,
    )(experiment)


def _ceiled(sweep: Sweep) -> Sweep:
    if sweep.range is None or sweep.step is None or sweep.steps is not None:
        return sweep
    steps = max(1, math.ceil(sweep.range / sweep.step - _NEAR))
    return sweep.model_copy(update={"steps": steps})


def _with_sweeps(experiment: Experiment, resampled: Callable[[Sweep], Sweep]) -> Experiment:
    listed = experiment.beam.source_file is not None
    for part, field in _SWEEPS[-1:] if listed else _SWEEPS:
        sweep = getattr(getattr(experiment, part), field)
        experiment = change(part, **{field: resampled(sweep)})(experiment)
    return experiment
