"""The noise budget: how far each figure moves when every input moves by one ULP.

How far a faithful engine may differ is not known beforehand. How well its inputs determine each
figure can be computed: each input is moved by one ULP, and the C core is run again. The inputs are
every float that was given, and the values that each stage of the chain hands to the next: a
subpixel's position, a scattering vector, Miller indices, lattice and structure factors, solid
angle, captured fraction and polarization factor. Each is moved up and down, one at a time. The
larger of the two changes of a figure is that input's share. The shares add up to the figure's
spread, which is at least one ULP of the figure. A component of a vector is moved by the last place
of the largest number from which it is computed: it cannot be known any better, however small it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.perturbations import (
    DOWN_AND_UP,
    PERTURBED_COLUMNS,
    Perturbation,
    input_perturbations,
    stage_perturbations,
)
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.errors import BridgeError
from parity_bridge.taps.hkl_subpixel import tie_distance
from parity_bridge.taps.noise_budget import NoiseBudget, SensitiveIndex
from parity_bridge.taps.semantics import is_exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.fields import TapFields
    from parity_bridge.taps.pixel_taps import PixelTaps

#: Evaluations that a budget may cost; pixels that need more have no budget.
MAX_EVALUATIONS = 1_000_000

#: tap_id -> figure -> spread: one number for a figure of the pixel, else one for each row.
_Spread = dict[str, dict[str, "NDArray[np.float64]"]]
_HKL_TAP = "hkl_subpixel"
#: Figures that are float32 in every engine.
_SINGLE = {("final_output", "image")}


def noise_budgets(reference: ReferenceRunner) -> tuple[NoiseBudget, ...]:
    """Compute the budget of every pixel; return none where that would take too long.

    Raises what ``Engine.observe`` raises where the reference cannot be run.
    """
    inputs = list(input_perturbations(reference.experiment))
    run_count = len(DOWN_AND_UP) * (len(inputs) + sum(width for *_, width in PERTURBED_COLUMNS))
    if run_count * reference.evaluation_count > MAX_EVALUATIONS:
        return ()
    spreads: list[_Spread] = [_one_ulp_spread(pixel_taps) for pixel_taps in reference.pixel_taps]
    shares: list[_Spread] = [_zero_spread(spread) for spread in spreads]
    perturbations = chain(inputs, stage_perturbations(reference.observations))
    contributing_inputs = [
        name for name, changes in perturbations if _add_share(shares, reference, changes)
    ]
    for spread, share in zip(spreads, shares, strict=True):
        _raise_to(spread, share)
    return tuple(
        _budget(pixel_taps, spread, tuple(contributing_inputs))
        for pixel_taps, spread in zip(reference.pixel_taps, spreads, strict=True)
    )


def _one_ulp_spread(pixel_taps: PixelTaps) -> _Spread:
    """Return one ULP of every float figure."""
    return {
        tap_id: {
            name: _last_place((tap_id, name), values) for name, values in _floats(tap_id, figures)
        }
        for tap_id, figures in pixel_taps.taps.items()
    }


def _last_place(figure: tuple[str, str], values: NDArray[np.float64]) -> NDArray[np.float64]:
    if figure in _SINGLE:
        return np.spacing(np.abs(values).astype(np.float32)).astype(np.float64)
    return np.spacing(np.abs(values))


def _floats(tap_id: str, figures: TapFields) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, value in figures.pixel.items():
        if isinstance(value, float) and not is_exact(tap_id, name):
            yield name, np.array([value])
    for name, column in figures.columns.items():
        if column.dtype.kind == "f" and not is_exact(tap_id, name):
            yield name, column


def _zero_spread(spread: _Spread) -> _Spread:
    return {
        tap_id: {name: np.zeros_like(values) for name, values in figures.items()}
        for tap_id, figures in spread.items()
    }


def _add_share(
    shares: Sequence[_Spread], reference: ReferenceRunner, changes: Sequence[Perturbation]
) -> bool:
    """Add the share of one input, the larger of its two changes; return whether it has any."""
    reruns = [
        rerun for change in changes if (rerun := _rerun_or_none(reference, change)) is not None
    ]
    has_share = False
    for number, (pixel_taps, share) in enumerate(zip(reference.pixel_taps, shares, strict=True)):
        for tap_id, figures in share.items():
            before = dict(_floats(tap_id, pixel_taps.taps[tap_id]))
            after = [dict(_floats(tap_id, rerun[number].taps[tap_id])) for rerun in reruns]
            for name in figures:
                moves = [_distance(before[name], columns.get(name)) for columns in after]
                own = np.max(moves, axis=0) if moves else np.zeros_like(before[name])
                figures[name] += own
                has_share = has_share or bool(own.any())
    return has_share


def _rerun_or_none(reference: ReferenceRunner, change: Perturbation) -> list[PixelTaps] | None:
    try:
        return reference.rerun(**change)
    except BridgeError:
        # The experiment is not valid one ULP further.
        return None


def _distance(before: NDArray[np.float64], after: Any) -> NDArray[np.float64]:
    """Return the change of a figure; infinite where the number of rows changed.

    The inputs do not determine such a figure at all.
    """
    if after is None or after.shape != before.shape:
        return np.full(before.shape, np.inf)
    with np.errstate(invalid="ignore"):
        distance = np.abs(after - before)
    return np.where(np.isnan(distance), 0.0, distance)


def _raise_to(spread: _Spread, share: _Spread) -> None:
    for tap_id, figures in spread.items():
        for name in figures:
            figures[name] = np.maximum(np.nan_to_num(figures[name]), share[tap_id][name])


def _budget(pixel_taps: PixelTaps, spread: _Spread, inputs: tuple[str, ...]) -> NoiseBudget:
    return NoiseBudget(
        implementation=pixel_taps.implementation,
        pixel_coords=pixel_taps.pixel,
        inputs=inputs,
        spread={
            tap_id: {name: tuple(values.tolist()) for name, values in figures.items()}
            for tap_id, figures in spread.items()
        },
        rounding_sensitive=tuple(_sensitive(pixel_taps, spread)),
    )


def _sensitive(pixel_taps: PixelTaps, spread: _Spread) -> Iterator[SensitiveIndex]:
    """Yield the indices that lie within their own noise of a tie."""
    if _HKL_TAP not in pixel_taps.taps:
        return
    figures = pixel_taps.taps[_HKL_TAP]
    for axis in ("h", "k", "l"):
        name = f"hkl_fractional.{axis}"
        index, noise = figures.columns[name], spread[_HKL_TAP][name]
        distance = tie_distance(index)
        for row in np.flatnonzero(distance <= noise).tolist():
            yield SensitiveIndex(
                place=figures.place(row),
                axis=axis,
                index=float(index[row]),
                tie_distance=float(distance[row]),
                noise=float(noise[row]),
            )
