"""Steps of a sampled range, contract §4."""

from __future__ import annotations

import math
from dataclasses import dataclass

from parity_bridge.engines.torch_port import units
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import MAX_STEPS

BAD_STEPS = (
    f"a sweep has no step, or the steps are too many: at most {MAX_STEPS} sources, {MAX_STEPS} "
    f"spindle angles times mosaic domains and {units.INT32_MAX} evaluations of a pixel; check "
    "range, step and steps of -osc, -divergence (-hdiv..., -vdiv...), -dispersion and "
    "-detector_thick, -mosaic_domains, -sourcefile and -oversample"
)


@dataclass(frozen=True)
class SampledRange:
    """A sampled range as derived; twin of ``pb_sampled_range``. Radians, metres or a fraction."""

    range: float
    step: float
    steps: int


@dataclass(frozen=True)
class SweepRule:
    """Where the kinds of sweep differ; twin of ``pb_sweep_rule``."""

    default_range: float  # where only the steps were given
    half_range_step: bool  # the range alone gives a step of half of it, not all of it
    both_ends: bool  # range and steps: the last step lies at the end of the range
    single_if_not_above_zero: bool  # range, step or steps not above 0: one step at 0


#: Divergence and dispersion.
BEAM_SWEEP = SweepRule(1.0, half_range_step=False, both_ends=True, single_if_not_above_zero=True)
SPINDLE_SWEEP = SweepRule(
    units.radians(1.0), half_range_step=True, both_ends=False, single_if_not_above_zero=False
)
THICKNESS_SWEEP = SweepRule(
    0.5e-6, half_range_step=True, both_ends=True, single_if_not_above_zero=True
)


def sample_sweep(
    given_range: float | None, step: float | None, steps: int | None, rule: SweepRule
) -> SampledRange:
    """Choose range, step and steps of a sweep in radians, metres or as a fraction.

    None means not given. Raise UsageError where no step is left, or more than ``MAX_STEPS``.
    """
    if given_range is None:
        chosen = _without_range(step, steps, rule)
    else:
        chosen = _with_range(given_range, step, steps, rule)
    above_zero = all(value > 0.0 for value in chosen)
    if rule.single_if_not_above_zero and not above_zero:
        return SampledRange(0.0, 0.0, 1)
    if not 1.0 <= chosen[2] <= MAX_STEPS:
        raise UsageError(BAD_STEPS)
    return SampledRange(chosen[0], chosen[1], int(chosen[2]))


def _with_range(
    given_range: float, step: float | None, steps: int | None, rule: SweepRule
) -> tuple[float, float, float]:
    if steps is not None and step is not None:
        return given_range, step, steps
    if step is not None:
        return given_range, step, _ceil_steps(given_range, step)
    if steps is None:
        return given_range, given_range / 2.0 if rule.half_range_step else given_range, 2.0
    if not rule.both_ends:
        return given_range, given_range / steps, steps
    steps = max(steps, 2)
    return given_range, given_range / (steps - 1), steps


def _without_range(
    step: float | None, steps: int | None, rule: SweepRule
) -> tuple[float, float, float]:
    if step is not None:
        return step, step, 2.0
    if steps is not None:
        return rule.default_range, rule.default_range / steps, steps
    return 0.0, 0.0, 1.0


def _ceil_steps(given_range: float, step: float) -> float:
    """Return steps as an unlimited number; a step may have underflowed to 0."""
    quotient = given_range / step if step else math.inf if given_range else math.nan
    return math.ceil(quotient) if math.isfinite(quotient) else quotient
