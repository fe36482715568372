"""What an engine observed at one pixel: the figures behind every tap and TRACE line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parity_bridge.taps.evaluations import NO_ORIENTATIONS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.experiment.hkl_table import HklTable
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import RunState

Quantity = float | int | Sequence[float] | Sequence[int] | Sequence[Sequence[float]]

#: Smallest and largest index along h, k, l.
HklBounds = tuple[Sequence[float], Sequence[float]]

#: The end of the chain in its order: sum, steps, their quotient, then the sum on its way to
#: photons, factor by factor, and what an image holds: 0 outside the region of interest (``in_roi``
#: 0) and where the mask is 0.
TOTALS = (
    "I",
    "steps",
    "I_per_step",
    "fluence_scaled",
    "normalized",
    "capture",
    "after_capture",
    "polar",
    "after_polar",
    "omega",
    "after_omega",
    "intensity",
    "image",
    "in_roi",
)


@dataclass(frozen=True)
class FCellStats:
    """Tap 4 as an engine counted it; all but the counts are meaningless without a lookup."""

    #: Names of ``taps.f_cell.COUNTS``.
    counts: Mapping[str, int]
    mean_f_cell: float  # electrons
    hkl_bounds: HklBounds
    hkl_fractional_bounds: HklBounds
    rounding_margin: float


@dataclass(frozen=True)
class Observation:
    """What an engine observed at one pixel, as plain numbers."""

    pixel: tuple[int, int]  # slow, fast
    #: Geometry, cell and beam as the engine derived them, SI units, names of ``taps.derived``.
    derived: Mapping[str, Quantity]
    #: Rows of dtype ``taps.evaluations.EVALUATION`` in order of evaluation.
    evaluations: NDArray[np.void]
    #: The end of the chain (contract §6), names of ``TOTALS``.
    totals: Mapping[str, float | int]
    f_cell: FCellStats
    hkl_table: HklTable
    oversample: int
    #: Of the run, before this pixel.
    state: RunState
    #: What was simulated.
    experiment: Experiment
    #: Region of interest in force: fast min, fast max, slow min, slow max, inclusive.
    roi: tuple[int, int, int, int]
    #: Value of the mask at the pixel; None without a mask.
    mask: int | None
    #: Rows of dtype ``taps.evaluations.ORIENTATION`` in order of evaluation; pixels that use the
    #: same ones may share them.
    orientations: NDArray[np.void] = field(default_factory=lambda: NO_ORIENTATIONS)
    #: Taps, by tap_id, that the engine records elsewhere but not here -> why, and what to change.
    unrecorded: Mapping[str, str] = field(default_factory=dict)
