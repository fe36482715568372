"""A scanner for an engine that only observes single pixels: slow, but it works for any engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.protocol import Engine, FrameEngine, Scanner
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.regions import (
    F_CELL_PLANES,
    Planes,
    Region,
    RunState,
    ScannedRegion,
    f_cell_planes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation, Quantity

#: Pixels observed in one call.
_BATCH = 256


def scanner_of(engine: Engine, experiment: Experiment, behaviours: Behaviours) -> Scanner:
    """Return the engine's own scanner, or one that observes pixel by pixel."""
    if callable(getattr(engine, "scanner", None)):
        frames: FrameEngine = engine  # type: ignore[assignment]
        return frames.scanner(experiment, behaviours=behaviours)
    return ObservingScanner(engine, experiment, behaviours)


class ObservingScanner:
    """A ``Scanner`` by observation; every pixel begins as in a run over the frame."""

    def __init__(self, engine: Engine, experiment: Experiment, behaviours: Behaviours) -> None:
        """Observe one pixel, so that an engine that cannot fails at once.

        The size of the detector is the C core's: not every engine states it.
        """
        self._engine = engine
        self._experiment = experiment
        self._behaviours = behaviours
        c_scanner = CCore().scanner(experiment)
        self.pixels, self.roi = c_scanner.pixels, c_scanner.roi
        first = self._observe([(0, 0)])[0]
        self.derived: Mapping[str, Quantity] = first.derived
        self.oversample = first.oversample
        self._start = first.state

    def start(self) -> RunState:
        """Return the state in which the engine began its first pixel."""
        return self._start

    def is_settled(self, state: RunState) -> bool:  # noqa: ARG002 - what all scanners take
        """Return True: the engine itself takes care of the order of pixels."""
        return True

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:  # noqa: ARG002
        """Return image and Tap 4 of ``region``, observed pixel by pixel."""
        image = np.zeros(region.shape, dtype=np.float32)
        planes = f_cell_planes(region)
        for plane in planes.values():
            plane.fill(0)
        for observation, place in self._observations(region):
            image[place] = observation.totals["image"]
            if _is_computed(observation):
                _fill_planes(planes, place, observation)
        return ScannedRegion(image, planes, state)

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the smallest distance of any index from a half-integer tie, (slow, fast)."""
        margins = np.full(region.shape, np.inf)
        for observation, place in self._observations(region):
            if _is_computed(observation) and observation.f_cell.counts["total_lookups"]:
                margins[place] = observation.f_cell.rounding_margin
        return margins

    def _observations(self, region: Region) -> Iterator[tuple[Observation, tuple[int, int]]]:
        """Yield every pixel and its place in the region; few are in memory: each takes some kB."""
        pixels = [(slow, fast) for slow in region.slow for fast in region.fast]
        for start in range(0, len(pixels), _BATCH):
            for observation in self._observe(pixels[start : start + _BATCH]):
                slow, fast = observation.pixel
                yield observation, (slow - region.slow.start, fast - region.fast.start)

    def _observe(self, pixels: list[tuple[int, int]]) -> list[Observation]:
        return self._engine.observe(
            self._experiment, pixels, behaviours=self._behaviours, in_frame=True
        )


def _is_computed(observation: Observation) -> bool:
    """Return whether a run over the frame computes the pixel at all."""
    return bool(observation.totals["in_roi"]) and observation.mask != 0


def _fill_planes(planes: Planes, place: tuple[int, int], observation: Observation) -> None:
    counts = observation.f_cell.counts
    total = counts["total_lookups"]
    for name in F_CELL_PLANES:
        if name in counts:
            planes[name][place] = counts[name]
    if total == 0:
        # The values that an engine leaves there that counts plane by plane.
        lowest, highest = [2**31 - 1] * 3, [-(2**31)] * 3
    else:
        lowest, highest = ([int(x) for x in ends] for ends in observation.f_cell.hkl_bounds)
        # In order of evaluation, which sum() does not keep.
        planes["sum_f_cell"][place] = np.cumsum(observation.evaluations["F_cell"])[-1]
    for axis, low, high in zip("hkl", lowest, highest, strict=True):
        planes[f"{axis}_min"][place], planes[f"{axis}_max"][place] = low, high
