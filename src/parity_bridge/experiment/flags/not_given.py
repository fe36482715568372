"""Values that the original program treats as not given, or as the smallest that make sense."""

from __future__ import annotations

from parity_bridge.experiment.flags.flag import Value

_SWEEPS = (
    "beam.horizontal_divergence",
    "beam.vertical_divergence",
    "sampling.oscillation",
)

_PHI_STEPS = "sampling.oscillation.steps"

#: 0 and below count as not given.
_ABOVE_ZERO = frozenset(
    {
        "sampling.oversample",
        "detector.thickness_steps",
        "detector.pixels_fast",
        "detector.pixels_slow",
        "beam.dispersion_steps",
        "crystal.mosaic_domains",
        *(f"crystal.cell.{name}" for name in ("b", "c", "alpha", "beta", "gamma")),
        *(f"{sweep}.{part}" for sweep in _SWEEPS for part in ("step", "steps")),
    }
    - {_PHI_STEPS}
)

#: Numbers below 0 count as not given.
_NOT_BELOW_ZERO = frozenset({_PHI_STEPS, *(f"{sweep}.range" for sweep in _SWEEPS)})

#: The smallest value; what is below it counts as this.
_SMALLEST = {
    **{f"crystal.sample_size.{axis}": 0.0 for axis in range(3)},
    "crystal.mosaic_spread": 0.0,
    "sampling.dmin": 0.0,
    "beam.exposure": 0.0,
    "crystal.mosaic_seed": 1,
    "crystal.misset_seed": 1,
}


def value_in_effect(path: str, value: Value) -> Value:
    """Return what the original program makes of ``value`` for a field; ``None``: not given."""
    if not isinstance(value, int | float):
        return value
    if (path in _ABOVE_ZERO and value <= 0) or (path in _NOT_BELOW_ZERO and value < 0):
        return None
    if path == _PHI_STEPS:
        return max(value, 1)
    return max(value, _SMALLEST.get(path, value))
