"""Conversion between ``RunState``, which every engine takes, and the port's ``BatchState``."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from parity_bridge.engines.torch_port.run_state import BatchState
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.experiment.regions import RunState


def run_state(state: BatchState) -> RunState:
    """Return the RunState of a state that holds for all pixels."""
    x, y, z = (component.item() for component in state.axis)
    return RunState(bool(state.interpolation_on), bool(state.swept), (x, y, z))


def to_batch_state(state: RunState, device: torch.device) -> BatchState:
    """Return the state for any pixels on ``device``."""
    axis = (torch.tensor(x, dtype=torch.float64, device=device) for x in state.polar_axis)
    return BatchState(state.interpolation_on, state.swept, Vec3(*axis))


def stack_states(states: Sequence[BatchState]) -> BatchState:
    """Stack states of one pixel each into the state of a batch."""
    device = states[0].axis.x.device
    return BatchState(
        interpolation_on=_flag_tensor([state.interpolation_on for state in states], device),
        swept=_flag_tensor([state.swept for state in states], device),
        axis=Vec3(*map(torch.stack, zip(*(state.axis for state in states), strict=True))),
    )


def _flag_tensor(flags: Sequence[torch.Tensor | bool], device: torch.device) -> torch.Tensor | bool:
    if all(flag is True for flag in flags):
        return True
    if all(flag is False for flag in flags):
        return False
    return torch.tensor(flags, device=device)
