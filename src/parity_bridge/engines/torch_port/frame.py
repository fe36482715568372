"""Pixels of a frame: the image, Tap 4 of every pixel, or both, contract §5 and §6."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.chain import EAGER_KERNELS, ChainKernels, run_chain
from parity_bridge.engines.torch_port.chain_state import STATE_ONLY, Chain, RequestedOutputs
from parity_bridge.engines.torch_port.f_cell import LookupCounts, Margin
from parity_bridge.engines.torch_port.photons import scale_to_photons
from parity_bridge.engines.torch_port.run_order import (
    AxisOrbit,
    StartStates,
    corrected_start_states,
    expected_start_states,
    uses_axis,
)
from parity_bridge.engines.torch_port.run_state import BatchState, is_settled
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table

#: Values of a batch of pixels: name -> one value a pixel, (pixels,).
Planes = dict[str, Tensor]


@dataclass(frozen=True)
class Batch:
    """Pixels in order of the run; ``slow`` and ``fast`` are int64 of shapes that broadcast."""

    slow: Tensor
    fast: Tensor

    @property
    def like(self) -> Tensor:
        """A tensor of the shape that both broadcast to; row by row it has the order of the run."""
        like: Tensor = torch.broadcast_tensors(self.slow, self.fast)[0]
        return like

    def __len__(self) -> int:
        return self.like.numel()

    def rest(self, first: int) -> Batch:
        """Return the pixels from ``first`` on, (pixels,)."""
        if first == 0:
            return self
        slow, fast = torch.broadcast_tensors(self.slow, self.fast)
        return Batch(slow.reshape(-1)[first:], fast.reshape(-1)[first:])


def frame_pixels(
    setup: Setup,
    table: Table,
    batch: Batch,
    state: BatchState,
    outputs: RequestedOutputs,
    kernels: ChainKernels = EAGER_KERNELS,
) -> tuple[Planes, BatchState]:
    """Compute the requested planes of pixels, one after the other from ``state``, in one pass.

    Planes are ``intensity`` (photons), those of ``F_CELL_PLANES`` for lookups, and
    ``rounding_margin``, float64. ``state`` holds for all pixels, as does the state after the last
    pixel, which is returned too. A run may be divided into any batches: the bits stay the same.
    """
    if is_settled(setup, state):
        chain = Chain(setup, table, outputs, batch.slow, batch.fast, state)
        return _compute_planes(chain, kernels, batch.like), state
    orbit = AxisOrbit(state.axis)
    start_states = expected_start_states(setup, state, orbit, batch.like)
    planes: Planes = {}
    ends, polarizations = state, torch.zeros(0, dtype=torch.int64)
    first: int | None = 0
    while first is not None:
        rest = batch.rest(first)
        like = rest.like
        chain = Chain(
            setup,
            table,
            outputs,
            rest.slow,
            rest.fast,
            start_states.state(orbit, first, like),
        )
        again = _compute_planes(chain, kernels, like)
        planes = {
            name: _replace_from(planes.get(name), first, plane) for name, plane in again.items()
        }
        ends = BatchState(
            _replaced_flag(ends.interpolation_on, first, chain.state.interpolation_on, like),
            _replaced_flag(ends.swept, first, chain.state.swept, like),
            orbit.axes[0],
        )
        count = chain.polarizations
        count = torch.full_like(like, count) if isinstance(count, int) else count.expand_as(like)
        polarizations = _replace_from(polarizations, first, count)
        start_states, first = corrected_start_states(
            start_states, state, ends, polarizations, orbit
        )
    return planes, _end_state(setup, start_states, ends, polarizations, orbit)


class StateRun:
    """Runs over pixels that compute only the state after them."""

    def __init__(self, setup: Setup, table: Table) -> None:
        """Prepare runs of one experiment."""
        self._setup = setup
        self._table = table

    def after(self, batch: Batch, state: BatchState) -> BatchState:
        """Return the state after the last pixel of ``batch``."""
        if is_settled(self._setup, state):
            return state
        return frame_pixels(self._setup, self._table, batch, state, STATE_ONLY)[1]


def _end_state(
    setup: Setup,
    start_states: StartStates,
    ends: BatchState,
    polarizations: Tensor,
    orbit: AxisOrbit,
) -> BatchState:
    """Return the state after the last pixel."""
    axis = orbit.axes[0]
    if uses_axis(setup):
        last = orbit.after(polarizations.sum()[None])
        axis = type(axis)(*(component[0] for component in last))
    on = ends.interpolation_on
    swept = ends.swept
    return BatchState(
        on if isinstance(on, bool) else bool(on[-1]),
        start_states.swept_from < start_states.count
        or (swept if isinstance(swept, bool) else bool(swept[-1])),
        axis,
    )


def _replace_from(before: Tensor | None, first: int, again: Tensor) -> Tensor:
    """Return values of all pixels, those from ``first`` on taken from ``again``."""
    again = again.reshape(-1)
    return again if before is None or first == 0 else torch.cat([before[:first], again])


def _replaced_flag(
    before: Tensor | bool, first: int, again: Tensor | bool, like: Tensor
) -> Tensor | bool:
    if first == 0:
        return again.expand_as(like).reshape(-1) if isinstance(again, Tensor) else again
    if not isinstance(before, Tensor):
        if before is again:
            return before
        before = torch.full((first,), before, device=like.device)
    flags = torch.full_like(like, fill_value=False, dtype=torch.bool) | again
    return _replace_from(before, first, flags)


def _compute_planes(chain: Chain, kernels: ChainKernels, like: Tensor) -> Planes:
    """Run the chain, whose pixels have the shape of ``like``, and return the requested planes."""
    counts, margin = LookupCounts(like, chain.dtype), Margin(like)
    for evaluation in run_chain(chain, kernels):
        if chain.outputs.lookups:
            counts.add(evaluation.result)
        if chain.outputs.margin:
            margin.add(evaluation.result)
        del evaluation  # the next one reuses its memory, which lies in the cache
    planes: Planes = {}
    if chain.outputs.intensity:
        planes["intensity"] = scale_to_photons(chain).intensity
    if chain.outputs.lookups:
        planes |= _f_cell_planes(counts)
    if chain.outputs.margin:
        planes["rounding_margin"] = margin.smallest
    return {name: plane.expand_as(like).reshape(-1) for name, plane in planes.items()}


def _f_cell_planes(counts: LookupCounts) -> Planes:
    planes = {
        "total_lookups": counts.total,
        "skipped_lookups": counts.skipped,
        "out_of_bounds_count": counts.out_of_bounds,
        "default_f_count": counts.default_f,
        "zero_f_count": counts.zero,
        "sum_f_cell": counts.sum,
    }
    for name, low, high in zip("hkl", counts.low, counts.high, strict=True):
        planes[f"{name}_min"], planes[f"{name}_max"] = low, high
    return planes
