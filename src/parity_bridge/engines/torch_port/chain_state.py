"""What the chain has computed of a batch of pixels, contract §6. Tensors broadcast to (pixels,)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.beam import Sources
from parity_bridge.engines.torch_port.factor_accumulator import FactorAccumulator
from parity_bridge.engines.torch_port.orientations import Orientation
from parity_bridge.engines.torch_port.run_state import BatchState
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table


class RequestedOutputs(NamedTuple):
    """What is computed in addition to the state of the run."""

    lookups: bool  # every lookup and its nearest index
    intensity: bool
    margin: bool = False  # smallest distance of any index from a half-integer tie


EVERYTHING = RequestedOutputs(lookups=True, intensity=True)
STATE_ONLY = RequestedOutputs(lookups=False, intensity=False)


@dataclass(frozen=True)
class Place:
    """Where in the loops of a pixel an evaluation stands; twin of ``pb_place``."""

    layer: int = 0
    sub_slow: int = 0
    sub_fast: int = 0
    source: int = 0
    phi_step: int = 0
    domain: int = 0


@dataclass
class Chain:
    """A batch of pixels and what the chain has computed of it; twin of ``pb_chain``.

    ``slow`` and ``fast`` are int64 of shapes that broadcast to (pixels,), which may have any number
    of axes; dtype and device are those of ``table``. ``state`` is updated.
    """

    setup: Setup
    table: Table
    outputs: RequestedOutputs
    slow: Tensor
    fast: Tensor
    state: BatchState
    #: How often the polarization axis was normalized, for each pixel or for all of them.
    polarizations: Tensor | int = 0

    def __post_init__(self) -> None:
        """Set the sum to the background, and every factor to its start."""
        is_term = self.setup.behaviours.background == "divided"
        self.I = self._filled_tensor(self.setup.beam.I_bg if is_term else 0.0)
        self.I_before_layer = self.I
        self.omega = FactorAccumulator(self.setup.omega, self._filled_tensor(0.0))
        # Without polarization the factor is 1 and, not being 0, never computed.
        self.polar = FactorAccumulator(
            self.setup.polar, self._filled_tensor(0.0 if self.setup.beam.polarized else 1.0)
        )
        self.capture = self.uncaptured()
        self.layer_capture = self.capture.value
        if self.table.values is None:
            self.state = replace(self.state, interpolation_on=False)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of everything after the geometry."""
        return self.table.default_F.dtype

    @property
    def sources(self) -> Sources:
        """All of the setup; raise ValueError for a setup that was not laid out."""
        if self.setup.sources is None:
            raise ValueError("the setup has no sources yet; lay it out")
        return self.setup.sources

    @property
    def orientations(self) -> Orientation:
        """All of the setup; raise ValueError for a setup that was not laid out."""
        if self.setup.orientations is None:
            raise ValueError("the setup has no orientations yet; lay it out")
        return self.setup.orientations

    def uncaptured(self) -> FactorAccumulator:
        """Return the captured fraction before a layer; a sensor without thickness has 1."""
        captured = 0.0 if self.setup.detector.thick.range > 0.0 else 1.0
        return FactorAccumulator(self.setup.capture, self._filled_tensor(captured))

    def _filled_tensor(self, value: float) -> Tensor:
        return torch.full_like(self.table.default_F, value)
