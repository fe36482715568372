"""The pixels that ``-printout`` prints, in the order and states of a run (contract §6, §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.frame import FrameContext, render, states_before
from parity_bridge.engines.c_core.pixels import observe_in_turn
from parity_bridge.experiment.regions import Region, RunState
from parity_bridge.taps.evaluations import EvaluationKind

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation


@dataclass(frozen=True)
class PrintedPixel:
    """What is printed of one pixel: its last evaluation, and the sum of all.

    What the last evaluation did not compute is that of an earlier one, also of an earlier pixel.
    """

    pixel: tuple[int, int]  # slow, fast
    stol: float  # sin(theta) over the wavelength of the last source, 1/m
    sine_by_lambda0: float  # sin(theta) over the wavelength of the beam, 1/m
    position: tuple[float, float, float]  # m
    hkl: tuple[float, float, float]
    hkl0: tuple[int, int, int]
    F_cell: float  # electrons
    F_latt: float
    #: The end of the chain, names of ``taps.observation.TOTALS``.
    totals: Mapping[str, float | int]


def printed_pixels(
    experiment: Experiment,
    factors: StructureFactors,
    frame_context: FrameContext,
    chosen: tuple[int, int] | None,
) -> Iterator[PrintedPixel]:
    """Yield the ``chosen`` pixel (fast, slow) of the region of interest, or all where it is None.

    All are printed too where the number along fast is below 0; masked pixels never are.
    """
    lambda0 = frame_context.setup.beam.lambda0
    computed: dict[str, Any] = {"F_cell": 0.0, "F_latt": 0.0, "hkl": (0.0,) * 3, "hkl0": (0,) * 3}
    tasks = ((*task, None) for task in _pixels_and_states(frame_context, chosen))
    for observation in observe_in_turn(experiment, factors, frame_context, tasks):
        computed |= _last_computed(observation)
        last = observation.evaluations[-1]
        stol = 0.5 * float(np.sqrt((last["q"] ** 2).sum()))
        yield PrintedPixel(
            pixel=observation.pixel,
            stol=stol,
            sine_by_lambda0=stol * _wavelength(frame_context, last["source"]) / lambda0,
            position=tuple(last["position"].tolist()),
            totals=observation.totals,
            **computed,
        )


def _pixels_and_states(
    frame_context: FrameContext, chosen: tuple[int, int] | None
) -> Iterator[tuple[tuple[int, int], RunState]]:
    fast, slow = frame_context.setup.detector.pixels
    roi = Region.from_roi(frame_context.setup.detector.roi, slow, fast)
    if chosen is not None and chosen[0] >= 0:
        pixel = chosen[1], chosen[0]
        if pixel[0] in roi.slow and pixel[1] in roi.fast and not _is_masked(frame_context, pixel):
            yield pixel, states_before(frame_context, [pixel])[0]
        return
    state = frame_context.start()
    for pixel in ((slow, fast) for slow in roi.slow for fast in roi.fast):
        if not _is_masked(frame_context, pixel):
            yield pixel, state
            state = _state_after(frame_context, pixel, state)


def _wavelength(frame_context: FrameContext, source: int) -> float:
    """Return the wavelength of a source, m."""
    wavelength: float = getattr(frame_context.setup.sources[source], "lambda")
    return wavelength


def _is_masked(frame_context: FrameContext, pixel: tuple[int, int]) -> bool:
    return frame_context.mask is not None and not frame_context.mask[pixel]


def _state_after(frame_context: FrameContext, pixel: tuple[int, int], state: RunState) -> RunState:
    if frame_context.is_settled(state):
        return state
    here = Region(*(range(number, number + 1) for number in pixel))
    after, _ = render(frame_context, here, state, 1, image=np.empty((1, 1), dtype=np.float32))
    return after


def _last_computed(observation: Observation) -> dict[str, Any]:
    """Return the last value that any evaluation of the pixel computed, field by field."""
    kinds = observation.evaluations["kind"]
    scattered = np.flatnonzero(kinds != EvaluationKind.BEYOND_DMIN)
    looked_up = np.flatnonzero(kinds == EvaluationKind.LOOKUP)
    fields = {"hkl": scattered, "hkl0": scattered, "F_latt": scattered, "F_cell": looked_up}
    values = {}
    for name, places in fields.items():
        if places.size:
            value = observation.evaluations[name][places[-1]].tolist()
            values[name] = tuple(value) if isinstance(value, list) else value
    return values
