"""The spindle angles of a sweep, as a program steps through them (contract §4)."""

from __future__ import annotations

from parity_bridge.experiment.model import Experiment, Sampling, Sweep


def sweep_angles(sampling: Sampling, steps: int) -> list[float]:
    """Return the spindle angle of each of ``steps`` steps, degrees; the program counted them."""
    sweep = sampling.oscillation
    whole = 1.0 if sweep.range is None else sweep.range
    step = whole / steps if sweep.step is None else sweep.step
    return [sampling.phi + step * number for number in range(steps)]


def at_angle(experiment: Experiment, phi: float) -> Experiment:
    """Return ``experiment`` standing still at the spindle angle ``phi``, degrees."""
    still = Sweep(range=0.0, step=experiment.sampling.oscillation.step, steps=1)
    sampling = experiment.sampling.model_copy(update={"phi": phi, "oscillation": still})
    return experiment.model_copy(update={"sampling": sampling})
