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

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.comparison.float_figures import FloatFigures
from parity_bridge.comparison.perturbations import (
    DOWN_AND_UP,
    PERTURBED_COLUMNS,
    Perturbation,
    derived_perturbations,
    derived_steps,
    input_perturbations,
    stage_perturbations,
)
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.errors import BridgeError
from parity_bridge.taps.hkl_subpixel import tie_distance
from parity_bridge.taps.noise_budget import NoiseBudget, SensitiveIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.observation import Observation
    from parity_bridge.taps.pixel_taps import PixelTaps

#: Evaluations that a budget may cost; pixels that need more have no budget.
MAX_EVALUATIONS = 2_000_000

#: tap_id -> figure -> spread: one number for a figure of the pixel, else one for each row.
_Spread = dict[str, dict[str, "NDArray[np.float64]"]]
_COMPONENTS = (".x", ".y", ".z")
_HKL_TAP = "hkl_subpixel"
#: Figures that are float32 in every engine.
_SINGLE = {("final_output", "image")}


def noise_budgets(
    reference: ReferenceRunner, on_step: Callable[[int, int], None] | None = None
) -> tuple[NoiseBudget, ...]:
    """Compute the budget of every pixel; return none where that would take too long.

    ``on_step`` is called with the number of inputs that were moved, and of all. Raises what
    ``Engine.observe`` raises where the reference cannot be run.
    """
    first = reference.observations[0]
    inputs = [*input_perturbations(reference.experiment), *derived_perturbations(first)]
    run_count = len(DOWN_AND_UP) * (len(inputs) + sum(width for *_, width in PERTURBED_COLUMNS))
    if run_count * reference.evaluation_count > MAX_EVALUATIONS:
        return ()
    figures = FloatFigures(reference)
    share = np.zeros_like(figures.values)
    contributing_inputs = []
    moved_inputs = chain(inputs, stage_perturbations(reference.observations))
    for number, (name, changes) in enumerate(moved_inputs, start=1):
        own = _share(figures, reference, changes)
        share += own
        if own.any():
            contributing_inputs.append(name)
        if on_step is not None:
            on_step(number, run_count // len(DOWN_AND_UP))
    _raise_derived(figures, share, derived_steps(first))
    spread = np.maximum(np.nan_to_num(_one_ulp(figures)), share)
    return tuple(
        _budget(pixel_taps, of_pixel, tuple(contributing_inputs))
        for pixel_taps, of_pixel in zip(
            reference.pixel_taps, figures.at_pixels(spread), strict=True
        )
    )


def _raise_derived(
    figures: FloatFigures, share: NDArray[np.float64], steps: Mapping[str, float]
) -> None:
    """Raise the shares of the derived quantities, used at a pixel or not, to their own steps."""
    names = {
        f"derived.{name}{axis}": step for name, step in steps.items() for axis in ("", *_COMPONENTS)
    }
    for name, place in figures.places("config_snapshot", tuple(names)):
        np.maximum(share[place], names[name], out=share[place])


def _one_ulp(figures: FloatFigures) -> NDArray[np.float64]:
    """Return one ULP of every figure."""
    spacing: NDArray[np.float64] = np.spacing(np.abs(figures.values))
    for tap_id, name in _SINGLE:
        for _, place in figures.places(tap_id, (name,)):
            single = np.abs(figures.values[place]).astype(np.float32)
            spacing[place] = np.spacing(single).astype(np.float64)
    return spacing


def _share(
    figures: FloatFigures, reference: ReferenceRunner, changes: Sequence[Perturbation]
) -> NDArray[np.float64]:
    """Return the share of one input: the larger of its two changes of each figure."""
    share = np.zeros_like(figures.values)
    for change in changes:
        rerun = _rerun_or_none(reference, change)
        if rerun is not None:
            np.maximum(share, figures.moves(rerun), out=share)
    return share


def _rerun_or_none(
    reference: ReferenceRunner, change: Perturbation
) -> Sequence[Observation] | None:
    try:
        return reference.observe(**change)
    except BridgeError:
        # The experiment is not valid one ULP further.
        return None


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
