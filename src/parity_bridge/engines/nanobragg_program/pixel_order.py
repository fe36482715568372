"""Whether it matters in which order a run comes to its pixels (contract §5, §6)."""

from __future__ import annotations

from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Experiment, Sweep
from parity_bridge.experiment.regions import RunState

#: The state of a program wherever the order of pixels does not matter; it prints no state.
AT_REST = RunState(interpolation_on=False, swept=True, polar_axis=(0.0, 0.0, 1.0))


def order_matters(experiment: Experiment) -> bool:
    """Return whether a pixel may come out differently after others than as the first of a run.

    This is decided from the flags alone: an unsafe lookup may switch interpolation off, and a sweep
    that begins at exactly 0 finds the crystal as the sweep before it left it.
    """
    return interpolates(experiment) or _carries_over(experiment)


def check_order(experiment: Experiment, what: str) -> None:
    """Raise UsageError where ``what`` needs the state in which a run reaches a pixel."""
    reasons = (
        (interpolates, "interpolation may be switched off on the way", "-nointerpolate"),
        (_carries_over, "the sweep begins where phi is 0", "another -phi"),
    )
    for matters, why, remedy in reasons:
        if matters(experiment):
            raise UsageError(
                f"{what}: every run of a program begins anew, and here the order of pixels "
                f"matters, as {why}; give {remedy}"
            )


def interpolates(experiment: Experiment) -> bool:
    """Return whether a run begins with interpolation on (contract §5)."""
    source, asked = experiment.structure_factors, experiment.sampling.interpolate
    if source.hkl is None and source.dump is None:
        return False
    return min(experiment.crystal.cells) <= 2 if asked is None else asked


def _carries_over(experiment: Experiment) -> bool:
    return experiment.sampling.phi == 0.0 and experiment.sampling.oscillation != Sweep()
