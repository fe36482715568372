"""What the C core filled in, as the records every engine gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.taps.evaluations import EVALUATION
from parity_bridge.taps.f_cell import (
    FCellValues,
    FractionalBounds,
    HklTable,
    IndexBounds,
    lookups,
)
from parity_bridge.taps.observation import Observation, Quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray


def row_buffer(count: int) -> NDArray[np.void]:
    """``count`` empty evaluation rows for the core to fill."""
    return np.empty(count, dtype=EVALUATION)


def derived_quantities(setup: Any, *, has_table: bool) -> dict[str, Quantity]:
    """The fields of ``pb_setup`` under the names of ``taps.trace.DERIVED``."""
    return {
        **_detector(setup.detector),
        **_crystal(setup.crystal),
        "lambda0": setup.beam.lambda0,
        "fluence": setup.beam.fluence,
        "I_bg": setup.beam.I_bg,
        "oversample": setup.oversample,
        "steps": setup.steps,
        "interpolate": int(setup.interpolate and has_table),
    }


def observation(
    pixel: tuple[int, int],
    derived: Mapping[str, Quantity],
    rows: NDArray[np.void],
    totals: Any,
    f_cell: Any,
    table: HklTable,
) -> Observation:
    """One pixel; ``rows`` is copied because the buffer is used again."""
    kept = rows.copy()
    return Observation(
        pixel=pixel,
        derived=derived,
        evaluations=kept,
        totals={
            "I": totals.I,
            "steps": kept.size,
            "omega": totals.omega,
            "polar": totals.polar,
            "capture": totals.capture,
            "intensity": totals.intensity,
        },
        f_cell=_f_cell(f_cell, kept),
        hkl_table=table,
        oversample=int(derived["oversample"]),  # type: ignore[arg-type]
    )


def _f_cell(stats: Any, rows: NDArray[np.void]) -> FCellValues:
    total = stats.total_lookups
    return FCellValues(
        total_lookups=total,
        skipped_lookups=stats.skipped_lookups,
        out_of_bounds_count=stats.out_of_bounds_count,
        default_f_count=stats.default_f_count,
        zero_f_count=stats.zero_f_count,
        mean_f_cell=stats.sum_f_cell / total if total else None,
        hkl_bounds=IndexBounds(**_bounds(stats.hkl_min, stats.hkl_max)) if total else None,
        hkl_fractional_bounds=FractionalBounds(
            **_bounds(stats.fractional_min, stats.fractional_max)
        )
        if total
        else None,
        rounding_margin=stats.rounding_margin if total else None,
        subpixels=lookups(rows),
    )


def _bounds(smallest: Any, largest: Any) -> dict[str, Any]:
    return {
        f"{axis}_{end}": limit
        for axis, low, high in zip("hkl", smallest, largest, strict=True)
        for end, limit in (("min", low), ("max", high))
    }


def _detector(detector: Any) -> dict[str, Quantity]:
    fpixels, spixels = detector.pixels
    detsize_f, detsize_s = detector.detsize
    return {
        "fpixels": fpixels,
        "spixels": spixels,
        "pixel_size": detector.pixel_size,
        "subpixel_size": detector.subpixel_size,
        "detsize_f": detsize_f,
        "detsize_s": detsize_s,
        "beam_vector": _vector(detector.beam),
        "fdet_vector": _vector(detector.fast),
        "sdet_vector": _vector(detector.slow),
        "odet_vector": _vector(detector.odet),
        "polar_vector": _vector(detector.polar),
        "spindle_vector": _vector(detector.spindle),
        "twotheta_axis": _vector(detector.twotheta_axis),
        "pix0_vector": _vector(detector.pix0),
        "distance": detector.distance,
        "close_distance": detector.close_distance,
        "Fbeam": detector.Fbeam,
        "Sbeam": detector.Sbeam,
        "Fclose": detector.Fclose,
        "Sclose": detector.Sclose,
    }


def _crystal(crystal: Any) -> dict[str, Quantity]:
    Na, Nb, Nc = crystal.cells
    return {
        "a_star": _vector(crystal.a_star),
        "b_star": _vector(crystal.b_star),
        "c_star": _vector(crystal.c_star),
        "V_cell": crystal.V_cell,
        "a0": _vector(crystal.a0),
        "b0": _vector(crystal.b0),
        "c0": _vector(crystal.c0),
        "Na": Na,
        "Nb": Nb,
        "Nc": Nc,
    }


def _vector(vector: Any) -> tuple[float, float, float]:
    return vector.x, vector.y, vector.z
