"""The noise budget, computed: every float input moved by one ULP, the C core run again.

What a faithful engine may differ by is not known beforehand; what its inputs do not determine any
better is. Each input is moved up and down, one at a time; the larger of both changes of a figure is
that input's share, and the shares add up to the figure's spread. A figure cannot be nearer than its
own last place, so the spread is at least one ULP of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import BridgeError
from parity_bridge.explain.reference import Reference
from parity_bridge.flags.fields import experiment_of, fields_of
from parity_bridge.flags.table import FLAGS
from parity_bridge.taps.noise_budget import NoiseBudget, SensitiveIndex
from parity_bridge.taps.semantics import is_exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment import Experiment
    from parity_bridge.taps.figures import Figures
    from parity_bridge.taps.pixel_taps import PixelTaps

#: Evaluations that a budget may take; a pixel that needs more has none.
MOST_EVALUATIONS = 20_000_000

#: tap_id -> figure -> spread of the pixel or of each row.
_Spread = dict[str, dict[str, "NDArray[np.float64]"]]
_HKL_TAP = "hkl_subpixel"


def noise_budgets(reference: Reference) -> tuple[NoiseBudget, ...]:
    """The budget of every pixel; none where it would take too long.

    Raises what the reference raises where it cannot be run as it stands.
    """
    moved = dict(_moved(reference.experiment))
    if 2 * len(moved) * reference.evaluations > MOST_EVALUATIONS:
        return ()
    spreads: list[_Spread] = [_floor(seen) for seen in reference.seen]
    shares: list[_Spread] = [_nothing(spread) for spread in spreads]
    telling = [name for name, around in moved.items() if _add(shares, reference, around)]
    for spread, share in zip(spreads, shares, strict=True):
        _raise_to(spread, share)
    return tuple(
        _budget(seen, spread, tuple(telling))
        for seen, spread in zip(reference.seen, spreads, strict=True)
    )


def _moved(experiment: Experiment) -> Iterator[tuple[str, list[Experiment]]]:
    """Name of each float input, and the experiments in which it is one ULP lower and higher."""
    fields = fields_of(experiment)
    for path, value in fields.items():
        if isinstance(value, float) and value != 0.0 and math.isfinite(value):
            ends = (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
            moved = ({**fields, path: end} for end in ends)
            yield _flag_of(path), [made for each in moved if (made := _made(each)) is not None]


def _made(fields: Mapping[str, Any]) -> Experiment | None:
    try:
        return experiment_of(fields)
    except ValueError:
        # One ULP further is not allowed.
        return None


def _flag_of(path: str) -> str:
    """The flag that sets a field, with the number of its value where it takes several."""
    for flag in FLAGS:
        if path in flag.fields:
            return flag.names[0] + (f" {flag.fields.index(path) + 1}" if flag.fields[1:] else "")
    return path


def _floor(seen: PixelTaps) -> _Spread:
    """One ULP of every float figure."""
    return {
        tap_id: {name: np.spacing(np.abs(values)) for name, values in _floats(tap_id, figures)}
        for tap_id, figures in seen.taps.items()
    }


def _floats(tap_id: str, figures: Figures) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, value in figures.pixel.items():
        if isinstance(value, float) and not is_exact(tap_id, name):
            yield name, np.array([value])
    for name, column in figures.columns.items():
        if column.dtype.kind == "f" and not is_exact(tap_id, name):
            yield name, column


def _nothing(spread: _Spread) -> _Spread:
    return {
        tap_id: {name: np.zeros_like(values) for name, values in figures.items()}
        for tap_id, figures in spread.items()
    }


def _add(shares: Sequence[_Spread], reference: Reference, around: Sequence[Experiment]) -> bool:
    """Add the share of one input, the larger of the changes on both sides; whether it has any."""
    looks = [look for experiment in around if (look := _look(reference, experiment))]
    has_share = False
    for number, (seen, share) in enumerate(zip(reference.seen, shares, strict=True)):
        for tap_id, figures in share.items():
            before = dict(_floats(tap_id, seen.taps[tap_id]))
            after = [dict(_floats(tap_id, look[number].taps[tap_id])) for look in looks]
            for name in figures:
                changes = [_change(before[name], found.get(name)) for found in after]
                own = np.max(changes, axis=0) if changes else np.zeros_like(before[name])
                figures[name] += own
                has_share = has_share or bool(own.any())
    return has_share


def _look(reference: Reference, experiment: Experiment) -> list[PixelTaps] | None:
    try:
        return reference.look(experiment=experiment)
    except BridgeError:
        # One ULP further there is no such experiment.
        return None


def _change(before: NDArray[np.float64], after: Any) -> NDArray[np.float64]:
    """Infinite where rows came or went: the figure is not determined at all."""
    if after is None or after.shape != before.shape:
        return np.full(before.shape, np.inf)
    with np.errstate(invalid="ignore"):
        change = np.abs(after - before)
    return np.where(np.isnan(change), 0.0, change)


def _raise_to(spread: _Spread, share: _Spread) -> None:
    for tap_id, figures in spread.items():
        for name in figures:
            figures[name] = np.maximum(np.nan_to_num(figures[name]), share[tap_id][name])


def _budget(seen: PixelTaps, spread: _Spread, inputs: tuple[str, ...]) -> NoiseBudget:
    return NoiseBudget(
        implementation=seen.implementation,
        pixel_coords=seen.pixel,
        inputs=inputs,
        spread={
            tap_id: {name: tuple(values.tolist()) for name, values in figures.items()}
            for tap_id, figures in spread.items()
        },
        rounding_sensitive=tuple(_sensitive(seen, spread)),
    )


def _sensitive(seen: PixelTaps, spread: _Spread) -> Iterator[SensitiveIndex]:
    """Indices within their own noise of a tie."""
    if _HKL_TAP not in seen.taps:
        return
    figures = seen.taps[_HKL_TAP]
    for axis in ("h", "k", "l"):
        name = f"hkl_fractional.{axis}"
        index, noise = figures.columns[name], spread[_HKL_TAP][name]
        distance = np.abs(index - np.floor(index) - 0.5)
        for row in np.flatnonzero(distance <= noise).tolist():
            yield SensitiveIndex(
                place=figures.place(row),
                axis=axis,
                index=float(index[row]),
                tie_distance=float(distance[row]),
                noise=float(noise[row]),
            )
