"""Regions of one experiment, image and Tap 4 from one pass of the C core's chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core.frame import FrameContext, render
from parity_bridge.engines.c_core.observations import derived_from_setup
from parity_bridge.engines.checks import check_threads
from parity_bridge.experiment.regions import Region, RunState, ScannedRegion, f_cell_planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.observation import Quantity


class CoreScanner:
    """What ``CCore.scanner`` returns; see ``Scanner``."""

    def __init__(self, frame_context: FrameContext) -> None:
        """Scan the experiment of ``frame_context``."""
        self._frame_context = frame_context
        setup = frame_context.setup
        pixels_fast, pixels_slow = setup.detector.pixels
        self.pixels = (pixels_slow, pixels_fast)
        self.roi = Region.from_roi(setup.detector.roi, pixels_slow, pixels_fast)
        self.oversample: int = setup.oversample
        self.derived: Mapping[str, Quantity] = derived_from_setup(setup, frame_context.table)

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        return self._frame_context.start()

    def is_settled(self, state: RunState) -> bool:
        """Return whether nothing in ``state`` will change."""
        return self._frame_context.is_settled(state)

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Compute image and Tap 4 of ``region``; see ``Scanner.scan``."""
        threads = check_threads(threads)
        region.check(*self.pixels)
        image, planes = np.empty(region.shape, dtype=np.float32), f_cell_planes(region)
        after, _ = render(self._frame_context, region, state, threads, image=image, planes=planes)
        return ScannedRegion(image, planes, after)

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:
        """Compute distances from a half-integer tie over ``region``; see ``Scanner.margins``."""
        region.check(*self.pixels)
        margins = np.empty(region.shape, dtype=np.float64)
        planes = {**f_cell_planes(region), "rounding_margin": margins}
        render(self._frame_context, region, state, 1, planes=planes)
        return margins
