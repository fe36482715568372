"""Experiment and structure factors as the structs of ``csrc/pb_core.h``: raw values, no physics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi, lib

if TYPE_CHECKING:
    from parity_bridge.experiment import Beam, Crystal, Detector, Experiment, Sampling, Vector
    from parity_bridge.structure_factors import StructureFactors

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


def experiment_struct(experiment: Experiment) -> Any:
    """``pb_experiment *`` holding the raw values of ``experiment``."""
    return ffi.new(
        "pb_experiment *",
        {
            **_crystal(experiment.crystal),
            **_beam(experiment.beam),
            **_detector(experiment.detector),
            **_sampling(experiment.sampling),
        },
    )


def table_struct(factors: StructureFactors) -> Any:
    """``pb_table *`` over the grid of ``factors``, which must outlive it.

    cffi takes any buffer for ``double[]``, so dtype and layout are checked here.
    """
    table = ffi.new("pb_table *", {"default_F": factors.provenance.default_F})
    grid = factors.grid
    if grid is None:
        return table
    if grid.dtype != np.float64 or grid.ndim != 3 or not grid.flags.c_contiguous:
        raise TypeError("the structure-factor grid must be a C-contiguous float64 array (h, k, l)")
    table.values = ffi.cast("double *", ffi.from_buffer(grid))
    table.min = factors.minimum
    table.range = grid.shape
    return table


def _crystal(crystal: Crystal) -> dict[str, Any]:
    return {
        "cell": _cell(crystal),
        "matrix": crystal.matrix or [_NOT_GIVEN] * 9,
        "misset": crystal.misset,
        "cells": crystal.cells,
        "sample_size": crystal.sample_size,
        "shape": _SHAPES[crystal.shape],
        "fudge": crystal.fudge,
        "water": crystal.water,
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
        "x_close": _optional(detector.x_close),
        "y_close": _optional(detector.y_close),
        "org_x": _optional(detector.org_x),
        "org_y": _optional(detector.org_y),
        "rotations": detector.rotations,
        "twotheta": detector.twotheta,
        "curved": detector.curved,
        "point_pixel": detector.point_pixel,
    }


def _sampling(sampling: Sampling) -> dict[str, Any]:
    by_rule = -1
    return {
        "oversample": sampling.oversample or 0,
        "oversample_polar": sampling.oversample_polar,
        "oversample_omega": sampling.oversample_omega,
        "phi": sampling.phi,
        "dmin": sampling.dmin,
        "interpolate": by_rule if sampling.interpolate is None else sampling.interpolate,
        "roi_given": sampling.roi is not None,
        "roi": sampling.roi or (0, 0, 0, 0),
    }


def _optional(value: float | None) -> float:
    return _NOT_GIVEN if value is None else value


def _vector(vector: Vector | None) -> Vector | tuple[float, float, float]:
    return (_NOT_GIVEN,) * 3 if vector is None else vector
