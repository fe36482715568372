"""What a run carries from one pixel to the next, contract §5 and §6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.engines.torch_port.vec3 import Vec3, unit

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BatchState:
    """What a run carries from pixel to pixel, for each pixel; twin of ``pb_run_state``.

    A ``bool`` stands for all pixels. The axis is float64, of shape () where it is the same for all.
    """

    interpolation_on: Tensor | bool
    swept: Tensor | bool
    axis: Vec3


def start(setup: Setup, table: Table) -> BatchState:
    """Return the state at the start of a run.

    Interpolation, where the setup has it, is on; no sweep has been made, where that makes a
    difference; the polarization axis has been normalized once.
    """
    return BatchState(
        interpolation_on=setup.interpolate and table.values is not None,
        swept=setup.leading_zeros == 0,
        axis=setup.detector.polar,
    )


def is_settled(setup: Setup, state: BatchState) -> bool:
    """Return whether the order of pixels no longer matters; ``state`` holds for all pixels."""
    if state.interpolation_on is not False or state.swept is not True:
        return False
    if not setup.computes_polar or setup.beam.polarization == 0.0:
        return True
    again = unit(state.axis)
    return all(bool(a == b) for a, b in zip(again, state.axis, strict=True))
