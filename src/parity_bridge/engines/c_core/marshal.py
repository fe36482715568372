"""Experiment and structure factors as the structs of ``csrc/pb_core.h``: raw values, no physics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.experiment.regions import RunState
from parity_bridge.files.stop_flag import stop_flag

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import (
        Beam,
        Crystal,
        Detector,
        Experiment,
        MaskBeamCentre,
        Sampling,
        Sweep,
        Vector,
    )
    from parity_bridge.experiment.structure_factors import StructureFactors

_CONVENTIONS = {
    "custom": lib.PB_CUSTOM,
    "adxv": lib.PB_ADXV,
    "mosflm": lib.PB_MOSFLM,
    "xds": lib.PB_XDS,
    "dials": lib.PB_DIALS,
    "denzo": lib.PB_DENZO,
}
_PIVOTS = {"sample": lib.PB_PIVOT_SAMPLE, "beam": lib.PB_PIVOT_BEAM}
_SHAPES = {
    "parallelepiped": lib.PB_PARALLELEPIPED,
    "round": lib.PB_ROUND,
    "gauss": lib.PB_GAUSS,
    "tophat": lib.PB_TOPHAT,
}
_NOT_GIVEN = math.nan

#: Keeps the grid that a table points into alive as long as the table.
_GRIDS: WeakKeyDictionary[Any, NDArray[np.float64]] = WeakKeyDictionary()

_ROUNDINGS = {
    "half_down": lib.PB_HALF_DOWN,
    "half_even": lib.PB_HALF_EVEN,
    "half_up": lib.PB_HALF_UP,
    "truncate": lib.PB_TRUNCATE,
    "floor": lib.PB_FLOOR,
}
_FACTOR_VALUES = {
    "first": lib.PB_KEEP_FIRST,
    "last": lib.PB_KEEP_LAST,
    "mean": lib.PB_KEEP_MEAN,
    "each": lib.PB_KEEP_EACH,
}
_LAYERS = {
    "last": lib.PB_LAST_LAYER,
    "first": lib.PB_FIRST_LAYER,
    "each": lib.PB_EACH_LAYER,
}
_BACKGROUNDS = {
    "divided": lib.PB_DIVIDED_WITH_SUM,
    "undivided": lib.PB_ADDED_UNDIVIDED,
    "added_last": lib.PB_ADDED_LAST,
}


def experiment_struct(
    experiment: Experiment, behaviours: Behaviours, source_lines: NDArray[np.float64] | None
) -> Any:
    """Return a ``pb_experiment *`` with the raw values of ``experiment``.

    ``source_lines`` are the rows of its source file, C-contiguous float64 of shape (sources, 5),
    and must outlive the struct.
    """
    struct = ffi.new(
        "pb_experiment *",
        {
            **_crystal(experiment.crystal),
            **_beam(experiment.beam),
            **_detector(experiment.detector),
            **_sampling(experiment.sampling),
            "behaviours": _behaviours(behaviours),
        },
    )
    if source_lines is not None:
        check_layout(source_lines, np.float64, 2)
        struct.source_lines = ffi.cast("pb_source_line *", ffi.from_buffer(source_lines))
        struct.source_line_count = len(source_lines)
    return struct


def stop_pointer(core_ffi: Any = ffi) -> Any:
    """Return a pointer to the flag that ends what this thread computes, or NULL."""
    flag = stop_flag()
    if flag is None:
        return core_ffi.NULL
    return core_ffi.cast("int32_t *", core_ffi.from_buffer(flag.memory))


def state_struct(state: RunState) -> Any:
    """Return a ``pb_run_state *``."""
    return ffi.new(
        "pb_run_state *",
        {
            "interpolation_on": state.interpolation_on,
            "swept": state.swept,
            "polar_axis": state.polar_axis,
        },
    )


def to_run_state(state: Any) -> RunState:
    """Return the state of a run from a ``pb_run_state *``."""
    axis = state.polar_axis
    return RunState(bool(state.interpolation_on), bool(state.swept), (axis.x, axis.y, axis.z))


def table_struct(factors: StructureFactors) -> Any:
    """Return a ``pb_table *`` over the grid of ``factors``."""
    table = ffi.new("pb_table *", {"default_F": factors.provenance.default_F})
    grid = factors.grid
    if grid is None:
        return table
    check_layout(grid, np.float64, 3)
    table.values = ffi.cast("double *", ffi.from_buffer(grid))
    table.min = factors.minimum
    table.range = grid.shape
    _GRIDS[table] = grid
    return table


def check_layout(array: NDArray[Any], dtype: DTypeLike, dimensions: int) -> None:
    """Raise TypeError for anything but an aligned, C-contiguous array of ``dtype``.

    cffi casts any buffer without a check.
    """
    fits = (
        type(array) in (np.ndarray, np.memmap)
        and array.dtype == dtype
        and array.ndim == dimensions
        and array.flags.c_contiguous
        and array.flags.aligned
    )
    if not fits:
        raise TypeError(
            f"the C core needs an aligned, C-contiguous {np.dtype(dtype)} array of {dimensions} "
            "dimensions"
        )


def _behaviours(behaviours: Behaviours) -> dict[str, Any]:
    return {
        "rounding": _ROUNDINGS[behaviours.rounding],
        "in_box_zero_default": behaviours.in_box_zero == "default",
        "omega": _FACTOR_VALUES[behaviours.omega],
        "polar": _FACTOR_VALUES[behaviours.polar],
        "capture": _FACTOR_VALUES[behaviours.capture],
        "layers": _LAYERS[behaviours.layers],
        "oversampled_term": behaviours.oversampled == "term",
        "undivided": not behaviours.divide_by_steps,
        "background": _BACKGROUNDS[behaviours.background],
        "weights_used": behaviours.weights == "used",
        "zero_lattice_lookup": behaviours.zero_lattice == "looked_up",
        "dmin_ignored": behaviours.dmin == "ignored",
        "parallax_unused": behaviours.parallax == "unused",
        "round_beam_strict": behaviours.round_beam == "strict",
        "no_carry_over": not behaviours.phi_carry_over,
        "interpolation_stays": not behaviours.interpolation_switches_off,
    }


def _crystal(crystal: Crystal) -> dict[str, Any]:
    return {
        "cell": _cell(crystal),
        "matrix": crystal.matrix or [_NOT_GIVEN] * 9,
        "misset": crystal.misset,
        "random_misset": crystal.random_misset_seed is not None,
        "misset_seed": crystal.random_misset_seed or 0,
        "cells": crystal.cells,
        "sample_size": crystal.sample_size,
        "shape": _SHAPES[crystal.shape],
        "fudge": crystal.fudge,
        "water": crystal.water,
        "mosaic_spread": _optional(crystal.mosaic_spread),
        "mosaic_domains": crystal.mosaic_domains or 0,
        "mosaic_seed": crystal.mosaic_seed,
    }


def _cell(crystal: Crystal) -> list[float]:
    cell = crystal.cell
    if cell is None:
        return [_NOT_GIVEN] * 6
    values = (cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma)
    return [_optional(value) for value in values]


def _beam(beam: Beam) -> dict[str, Any]:
    return {
        "wavelength": beam.wavelength,
        "polarization": beam.polarization,
        "polarized": beam.polarized,
        "fluence": beam.fluence,
        "flux": beam.flux,
        "exposure": beam.exposure,
        "beam_size": beam.beam_size,
        "horizontal": _sweep(beam.horizontal_divergence),
        "vertical": _sweep(beam.vertical_divergence),
        "round_divergence": beam.round_divergence,
        "dispersion": beam.dispersion,
        "dispersion_steps": beam.dispersion_steps or 0,
    }


def _detector(detector: Detector) -> dict[str, Any]:
    vectors = detector.vectors
    return {
        "convention": _CONVENTIONS[detector.convention],
        "pivot": _PIVOTS[detector.pivot],
        "fast_vector": _vector(vectors.fast),
        "slow_vector": _vector(vectors.slow),
        "odet_vector": _vector(vectors.odet),
        "beam_vector": _vector(vectors.beam),
        "polar_vector": _vector(vectors.polarization),
        "spindle_vector": _vector(vectors.spindle),
        "twotheta_axis": _vector(vectors.twotheta),
        "distance": detector.distance,
        "close_distance": _optional(detector.close_distance),
        "pixel_size": detector.pixel_size,
        "pixels": (detector.pixels_fast or 0, detector.pixels_slow or 0),
        "detsize": (detector.detsize_fast, detector.detsize_slow),
        "x_beam": _optional(detector.x_beam),
        "y_beam": _optional(detector.y_beam),
        "mask_beam_centre": _mask_beam_centre(detector.mask_beam_centre),
        "x_close": _optional(detector.x_close),
        "y_close": _optional(detector.y_close),
        "org_x": _optional(detector.org_x),
        "org_y": _optional(detector.org_y),
        "rotations": detector.rotations,
        "twotheta": detector.twotheta,
        "curved": detector.curved,
        "point_pixel": detector.point_pixel,
        "thickness": detector.thickness,
        "thickness_steps": detector.thickness_steps or 0,
        "attenuation_depth": _optional(detector.attenuation_depth),
    }


def _mask_beam_centre(centre: MaskBeamCentre | None) -> tuple[float, float, int]:
    return (
        (0.0, 0.0, 0) if centre is None else (centre.y_beam, centre.pixel_size, centre.pixels_slow)
    )


def _sampling(sampling: Sampling) -> dict[str, Any]:
    by_rule = -1
    return {
        "oversample": sampling.oversample or 0,
        "oversample_polar": sampling.oversample_polar,
        "oversample_omega": sampling.oversample_omega,
        "oversample_thick": sampling.oversample_thick,
        "phi": sampling.phi,
        "oscillation": _sweep(sampling.oscillation),
        "dmin": sampling.dmin,
        "interpolate": by_rule if sampling.interpolate is None else sampling.interpolate,
        "roi_given": sampling.roi is not None,
        "roi": sampling.roi or (0, 0, 0, 0),
    }


def _sweep(sweep: Sweep) -> tuple[float, float, int]:
    return _optional(sweep.range), _optional(sweep.step), sweep.steps or 0


def _optional(value: float | None) -> float:
    return _NOT_GIVEN if value is None else value


def _vector(vector: Vector | None) -> Vector | tuple[float, float, float]:
    return (_NOT_GIVEN,) * 3 if vector is None else vector
