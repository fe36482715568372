"""The rows an engine fills while it computes a pixel, in the contract's order.

``EVALUATION``, one row an evaluation, has the layout of ``pb_evaluation`` in ``csrc/pb_core.h``,
``ORIENTATION``, one row an orientation that a pixel uses, that of ``pb_used_orientation``; the
PyTorch port fills the same columns from tensors. Every tap and every TRACE line is read from these
rows, never re-derived.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class EvaluationKind(IntEnum):
    """How an evaluation ended (contract §6)."""

    LOOKUP = 0
    #: F_latt was exactly 0 and there was no water: no structure factor was looked up.
    NO_LATTICE = 1
    #: The resolution cut dropped the source before the lattice factor was computed.
    BEYOND_DMIN = 2


#: The loops of a pixel that are not over its subpixels, outermost first.
LOOP_FIELDS = ("layer", "source", "phi_step", "domain")

EVALUATION = np.dtype(
    [
        ("layer", "i4"),
        ("sub_slow", "i4"),
        ("sub_fast", "i4"),
        ("source", "i4"),
        ("phi_step", "i4"),
        ("domain", "i4"),
        ("kind", "i4"),
        ("interpolation_on", "i4"),
        ("out_of_bounds", "i4"),
        ("default_f", "i4"),
        ("position", "f8", 3),  # m
        ("airpath", "f8"),  # m
        ("omega", "f8"),  # sr, the value just computed or kept (contract §6)
        ("capture", "f8"),  # fraction; as omega, and so is polar
        ("q", "f8", 3),  # scattering vector of the source, 1/m
        ("hkl", "f8", 3),  # fractional Miller indices
        ("hkl0", "i4", 3),  # nearest Miller indices, clamped to the range of int32
        ("F_latt_factors", "f8", 3),  # along a, b, c; NaN but for the parallelepiped
        ("F_latt", "f8"),
        ("F_cell", "f8"),  # electrons
        ("polar", "f8"),
        ("I", "f8"),  # the running sum after this evaluation
    ],
    align=True,
)

ORIENTATION = np.dtype(
    [
        # The evaluation that first uses it.
        ("layer", "i4"),
        ("sub_slow", "i4"),
        ("sub_fast", "i4"),
        ("source", "i4"),
        ("phi_step", "i4"),
        ("domain", "i4"),
        ("phi", "f8"),  # of the step, rad
        ("a_spindle", "f8", 3),  # cell vectors after the rotation about the spindle, m
        ("b_spindle", "f8", 3),
        ("c_spindle", "f8", 3),
        ("a_mosaic", "f8", 3),  # the same after the rotation of the domain
        ("b_mosaic", "f8", 3),
        ("c_mosaic", "f8", 3),
    ],
    align=True,
)
NO_ORIENTATIONS = np.zeros(0, dtype=ORIENTATION)
