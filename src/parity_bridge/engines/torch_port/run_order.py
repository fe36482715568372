"""The state in which each pixel of a batch begins, contract §5 and §6.

Pixels are first computed side by side from the states that they are expected to begin in. Their
results say which of them switched interpolation off, made the first sweep or used the polarization
axis, hence in which state each should have begun. Pixels that began in another state are computed
again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.run_state import BatchState
from parity_bridge.engines.torch_port.setup import FactorMode, Setup
from parity_bridge.engines.torch_port.vec3 import Vec3, unit


class AxisOrbit:
    """The polarization axis after any number of normalizations.

    It soon comes to rest, or goes round in a circle of neighbouring floats.
    """

    def __init__(self, axis: Vec3) -> None:
        """Follow ``axis``, float64 of shape (), until it repeats."""
        self.axes: list[Vec3] = []
        places: dict[tuple[float, ...], int] = {}
        while (values := tuple(component.item() for component in axis)) not in places:
            if any(map(math.isnan, values)):
                break
            places[values] = len(self.axes)
            self.axes.append(axis)
            axis = unit(axis)
        if not self.axes:
            self.axes.append(axis)
        self._back_to = places.get(values, 0)

    @property
    def is_at_rest(self) -> bool:
        """Whether further normalizations leave the axis as it is."""
        return len(self.axes) == 1

    def place(self, times: Tensor) -> Tensor:
        """Return which of ``axes`` it is after ``times`` normalizations, int64 of any shape."""
        circle = len(self.axes) - self._back_to
        beyond = (times - self._back_to).clamp(min=0) % circle
        return torch.where(times < len(self.axes), times, self._back_to + beyond)

    def after(self, times: Tensor) -> Vec3:
        """Return the axis after ``times``, int64 of any shape; tensors of that shape."""
        place = self.place(times)
        return Vec3(*(torch.stack(list(values))[place] for values in zip(*self.axes, strict=True)))


@dataclass(frozen=True)
class StartStates:
    """The states in which the pixels of a batch begin, ``count`` of them in order of the run."""

    count: int
    #: Interpolation is on for pixels before this one.
    on_until: int
    #: A sweep has been made before this pixel and those after it.
    swept_from: int
    #: How often the axis was normalized before each pixel, (count,); None: it is at rest.
    axis_normalizations: Tensor | None

    def state(self, orbit: AxisOrbit, first: int, like: Tensor) -> BatchState:
        """Return the states of the pixels from ``first`` on; ``like`` has their shape."""
        number = torch.arange(first, self.count, device=like.device).reshape(like.shape)
        axis = orbit.axes[0]
        if self.axis_normalizations is not None:
            axis = orbit.after(self.axis_normalizations[first:].reshape(like.shape))
        on = _uniform_flag(
            first < self.on_until, self.on_until >= self.count, number < self.on_until
        )
        swept = _uniform_flag(
            self.swept_from < self.count, self.swept_from <= first, number >= self.swept_from
        )
        return BatchState(interpolation_on=on, swept=swept, axis=axis)


def _uniform_flag(any_does: bool, all_do: bool, each: Tensor) -> Tensor | bool:
    if all_do:
        return True
    return each if any_does else False


def expected_start_states(
    setup: Setup, state: BatchState, orbit: AxisOrbit, like: Tensor
) -> StartStates:
    """Return the states that pixels probably begin in where the batch begins in ``state``."""
    count = like.numel()
    swept_from = count
    if state.swept is True:
        swept_from = 0
    elif setup.dmin == 0.0:
        swept_from = min(1, count)
    polarizations = None
    if uses_axis(setup) and not orbit.is_at_rest:
        polarizations = torch.arange(count, device=like.device) * _max_axis_normalizations(setup)
    return StartStates(
        count, count if state.interpolation_on is True else 0, swept_from, polarizations
    )


def _max_axis_normalizations(setup: Setup) -> int:
    """Return the normalizations of one pixel, where no source is dropped."""
    if setup.polar is FactorMode.FIRST:
        return 1
    return setup.source_count * setup.detector.thick.steps * setup.oversample * setup.oversample


def uses_axis(setup: Setup) -> bool:
    """Return whether a run normalizes the polarization axis at all."""
    return setup.computes_polar and setup.beam.polarization != 0.0


def corrected_start_states(
    start_states: StartStates,
    state: BatchState,
    end_states: BatchState,
    polarizations: Tensor,
    orbit: AxisOrbit,
) -> tuple[StartStates, int | None]:
    """Return the states that pixels should have begun in, and the first pixel that did not.

    ``end_states`` are the states after each pixel, and ``polarizations`` says how often each
    normalized the axis, (count,). Whether interpolation is on depends on the rest and is corrected
    last.
    """
    count = start_states.count
    should, wrong = start_states, []
    if state.swept is not True:
        should = replace(should, swept_from=_place_after_first(end_states.swept, count, value=True))
        if should.swept_from != start_states.swept_from:
            wrong.append(min(should.swept_from, start_states.swept_from))
    if start_states.axis_normalizations is not None:
        before = polarizations.cumsum(0) - polarizations
        should = replace(should, axis_normalizations=before)
        wrong += _first_place(orbit.place(before) != orbit.place(start_states.axis_normalizations))
    if wrong or not start_states.on_until:
        return should, min(wrong, default=None)
    should = replace(
        should, on_until=_place_after_first(end_states.interpolation_on, count, value=False)
    )
    return should, should.on_until if should.on_until < start_states.on_until else None


def _place_after_first(flags: Tensor | bool, count: int, *, value: bool) -> int:
    """Return one more than the first pixel whose flag has this value; ``count`` where none has."""
    if isinstance(flags, bool):
        return min(1, count) if flags is value else count
    places = _first_place(flags.reshape(-1) == value)
    return min(places[0] + 1, count) if places else count


def _first_place(mask: Tensor) -> list[int]:
    """Return the first place where ``mask`` is set, if any."""
    return [int(mask.to(torch.uint8).argmax())] if bool(mask.any()) else []
