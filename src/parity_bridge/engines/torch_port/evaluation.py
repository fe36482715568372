"""One evaluation: Miller indices, lattice factor, lookup, and its term of the sum, contract §6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.chain_state import Place, RequestedOutputs
from parity_bridge.engines.torch_port.factor_accumulator import select_where
from parity_bridge.engines.torch_port.lattice import lattice_factor
from parity_bridge.engines.torch_port.orientations import Orientation, miller_index
from parity_bridge.engines.torch_port.scattering import Scattering
from parity_bridge.engines.torch_port.setup import FactorMode, Setup
from parity_bridge.engines.torch_port.structure_factors import (
    Table,
    nearest_index,
    nearest_lookup,
    structure_factor,
)
from parity_bridge.engines.torch_port.subpixel import SubpixelGeometry
from parity_bridge.engines.torch_port.vec3 import Vec3


class PerLookupFactors(NamedTuple):
    """Factors that multiply each term or the running sum; None: a factor that does not."""

    weight: Tensor | None
    capture: Tensor | None
    polar: Tensor | None
    omega: Tensor | None


class EvaluationResult(NamedTuple):
    """What one evaluation computed."""

    hkl: Vec3
    hkl0: Vec3 | None  # whole numbers, float64
    F_latt_factors: Vec3 | None  # along a, b, c; None: the shape has none
    F_latt: Tensor | None
    has_lookup: Tensor | None  # bool: a structure factor was looked up; None: everywhere
    F_cell: Tensor  # electrons; meaningless where there was no lookup
    out_of_bounds: Tensor  # bool, as is the next one; False where there was no lookup
    default_f: Tensor
    interpolation_on: Tensor | bool
    I: Tensor


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of every pixel; twin of ``pb_evaluation``. Tensors broadcast to (pixels,)."""

    place: Place
    geometry: SubpixelGeometry
    scattering: Scattering
    #: Row of the setup's rotations in force, one for all pixels or for each, and its orientation.
    rotation: Tensor | int
    orientation: Orientation
    result: EvaluationResult
    omega: Tensor  # sr, the value in force, as are capture and polar
    capture: Tensor
    polar: Tensor


def evaluate(
    setup: Setup,
    table: Table,
    outputs: RequestedOutputs,
    orientation: Orientation,
    scattering: Scattering,
    interpolation_on: Tensor | bool,
    I: Tensor,
    scales: PerLookupFactors,
) -> EvaluationResult:
    """Compute the lattice factor, then look F up unless it cannot matter, then add to the sum."""
    hkl = miller_index(orientation, scattering.q)
    behaviours = setup.behaviours
    hkl0, F_latt, factors, lookup = None, None, None, None
    parallelepiped = setup.crystal.shape == "parallelepiped"
    if outputs.lookups or table.values is not None or not parallelepiped:
        hkl0 = Vec3(*(nearest_index(index, behaviours.rounding) for index in hkl))
    if outputs.intensity or setup.may_skip:
        F_latt, factors = lattice_factor(setup.crystal, hkl, hkl0, table.default_F.dtype)
    if scattering.beyond_dmin is not None:
        lookup = ~scattering.beyond_dmin
    if setup.may_skip and F_latt is not None:
        useful = F_latt != 0.0
        lookup = useful if lookup is None else lookup & useful
    # The nearest index is left out only without a table, where every lookup is the same.
    nearest = hkl if hkl0 is None else hkl0
    if interpolation_on is False:
        lookup_result = nearest_lookup(table, nearest, behaviours.in_box_zero)
        still_on: Tensor | bool = False
    else:
        lookup_result, still_on = structure_factor(
            table, hkl, nearest, interpolation_on, behaviours
        )
        if lookup is not None and still_on is not interpolation_on:
            still_on = torch.where(lookup, still_on, interpolation_on)
    if outputs.intensity and F_latt is not None:
        I = select_where(lookup, _add_to_sum(I, lookup_result.F_cell, F_latt, scales, setup), I)
    return EvaluationResult(
        hkl,
        hkl0,
        factors,
        F_latt,
        lookup,
        lookup_result.F_cell,
        lookup_result.out_of_bounds if lookup is None else lookup_result.out_of_bounds & lookup,
        lookup_result.default_f if lookup is None else lookup_result.default_f & lookup,
        still_on,
        I,
    )


def _add_to_sum(
    I: Tensor, F_cell: Tensor, F_latt: Tensor, scales: PerLookupFactors, setup: Setup
) -> Tensor:
    """Return the running sum after a lookup; oversampled factors multiply the sum, or the term."""
    term = F_cell * F_cell * F_latt * F_latt
    if scales.weight is not None:
        term = term * scales.weight
    modes = (setup.capture, setup.polar, setup.omega)
    factors = list(zip((scales.capture, scales.polar, scales.omega), modes, strict=True))
    for factor, mode in factors:
        if factor is not None and mode is FactorMode.TERM:
            term = term * factor
    I = I + term
    for factor, mode in factors:
        if factor is not None and mode is FactorMode.RUNNING_SUM:
            I = I * factor
    return I
