"""What the pixels of a run share, and the batches that the run is divided into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import torch

from parity_bridge.engines.torch_port.frame import Batch, StateRun
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.experiment.regions import Region, check_mask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.engines.torch_port.run_state import BatchState

#: Pixels of a batch on the CPU: enough that calling torch costs little, and few enough that their
#: values stay in the cache.
CPU_BATCH = 65_536

#: The same for compiled steps, which need less memory for each pixel.
COMPILED_BATCH = 131_072

#: On other devices: enough to keep them busy.
DEVICE_BATCH = 1_048_576


@dataclass(frozen=True)
class FrameContext:
    """An experiment ready for pixels."""

    setup: Setup
    table: Table
    mask: NDArray[np.uint8] | None  # (slow, fast)
    batch: int | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for a mask of another size than the detector."""
        fast, slow = self.setup.detector.pixels
        check_mask(self.mask, slow, fast)

    @property
    def device(self) -> torch.device:
        """Where pixels are computed."""
        return self.table.default_F.device

    @property
    def roi(self) -> Region:
        """The region of interest within the detector; the mask may leave out pixels of it."""
        fast, slow = self.setup.detector.pixels
        return Region.from_roi(self.setup.detector.roi, slow, fast)

    def is_complete(self, region: Region) -> bool:
        """Return whether a run computes every pixel of ``region``."""
        return self.mask is None and region.within(self.roi) == region

    def batches(self, region: Region) -> Iterator[Batch]:
        """Yield the pixels of ``region`` that a run computes, in its order."""
        computed = region.within(self.roi)
        slow, fast = computed.slow, computed.fast
        if not (slow and fast):
            return
        size = self.batch or (CPU_BATCH if self.device.type == "cpu" else DEVICE_BATCH)
        rows = max(1, size // len(fast))
        for top in range(slow.start, slow.stop, rows):
            for left in range(fast.start, fast.stop, size):
                block = Region(
                    range(top, min(top + rows, slow.stop)),
                    range(left, min(left + size, fast.stop)),
                )
                batch = self._unmasked_batch(block)
                if len(batch):
                    yield batch

    def _unmasked_batch(self, block: Region) -> Batch:
        if self.mask is None:
            return Batch(
                torch.arange(block.slow.start, block.slow.stop, device=self.device)[:, None],
                torch.arange(block.fast.start, block.fast.stop, device=self.device),
            )
        part = self.mask[block.slices]
        slow, fast = part.nonzero()
        return Batch(
            torch.from_numpy(slow).to(self.device) + block.slow.start,
            torch.from_numpy(fast).to(self.device) + block.fast.start,
        )

    def states_before(self, pixels: list[tuple[int, int]], start: BatchState) -> list[BatchState]:
        """Return the states in which a run over the whole frame reaches ``pixels``."""
        run = StateRun(self.setup, self.table)
        states = {}
        state, reached = start, (0, 0)
        for pixel in sorted(set(pixels)):
            for batch in self._batches_between(reached, pixel):
                following = run.after(batch, state)
                if following is state:
                    break
                state = following
            states[pixel] = state
            reached = pixel
        return [states[pixel] for pixel in pixels]

    def _batches_between(self, first: tuple[int, int], last: tuple[int, int]) -> Iterator[Batch]:
        """Yield the pixels from ``first`` to the one before ``last``."""
        width = self.setup.detector.pixels[0]
        if first[0] == last[0]:
            return self.batches(_part_of_row(first[0], range(first[1], last[1])))
        return chain(
            self.batches(_part_of_row(first[0], range(first[1], width))),
            self.batches(Region(range(first[0] + 1, last[0]), range(width))),
            self.batches(_part_of_row(last[0], range(last[1]))),
        )


def _part_of_row(slow: int, fast: range) -> Region:
    return Region(range(slow, slow + 1), fast)
