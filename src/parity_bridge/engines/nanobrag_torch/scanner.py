"""Regions of one experiment by the port: images at its own speed, and Tap 4 beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.checks import check_threads
from parity_bridge.engines.nanobrag_torch.derived import derived_of
from parity_bridge.engines.nanobrag_torch.simulation import MAX_EVALUATIONS, Recorded, Simulation
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.regions import (
    Frame,
    Planes,
    Region,
    RunState,
    ScannedRegion,
    f_cell_planes,
)
from parity_bridge.taps.hkl_subpixel import tie_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.nanobrag_torch.evaluations import Evaluations
    from parity_bridge.taps.observation import Quantity

#: The port carries nothing from pixel to pixel.
_AT_REST = RunState(interpolation_on=False, swept=True, polar_axis=(0.0, 0.0, 1.0))


class NanobragScanner:
    """What ``NanobragTorch.scanner`` returns; see ``Scanner``."""

    def __init__(self, simulation: Simulation) -> None:
        """Scan the experiment of ``simulation``."""
        self._simulation = simulation
        self.pixels = simulation.pixels
        self.roi: Region = simulation.roi_region
        self._factors = structure_factors.load(simulation.experiment.structure_factors)

    @cached_property
    def _probe(self) -> Recorded:
        return self._simulation.record(np.zeros(1, np.intp), np.zeros(1, np.intp))

    @property
    def oversample(self) -> int:
        """Subpixels along each axis, which the port may choose itself."""
        return self._simulation.experiment.sampling.oversample or self._probe.evaluations.oversample

    @cached_property
    def derived(self) -> Mapping[str, Quantity]:
        """Quantities of ``taps.derived``."""
        return derived_of(self._simulation, self._probe)

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        return _AT_REST

    def is_settled(self, state: RunState) -> bool:  # noqa: ARG002 - what all scanners take
        """Return True: the order of pixels never matters."""
        return True

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Compute image and Tap 4 of ``region`` in one pass; see ``Scanner.scan``."""
        check_threads(threads)
        region.check(*self.pixels)
        image, planes = np.zeros(region.shape, dtype=np.float32), f_cell_planes(region)
        self._fill(region, planes, image)
        return ScannedRegion(image, planes, state)

    def frame(self, region: Region | None, threads: int) -> Frame:
        """Render ``region``, the whole detector by default."""
        check_threads(threads)
        region = Region.checked_or_whole(region, *self.pixels)
        image = np.zeros(region.shape, dtype=np.float32)
        if all(region.within(self.roi).shape):
            for place, part in self._parts(region):
                image[place] = self._simulation.image(part)
        return Frame(image, _AT_REST, in_order=False)

    def planes(self, region: Region | None, threads: int, out: Planes | None) -> Planes:
        """Count Tap 4 of ``region``; see ``FrameEngine.f_cell_maps``."""
        check_threads(threads)
        region = Region.checked_or_whole(region, *self.pixels)
        planes = f_cell_planes(region, out)
        self._fill(region, planes, None)
        return planes

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:  # noqa: ARG002
        """Return distances from a half-integer tie over ``region``; see ``Scanner.margins``."""
        region.check(*self.pixels)
        margins = np.full(region.shape, np.inf)
        for place, part in self._parts(region):
            evaluations = self._record(part).evaluations
            smallest = tie_distance(evaluations.hkl).min(axis=(1, 2)).reshape(part.shape)
            margins[place] = np.where(self._computed(part), smallest, np.inf)
        return margins

    def _fill(self, region: Region, planes: Planes, image: NDArray[np.float32] | None) -> None:
        for place, part in self._parts(region):
            recorded = self._record(part)
            computed = self._computed(part)
            if image is not None:
                whole = recorded.intensity.reshape(part.shape)
                image[place] = np.where(self._simulation.shown(part), whole, 0.0)
            for name, plane in self._counts(recorded).items():
                planes[name][place] = np.where(computed, plane.reshape(part.shape), 0)

    def _record(self, part: Region) -> Recorded:
        slow, fast = np.meshgrid(part.slow, part.fast, indexing="ij")
        return self._simulation.record(slow.reshape(-1), fast.reshape(-1), lookups_only=True)

    def _computed(self, part: Region) -> NDArray[np.bool_]:
        """Return which pixels of ``part`` a run computes."""
        return self._simulation.shown(part)

    def _counts(self, recorded: Recorded) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Count Tap 4 of the pixels of one run: names of ``F_CELL_PLANES`` -> (pixels,)."""
        evaluations = recorded.evaluations
        F = np.ascontiguousarray(evaluations.F_cell.T)
        total = np.full(F.shape[1], F.shape[0])
        outside, default = self._outside(evaluations)
        bounds = {
            f"{axis}_{end}": values
            for axis, pair in zip("hkl", evaluations.index_bounds, strict=True)
            for end, values in zip(("min", "max"), pair, strict=True)
        }
        return {
            "total_lookups": total,
            "skipped_lookups": np.zeros_like(total),
            "out_of_bounds_count": outside,
            "default_f_count": total if default else outside,
            "zero_f_count": (F == 0.0).sum(axis=0),
            # In their order, which sum() does not follow.
            "sum_f_cell": np.cumsum(F, axis=0)[-1],
            **bounds,
        }

    def _outside(self, evaluations: Evaluations) -> tuple[NDArray[np.int64], bool]:
        """Return how many lookups of each pixel lie outside the table; True: there is no table."""
        grid = self._factors.grid
        if grid is None:
            return np.zeros(evaluations.pixels, dtype=np.int64), True
        low, indices = np.array(self._factors.minimum), evaluations.hkl0
        inside = ((indices >= low) & (indices < low + grid.shape)).all(axis=-1)
        return (~inside).sum(axis=1), False

    def _parts(self, region: Region) -> Iterator[tuple[tuple[slice, slice], Region]]:
        """Cut a region into blocks of whole rows, or parts of rows, that one run can hold."""
        most = max(1, MAX_EVALUATIONS // (self._simulation.steps * self.oversample**2))
        rows, columns = max(1, most // len(region.fast)), min(most, len(region.fast))
        for slow in range(0, len(region.slow), rows):
            for fast in range(0, len(region.fast), columns):
                part = Region(region.slow[slow : slow + rows], region.fast[fast : fast + columns])
                shape = part.shape
                yield (slice(slow, slow + shape[0]), slice(fast, fast + shape[1])), part
