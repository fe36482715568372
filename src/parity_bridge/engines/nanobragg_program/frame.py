"""Regions of one experiment, rendered by runs of a program with ``-roi`` and ``-floatfile``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.engines.nanobragg_program.program_input import ProgramInput
from parity_bridge.engines.nanobragg_program.runs import run_region
from parity_bridge.engines.nanobragg_program.subpixel_detector import PixelGrid, pixel_grid_of
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Region, check_mask
from parity_bridge.experiment.smv import read_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FrameContext:
    """A detector, and which of its pixels an image leaves 0."""

    program: Program
    experiment: Experiment

    def __post_init__(self) -> None:
        """Raise UsageError for a mask of another size than the detector."""
        check_mask(self.mask, *self.pixels)

    @cached_property
    def program_input(self) -> ProgramInput:
        """What the program is given."""
        return ProgramInput(self.experiment)

    @cached_property
    def pixel_grid(self) -> PixelGrid:
        """Size and number of the detector's pixels."""
        return pixel_grid_of(self.experiment.detector)

    @property
    def pixels(self) -> tuple[int, int]:
        """Pixels along slow and fast."""
        return self.pixel_grid.slow, self.pixel_grid.fast

    @property
    def roi(self) -> tuple[int, int, int, int]:
        """Region of interest in force: fast min, fast max, slow min, slow max, inclusive."""
        return self.experiment.sampling.roi or (0, self.pixel_grid.fast, 0, self.pixel_grid.slow)

    @property
    def roi_region(self) -> Region:
        """The pixels that a run computes; either range may be empty."""
        return Region.from_roi(self.roi, *self.pixels)

    @cached_property
    def mask(self) -> NDArray[np.uint8] | None:
        """(slow, fast); 0 where the image is left 0."""
        file = self.experiment.detector.mask
        return None if file is None else read_mask(file)

    def is_masked(self, pixel: tuple[int, int]) -> bool:
        """Return whether the mask leaves out ``pixel`` (slow, fast)."""
        return self.mask is not None and self.mask[pixel] == 0

    def render(self, region: Region, threads: int) -> NDArray[np.float32]:
        """Render ``region``, (slow, fast), in one run; raise EngineError where it fails.

        The mask is applied here where the user's own words do not name it to the program.
        """
        image, names_mask = np.zeros(region.shape, dtype=np.float32), False
        computed = region.within(self.roi_region)
        if all(computed.shape):
            slow, fast = (
                slice(part.start - whole.start, part.stop - whole.start)
                for part, whole in ((computed.slow, region.slow), (computed.fast, region.fast))
            )
            image[slow, fast], names_mask = run_region(
                self.program, self.program_input, self.pixel_grid, computed, threads
            )
        if self.mask is not None and not names_mask:
            image[self.mask[region.slices] == 0] = 0.0
        return image
