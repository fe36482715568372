"""The reference's own values of an experiment, laid out along the labelled axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.experiment import structure_factors
from parity_bridge.locate.figures.axes import AXES, LOOPS, lay
from parity_bridge.taps.evaluations import EvaluationKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.taps.observation import Observation


@dataclass(frozen=True)
class Reference:
    """What the C core observed at the pixels of an experiment."""

    experiment: Experiment
    behaviours: Behaviours
    observations: Sequence[Observation]

    @cached_property
    def factors(self) -> StructureFactors:
        """The structure factors as the reference reads them."""
        return structure_factors.load(self.experiment.structure_factors, self.behaviours)

    def derived(self, name: str) -> Any:
        """Return a quantity of ``taps.derived``; it is the same at every pixel."""
        return self.observations[0].derived[name]

    def vector(self, name: str) -> Array:
        """Return a derived vector, along ``xyz``."""
        return lay(self.derived(name), "xyz")

    def number(self, name: str) -> Array:
        """Return a derived number."""
        return lay(self.derived(name))

    def three(self, *names: str) -> Array:
        """Return three derived numbers, or three vectors, along ``cell``."""
        values = np.array([self.derived(name) for name in names], dtype=np.float64)
        return lay(values, "cell", "xyz") if values.ndim > 1 else lay(values, "cell")

    def total(self, name: str) -> Array:
        """Return a figure of the end of the chain, one for each pixel."""
        return lay([one.totals[name] for one in self.observations], "pixel")

    @property
    def pixels(self) -> Array:
        """Slow and fast of each pixel, (pixels, 2)."""
        return np.array([one.pixel for one in self.observations], dtype=np.float64)

    @cached_property
    def loops(self) -> tuple[int, ...]:
        """How many layers, subpixels along slow and fast, sources, steps and domains there are."""
        n = self.observations[0].oversample
        sizes = ("detector_thicksteps", "sources", "phisteps", "mosaic_domains")
        layers, *inner = (int(self.derived(name)) for name in sizes)
        return layers, n, n, *inner

    @cached_property
    def kinds(self) -> Any:
        """How each evaluation ended, shape (pixels, *loops)."""
        return self._rows("kind")

    def column(self, name: str, inner: str = "") -> Array:
        """Return a column of the evaluations, without the axes on which it does not depend.

        ``inner`` names the axis of its components. What was not computed is NaN.
        """
        values = self._rows(name).astype(np.float64)
        reached = self.kinds != EvaluationKind.BEYOND_DMIN
        if name in ("F_cell", "default_f", "out_of_bounds"):
            reached = self.kinds == EvaluationKind.LOOKUP
        if name in ("hkl", "hkl0", "F_latt", "F_latt_factors", "F_cell"):
            values[~reached] = np.nan
        axes = ("pixel", *LOOPS, inner) if inner else ("pixel", *LOOPS)
        return without_idle_axes(lay(values, *axes))

    def _rows(self, name: str) -> Any:
        stacked = np.stack([one.evaluations[name] for one in self.observations])
        return stacked.reshape(len(self.observations), *self.loops, *stacked.shape[2:])


def without_idle_axes(values: Array) -> Array:
    """Return ``values`` with length 1 on each axis along which nothing changes."""
    for axis in range(len(AXES)):
        if values.shape[axis] > 1:
            first = np.take(values, [0], axis)
            if np.array_equal(np.broadcast_to(first, values.shape), values, equal_nan=True):
                values = first
    return values
