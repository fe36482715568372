"""What an engine saw at one pixel: the figures that every tap and TRACE line is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.frames import RunState
    from parity_bridge.taps.f_cell import FCellValues, HklTable

Quantity = float | int | Sequence[float] | Sequence[int] | Sequence[Sequence[float]]


@dataclass(frozen=True)
class Observation:
    """What an engine saw at one pixel, as plain numbers."""

    pixel: tuple[int, int]  # slow, fast
    #: Geometry, cell and beam as the engine derived them, SI units, names of ``taps.derived``.
    derived: Mapping[str, Quantity]
    #: Rows of dtype ``taps.evaluations.EVALUATION`` in order of evaluation.
    evaluations: NDArray[np.void]
    #: I, steps, omega, polar, capture, intensity: the end of the chain (contract §6).
    totals: Mapping[str, float | int]
    f_cell: FCellValues
    hkl_table: HklTable
    oversample: int
    #: Of the run, before this pixel.
    state: RunState
