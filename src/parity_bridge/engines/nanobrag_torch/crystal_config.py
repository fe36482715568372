"""The port's configuration of the crystal (contract §3, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.nanobrag_torch.axes import convention_axes
from parity_bridge.engines.nanobrag_torch.package import Package
from parity_bridge.engines.nanobrag_torch.sampled_steps import spindle_sweep

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Crystal, Experiment

_SHAPES = {
    "parallelepiped": "SQUARE", "round": "ROUND", "gauss": "GAUSS", "tophat": "TOPHAT",
}  # fmt: skip

#: Domains where a spread is given without their number (contract §4).
_DOMAINS = 10


def crystal_config(package: Package, experiment: Experiment) -> Any:
    """Configure cell, orientation, size, shape, sweep and mosaic; Å and degrees."""
    crystal, sampling = experiment.crystal, experiment.sampling
    whole, steps = spindle_sweep(sampling.oscillation)
    seed = crystal.random_misset_seed
    return package.config(
        "CrystalConfig",
        **_cell(package, experiment),
        misset_deg=crystal.misset,
        misset_random=seed is not None,
        misset_seed=seed,
        phi_start_deg=sampling.phi,
        osc_range_deg=whole,
        phi_steps=steps,
        spindle_axis=convention_axes(experiment.detector).spindle,
        mosaic_spread_deg=crystal.mosaic_spread or 0.0,
        mosaic_domains=mosaic_domains(crystal),
        mosaic_seed=crystal.mosaic_seed,
        N_cells=tuple(max(1, count) for count in crystal.cells),
        default_F=experiment.structure_factors.default_F,
        shape=package.classes["CrystalShape"][_SHAPES[crystal.shape]],
        fudge=crystal.fudge,
    )


def mosaic_domains(crystal: Crystal) -> int:
    """Return the number of mosaic domains: one without a spread."""
    if not crystal.mosaic_spread:
        return 1 if crystal.mosaic_spread is None else crystal.mosaic_domains or 1
    return crystal.mosaic_domains or _DOMAINS


def _cell(package: Package, experiment: Experiment) -> dict[str, Any]:
    """Return the cell, and the reciprocal vectors (1/Å) where a matrix is given."""
    cell, matrix = experiment.crystal.cell, experiment.crystal.matrix
    names = ("cell_a", "cell_b", "cell_c", "cell_alpha", "cell_beta", "cell_gamma")
    if matrix is None and cell is not None:
        angles = (90.0 if angle is None else angle for angle in (cell.alpha, cell.beta, cell.gamma))
        edges = (cell.a, cell.b or cell.a, cell.c or cell.a)
        return dict(zip(names, (*edges, *angles), strict=True))
    # Matrix files contain the wavelength; a column is a reciprocal vector.
    columns = np.array(matrix).reshape(3, 3).T / experiment.beam.wavelength
    lengths_and_angles = package.classes["reciprocal_to_real_cell"](*columns)
    stars = dict(zip(("mosflm_a_star", "mosflm_b_star", "mosflm_c_star"), columns, strict=True))
    return {**dict(zip(names, map(float, lengths_and_angles), strict=True)), **stars}
