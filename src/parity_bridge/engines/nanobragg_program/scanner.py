"""Regions of one experiment by a program: their images, and no Tap 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from parity_bridge.engines.checks import check_threads
from parity_bridge.engines.nanobragg_program.frame import FrameContext
from parity_bridge.engines.nanobragg_program.pixel_order import AT_REST, check_order
from parity_bridge.engines.nanobragg_program.runs import run_pixel
from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import Region, RunState, ScannedRegion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.taps.observation import Quantity

NO_REGIONS = (
    "a program prints Tap 4 of one pixel a run, and of regions nothing but the image; tap single "
    "pixels"
)


class ProgramScanner:
    """What ``NanobraggProgram.scanner`` returns; see ``Scanner``."""

    #: Regions come without Tap 4.
    has_f_cell: ClassVar[bool] = False

    def __init__(self, frame_context: FrameContext) -> None:
        """Run the program at one pixel, for the oversampling that it chooses.

        Raise UsageError where the order of pixels matters, since every region is a run of its own.
        """
        check_order(frame_context.experiment, "regions")
        self._canvas = frame_context
        self.pixels = frame_context.pixels
        self.roi: Region = frame_context.roi_region
        first = run_pixel(
            frame_context.program, frame_context.program_input, frame_context.pixel_grid, (0, 0),
            is_masked=frame_context.is_masked((0, 0)),
        )  # fmt: skip
        self.oversample = first.counts.oversample
        #: A program prints only some derived quantities, and these at 6 digits.
        self.derived: Mapping[str, Quantity] = {}

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        return AT_REST

    def is_settled(self, state: RunState) -> bool:  # noqa: ARG002 - what all scanners take
        """Return True: where the order of pixels matters there is no scanner."""
        return True

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Render the image of ``region``, no planes; see ``Scanner.scan``."""
        threads = check_threads(threads)
        region.check(*self.pixels)
        return ScannedRegion(self._canvas.render(region, threads), {}, state)

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:  # noqa: ARG002
        """Raise UsageError: the program does not print distances."""
        raise UsageError(NO_REGIONS)
