"""Pixels, contract §6, for one source, one spindle angle, one domain and no sensor depth.

Everything below is batched over pixels: tensors have the shape (pixels,), one entry a pixel, and
what the C twin decides with an ``if`` is a mask here. The loop over subpixels stays a loop, because
what a subpixel does depends on the ones before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.beam import is_beyond_dmin, scattering_vector
from parity_bridge.engines.torch_port.crystal import miller_index
from parity_bridge.engines.torch_port.detector import Detector, solid_angle, subpixel_position
from parity_bridge.engines.torch_port.lattice import lattice_factor
from parity_bridge.engines.torch_port.polarization import polarization_factor
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import (
    Lookup,
    Table,
    nearest_index,
    nearest_lookup,
    structure_factor,
)
from parity_bridge.engines.torch_port.vec3 import Vec3, norm


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of every pixel; twin of ``pb_evaluation``. Tensors of shape (pixels,).

    ``F_cell`` means nothing where no ``lookup`` was made.
    """

    sub_slow: int
    sub_fast: int
    beyond_dmin: Tensor  # bool: the resolution cut dropped the source
    lookup: Tensor  # bool: a structure factor was looked up
    interpolation_on: Tensor  # bool, after this evaluation
    out_of_bounds: Tensor  # bool
    default_f: Tensor  # bool
    position: Vec3  # m
    airpath: Tensor  # m
    omega: Tensor  # sr, the value in force, as are capture and polar
    capture: Tensor
    hkl: Vec3
    hkl0: Vec3  # int64, clamped to int32
    F_latt: Tensor
    F_cell: Tensor  # electrons
    polar: Tensor
    I: Tensor  # running sum


@dataclass(frozen=True)
class Totals:
    """The end of the chain; twin of ``pb_pixel_totals``. Tensors of shape (pixels,)."""

    I: Tensor  # the sum, background included
    omega: Tensor
    polar: Tensor
    capture: Tensor
    intensity: Tensor  # photons
    image: Tensor  # the float32 an image holds
    in_roi: Tensor  # bool


@dataclass(frozen=True)
class _Subpixel:
    """Where a subpixel lies and which way it looks."""

    slow: int  # within the pixel
    fast: int
    position: Vec3  # m
    airpath: Tensor  # m
    diffracted: Vec3  # unit vector from the sample


@dataclass(frozen=True)
class _Chain:
    """What the contract keeps from one evaluation to the next."""

    I: Tensor
    polar: Tensor
    omega: Tensor
    capture: Tensor
    axis: Vec3
    interpolation_on: Tensor


def pixel(
    setup: Setup, table: Table, slow: Tensor, fast: Tensor
) -> tuple[Totals, list[Evaluation]]:
    """Compute pixels and keep every evaluation, in order: subpixel slow, subpixel fast.

    ``slow`` and ``fast`` are int64 of shape (pixels,), inside the detector. Dtype and device are
    those of ``setup`` and ``table``. Each pixel starts as a run does: interpolation, where the
    setup has it, is on, and the polarization axis has been made a unit vector once.
    """
    chain = _start(setup, table, slow)
    evaluations = []
    for sub_slow in range(setup.oversample):
        for sub_fast in range(setup.oversample):
            sub = _subpixel(setup, slow, fast, sub_slow, sub_fast, table.default_F.dtype)
            chain, evaluation = _evaluate_subpixel(setup, table, sub, chain)
            evaluations.append(evaluation)
    return _finish(setup, chain, _is_in_roi(setup.detector, slow, fast)), evaluations


def _start(setup: Setup, table: Table, like: Tensor) -> _Chain:
    def full(value: float) -> Tensor:
        return torch.full_like(like, value, dtype=table.default_F.dtype)

    interpolate = setup.interpolate and table.values is not None
    return _Chain(
        I=full(setup.beam.I_bg),
        polar=full(0.0 if setup.beam.polarized else 1.0),
        omega=full(0.0),
        capture=full(1.0),  # a sensor without thickness captures everything
        axis=Vec3(*(component.expand_as(like) for component in setup.detector.polar)),
        interpolation_on=torch.full_like(like, interpolate, dtype=torch.bool),
    )


def _subpixel(
    setup: Setup, slow: Tensor, fast: Tensor, sub_slow: int, sub_fast: int, dtype: torch.dtype
) -> _Subpixel:
    n = setup.oversample
    position = subpixel_position(
        setup.detector, (slow * n + sub_slow).to(dtype), (fast * n + sub_fast).to(dtype)
    )
    airpath = norm(position)
    diffracted = Vec3(position.x / airpath, position.y / airpath, position.z / airpath)
    return _Subpixel(sub_slow, sub_fast, position, airpath, diffracted)


def _evaluate_subpixel(
    setup: Setup, table: Table, sub: _Subpixel, chain: _Chain
) -> tuple[_Chain, Evaluation]:
    omega = solid_angle(setup.detector, sub.airpath)
    if not setup.oversample_omega:
        omega = torch.where(chain.omega == 0.0, omega, chain.omega)
    return _evaluate_source(setup, table, sub, replace(chain, omega=omega))


def _evaluate_source(
    setup: Setup, table: Table, sub: _Subpixel, chain: _Chain
) -> tuple[_Chain, Evaluation]:
    q = scattering_vector(sub.diffracted, setup.beam.incident, setup.beam.lambda0)
    beyond_dmin = is_beyond_dmin(q, setup.beam.dmin)
    chain = _polarize(setup, sub.diffracted, ~beyond_dmin, chain)
    return _evaluate_domain(setup, table, sub, q, beyond_dmin, chain)


def _polarize(setup: Setup, diffracted: Vec3, evaluated: Tensor, chain: _Chain) -> _Chain:
    """The polarization factor in force: the first one evaluated unless it is oversampled."""
    due = evaluated if setup.oversample_polar else evaluated & (chain.polar == 0.0)
    polar, axis = polarization_factor(
        setup.beam.incident, diffracted, chain.axis, setup.beam.polarization
    )
    return replace(
        chain,
        polar=torch.where(due, polar, chain.polar),
        axis=Vec3(*(torch.where(due, a, b) for a, b in zip(axis, chain.axis, strict=True))),
    )


def _evaluate_domain(
    setup: Setup, table: Table, sub: _Subpixel, q: Vec3, beyond_dmin: Tensor, chain: _Chain
) -> tuple[_Chain, Evaluation]:
    """Lattice factor, then the lookup unless it is pointless, then the running sum."""
    hkl = miller_index(setup.crystal, q)
    hkl0 = Vec3(*(nearest_index(index) for index in hkl))
    F_latt = lattice_factor(setup.crystal, hkl, hkl0)
    pointless = (F_latt == 0.0) & (setup.beam.water_size == 0.0)
    made = ~(beyond_dmin | pointless)
    found, interpolation_on = _look_up(table, setup, hkl, hkl0, made, chain.interpolation_on)
    chain = replace(
        chain,
        I=_add(setup, chain, made, found.F_cell, F_latt),
        interpolation_on=interpolation_on,
    )
    evaluation = Evaluation(
        sub_slow=sub.slow,
        sub_fast=sub.fast,
        beyond_dmin=beyond_dmin,
        lookup=made,
        interpolation_on=interpolation_on,
        out_of_bounds=found.out_of_bounds & made,
        default_f=found.default_f & made,
        position=sub.position,
        airpath=sub.airpath,
        omega=chain.omega,
        capture=chain.capture,
        hkl=hkl,
        hkl0=hkl0,
        F_latt=F_latt,
        F_cell=found.F_cell,
        polar=chain.polar,
        I=chain.I,
    )
    return chain, evaluation


def _look_up(
    table: Table, setup: Setup, hkl: Vec3, hkl0: Vec3, made: Tensor, interpolation_on: Tensor
) -> tuple[Lookup, Tensor]:
    if not setup.interpolate or table.values is None:
        return nearest_lookup(table, hkl0), interpolation_on
    found, still_on = structure_factor(table, hkl, hkl0, interpolation_on)
    return found, torch.where(made, still_on, interpolation_on)


def _add(setup: Setup, chain: _Chain, made: Tensor, F_cell: Tensor, F_latt: Tensor) -> Tensor:
    """The running sum after a lookup; oversampled factors multiply the sum, not the term."""
    total = chain.I + F_cell * F_cell * F_latt * F_latt
    if setup.oversample_polar:
        total = total * chain.polar
    if setup.oversample_omega:
        total = total * chain.omega
    return torch.where(made, total, chain.I)


def _is_in_roi(detector: Detector, slow: Tensor, fast: Tensor) -> Tensor:
    fast_min, fast_max, slow_min, slow_max = detector.roi
    return (fast >= fast_min) & (fast <= fast_max) & (slow >= slow_min) & (slow <= slow_max)


def _finish(setup: Setup, chain: _Chain, in_roi: Tensor) -> Totals:
    v = units.R_E_SQR * setup.beam.fluence * chain.I / setup.steps
    v = v * chain.capture
    if not setup.oversample_polar:
        v = v * chain.polar
    if not setup.oversample_omega:
        v = v * chain.omega
    return Totals(
        I=chain.I,
        omega=chain.omega,
        polar=chain.polar,
        capture=chain.capture,
        intensity=v,
        image=torch.where(in_roi, (0.0 + v).to(torch.float32), 0.0),
        in_roi=in_roi,
    )
