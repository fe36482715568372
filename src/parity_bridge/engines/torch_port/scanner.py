"""Regions of one experiment, image and Tap 4 from one pass of the PyTorch port's chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from parity_bridge.engines.checks import check_threads
from parity_bridge.engines.torch_port.chain import ChainKernels
from parity_bridge.engines.torch_port.chain_state import RequestedOutputs
from parity_bridge.engines.torch_port.failures import torch_errors
from parity_bridge.engines.torch_port.frame import Batch, frame_pixels
from parity_bridge.engines.torch_port.frame_context import FrameContext
from parity_bridge.engines.torch_port.observations import NOT_FINITE, derived_of
from parity_bridge.engines.torch_port.pool import run_batches
from parity_bridge.engines.torch_port.run_state import BatchState, is_settled, start
from parity_bridge.engines.torch_port.state_conversion import run_state, to_batch_state
from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import Planes, Region, RunState, ScannedRegion, f_cell_planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.observation import Quantity


class TorchScanner:
    """What ``TorchPort.scanner`` returns; see ``Scanner``."""

    def __init__(
        self,
        frame_context: FrameContext,
        kernels: ChainKernels,
        *,
        is_compiled: bool,
        check_finite: bool,
    ) -> None:
        """Scan the experiment of ``frame_context``.

        Torch's own threads divide a batch where ``kernels`` are compiled. With ``check_finite`` an
        intensity that is not finite is an error.
        """
        self._context = frame_context
        self._kernels = kernels
        self._is_compiled = is_compiled
        self._check_finite = check_finite
        setup = frame_context.setup
        pixels_fast, pixels_slow = setup.detector.pixels
        self.pixels = (pixels_slow, pixels_fast)
        self.roi = frame_context.roi
        self.oversample = setup.oversample
        self.derived: Mapping[str, Quantity] = derived_of(setup, frame_context.table)

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        return run_state(start(self._context.setup, self._context.table))

    def is_settled(self, state: RunState) -> bool:
        """Return whether nothing in ``state`` will change."""
        return is_settled(self._context.setup, to_batch_state(state, self._context.device))

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Compute image and Tap 4 of ``region``; see ``Scanner.scan``."""
        threads = check_threads(threads)
        region.check(*self.pixels)
        image, planes = np.empty(region.shape, dtype=np.float32), f_cell_planes(region)
        after, _ = self.render(region, state, threads, image=image, planes=planes)
        return ScannedRegion(image, planes, after)

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:
        """Compute distances from a half-integer tie over ``region``; see ``Scanner.margins``."""
        region.check(*self.pixels)
        margins = np.empty(region.shape, dtype=np.float64)
        self.render(region, state, 1, planes={"rounding_margin": margins})
        return margins

    def render(
        self,
        region: Region,
        state: RunState,
        threads: int,
        *,
        image: NDArray[np.float32] | None = None,
        planes: Planes | None = None,
    ) -> tuple[RunState, bool]:
        """Fill ``image`` and planes of Tap 4 over ``region``, either or both, from ``state`` on.

        Arrays have the shape of the region; ``rounding_margin``, float64, may be among the planes.
        Return the state after the last pixel, and whether the order of pixels mattered.
        """
        frame_context = self._context
        planes = planes or {}
        outputs = RequestedOutputs(
            lookups=bool(planes),
            intensity=image is not None,
            margin="rounding_margin" in planes,
        )
        arrays = planes if image is None else {**planes, "image": image}
        if not frame_context.is_complete(region):
            _clear_planes(arrays)

        def compute(batch: Batch, before: BatchState) -> BatchState:
            values, after = frame_pixels(
                frame_context.setup, frame_context.table, batch, before, outputs, self._kernels
            )
            if image is not None:
                values["image"] = self._checked_image(values["intensity"])
            place, shape = _batch_places(batch, region), batch.like.shape
            for name, array in arrays.items():
                array[place] = values[name].reshape(shape).cpu().numpy()
            return after

        with torch_errors():
            begin = to_batch_state(state, frame_context.device)
            batches = frame_context.batches(region)
            after, in_order = run_batches(
                frame_context, batches, begin, compute, threads, divided=self._is_compiled
            )
            return run_state(after), in_order

    def _checked_image(self, intensity: torch.Tensor) -> torch.Tensor:
        """Return the image; raise UsageError where a value is not finite and that is checked."""
        if self._check_finite and not intensity.isfinite().all():
            raise UsageError(NOT_FINITE)
        return (0.0 + intensity).to(torch.float32)


def _clear_planes(arrays: Planes) -> None:
    """Fill in the values of pixels that are not computed."""
    for name, array in arrays.items():
        array.fill(np.inf if name == "rounding_margin" else 0)


def _batch_places(batch: Batch, region: Region) -> Any:
    """Return where pixels lie in an array of the region's shape: a block, or one by one."""
    slow, fast = batch.slow, batch.fast
    if slow.ndim == 1:
        return (
            slow.cpu().numpy() - region.slow.start,
            fast.cpu().numpy() - region.fast.start,
        )
    top, left = int(slow[0, 0]) - region.slow.start, int(fast[0]) - region.fast.start
    return np.s_[top : top + slow.shape[0], left : left + fast.shape[0]]
