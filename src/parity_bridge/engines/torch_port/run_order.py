"""What the order of the pixels decides, contract §5 and §6: from one state to that of each pixel.

Pixels are computed side by side as if no other came before them in the batch. Then it is known
which of them switched interpolation off, made the first sweep or used the polarization axis, hence
in which state each should have begun, and those that began in another are computed again.
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
    """The polarization axis after it was made a unit vector any number of times.

    It soon comes to rest, or goes round in a circle of neighbouring floats.
    """

    def __init__(self, axis: Vec3) -> None:
        """``axis`` float64, of shape ()."""
        self.axes: list[Vec3] = []
        seen: dict[tuple[float, ...], int] = {}
        while (values := tuple(component.item() for component in axis)) not in seen:
            if any(map(math.isnan, values)):
                break
            seen[values] = len(self.axes)
            self.axes.append(axis)
            axis = unit(axis)
        if not self.axes:
            self.axes.append(axis)
        self._back_to = seen.get(values, 0)

    @property
    def is_at_rest(self) -> bool:
        """Whether the axis is what it will always be."""
        return len(self.axes) == 1

    def place(self, times: Tensor) -> Tensor:
        """Which of ``axes`` it is after ``times``, int64 of any shape."""
        circle = len(self.axes) - self._back_to
        beyond = (times - self._back_to).clamp(min=0) % circle
        return torch.where(times < len(self.axes), times, self._back_to + beyond)

    def after(self, times: Tensor) -> Vec3:
        """The axis after ``times``, int64 of any shape; tensors of that shape."""
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
    #: How often the axis was made a unit vector before each pixel, (count,); None: it is at rest.
    axis_normalizations: Tensor | None

    def state(self, orbit: AxisOrbit, first: int, like: Tensor) -> BatchState:
        """The states of the pixels from ``first`` on; ``like`` has their shape."""
        number = torch.arange(first, self.count, device=like.device).reshape(like.shape)
        axis = orbit.axes[0]
        if self.axis_normalizations is not None:
            axis = orbit.after(self.axis_normalizations[first:].reshape(like.shape))
        on = _uniform(first < self.on_until, self.on_until >= self.count, number < self.on_until)
        swept = _uniform(
            self.swept_from < self.count, self.swept_from <= first, number >= self.swept_from
        )
        return BatchState(interpolation_on=on, swept=swept, axis=axis)


def _uniform(any_does: bool, all_do: bool, each: Tensor) -> Tensor | bool:
    if all_do:
        return True
    return each if any_does else False


def expected_start_states(
    setup: Setup, state: BatchState, orbit: AxisOrbit, like: Tensor
) -> StartStates:
    """The likely states of a batch that is begun in ``state``, the same for all its pixels."""
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
    """Of one pixel, where no source is dropped."""
    if setup.polar is FactorMode.FIRST:
        return 1
    return setup.source_count * setup.detector.thick.steps * setup.oversample * setup.oversample


def uses_axis(setup: Setup) -> bool:
    """Whether the polarization axis is made a unit vector at all."""
    return setup.computes_polar and setup.beam.polarization != 0.0


def corrected_start_states(
    start_states: StartStates,
    state: BatchState,
    end_states: BatchState,
    polarizations: Tensor,
    orbit: AxisOrbit,
) -> tuple[StartStates, int | None]:
    """In which states the pixels should have begun, and the first that began in another.

    ``end_states`` are the states after each pixel and ``axis_normalizations`` how often each made
    the axis a unit vector, (count,). Whether interpolation is on depends on the rest and is put
    right last.
    """
    count = start_states.count
    should, wrong = start_states, []
    if state.swept is not True:
        should = replace(should, swept_from=_first(end_states.swept, count, value=True))
        if should.swept_from != start_states.swept_from:
            wrong.append(min(should.swept_from, start_states.swept_from))
    if start_states.axis_normalizations is not None:
        before = polarizations.cumsum(0) - polarizations
        should = replace(should, axis_normalizations=before)
        wrong += _places(orbit.place(before) != orbit.place(start_states.axis_normalizations))
    if wrong or not start_states.on_until:
        return should, min(wrong, default=None)
    should = replace(should, on_until=_first(end_states.interpolation_on, count, value=False))
    return should, should.on_until if should.on_until < start_states.on_until else None


def _first(flags: Tensor | bool, count: int, *, value: bool) -> int:
    """One more than the first pixel whose flag has this value; ``count`` where none has."""
    if isinstance(flags, bool):
        return min(1, count) if flags is value else count
    places = _places(flags.reshape(-1) == value)
    return min(places[0] + 1, count) if places else count


def _places(mask: Tensor) -> list[int]:
    """The first place where ``mask`` is set, if any."""
    return [int(mask.to(torch.uint8).argmax())] if bool(mask.any()) else []
