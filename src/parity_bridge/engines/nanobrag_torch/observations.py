"""Observations of the port: rows of what was recorded, one Observation a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.nanobrag_torch.derived import derived_of
from parity_bridge.taps.counting import observation_of
from parity_bridge.taps.evaluations import EVALUATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.nanobrag_torch.evaluations import Evaluations
    from parity_bridge.engines.nanobrag_torch.simulation import Recorded, Simulation
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation


def observations_of(
    simulation: Simulation,
    recorded: Recorded,
    pixels: Sequence[tuple[int, int]],
    factors: StructureFactors,
) -> list[Observation]:
    """Return an Observation for each of ``pixels`` (slow, fast), in the order they were run."""
    derived, evaluations = derived_of(simulation, recorded), recorded.evaluations
    observations = []
    for number, pixel in enumerate(pixels):
        rows = _rows(evaluations, number)
        mark_outside(rows, factors)
        item = observation_of(
            simulation.experiment, pixel, rows, factors.provenance, evaluations.oversample,
            totals=_totals(simulation, pixel, float(recorded.intensity[number])),
            roi=simulation.roi,
            mask=None if simulation.mask is None else int(simulation.mask[pixel]),
        )  # fmt: skip
        observations.append(replace(item, derived=derived, orientations=evaluations.orientations))
    return observations


def mark_outside(rows: NDArray[np.void], factors: StructureFactors) -> None:
    """Fill in which lookups lie outside the table, by the table's own extents."""
    if factors.grid is None:
        rows["default_f"] = 1
        return
    low = np.array(factors.minimum)
    inside = ((rows["hkl0"] >= low) & (rows["hkl0"] < low + factors.grid.shape)).all(axis=-1)
    rows["out_of_bounds"] = rows["default_f"] = ~inside


def _rows(evaluations: Evaluations, number: int) -> NDArray[np.void]:
    """Return the rows of one pixel of a run, by its place in it."""
    n, sources = evaluations.oversample, evaluations.sources
    shape = (n, n, sources, evaluations.phi_steps, evaluations.domains)
    rows = np.zeros(int(np.prod(shape)), dtype=EVALUATION)
    for name in EVALUATION.names or ():
        if rows[name].dtype.kind == "f":
            rows[name] = np.nan
    loops = ("sub_slow", "sub_fast", "source", "phi_step", "domain")
    for name, index in zip(loops, np.indices(shape), strict=True):
        rows[name] = index.reshape(-1)
    for name in ("position", "q", "hkl", "F_cell", "polar"):
        rows[name] = getattr(evaluations, name)[number]
    rows["hkl0"] = evaluations.hkl0[number]
    rows["F_latt_factors"] = evaluations.lattice_factors[number]
    return rows


def _totals(simulation: Simulation, pixel: tuple[int, int], intensity: float) -> dict[str, float]:
    roi, mask = simulation.roi_region, simulation.mask
    in_roi = pixel[0] in roi.slow and pixel[1] in roi.fast
    shown = in_roi and (mask is None or mask[pixel] != 0)
    return {
        "intensity": intensity,
        "image": float(np.float32(intensity)) if shown else 0.0,
        "in_roi": int(in_roi),
    }
