"""Tensors become numbers here and nowhere else, when a record is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from parity_bridge.engines.torch_port.f_cell import FCellStats
from parity_bridge.engines.torch_port.pixel import Evaluation, Totals
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.errors import UsageError
from parity_bridge.taps.evaluations import EVALUATION, Kind
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

NOT_FINITE = (
    "the pixel does not come out finite; check the detector vectors, lengths and structure factors "
    "for values far out of range"
)

_TOTALS = ("I", "omega", "polar", "capture", "intensity")
_COUNTS = (
    "total_lookups",
    "skipped_lookups",
    "out_of_bounds_count",
    "default_f_count",
    "zero_f_count",
)


def derived_quantities(setup: Setup, *, has_table: bool) -> dict[str, Quantity]:
    """The fields of ``setup`` under the names of ``taps.trace.DERIVED``."""
    detector, crystal, beam = setup.detector, setup.crystal, setup.beam
    fpixels, spixels = detector.pixels
    detsize_f, detsize_s = detector.detsize
    Na, Nb, Nc = crystal.cells
    quantities: dict[str, Any] = {
        "fpixels": fpixels,
        "spixels": spixels,
        "pixel_size": detector.pixel_size,
        "subpixel_size": detector.subpixel_size,
        "detsize_f": detsize_f,
        "detsize_s": detsize_s,
        "beam_vector": detector.beam,
        "fdet_vector": detector.fast,
        "sdet_vector": detector.slow,
        "odet_vector": detector.odet,
        "polar_vector": detector.polar,
        "spindle_vector": detector.spindle,
        "twotheta_axis": detector.twotheta_axis,
        "pix0_vector": detector.pix0,
        "distance": detector.distance,
        "close_distance": detector.close_distance,
        "Fbeam": detector.Fbeam,
        "Sbeam": detector.Sbeam,
        "Fclose": detector.Fclose,
        "Sclose": detector.Sclose,
        "a_star": crystal.a_star,
        "b_star": crystal.b_star,
        "c_star": crystal.c_star,
        "V_cell": crystal.V_cell,
        "a0": crystal.a0,
        "b0": crystal.b0,
        "c0": crystal.c0,
        "Na": Na,
        "Nb": Nb,
        "Nc": Nc,
        "lambda0": beam.lambda0,
        "fluence": beam.fluence,
        "I_bg": beam.I_bg,
        "oversample": setup.oversample,
        "steps": setup.steps,
        "interpolate": int(setup.interpolate and has_table),
    }
    return {name: _quantity(value) for name, value in quantities.items()}


def observations(
    pixels: Sequence[tuple[int, int]],
    setup: Setup,
    totals: Totals,
    evaluations: list[Evaluation],
    stats: FCellStats,
    table: HklTable,
    *,
    has_table: bool,
) -> list[Observation]:
    """One Observation a pixel; raises UsageError where one does not come out finite."""
    _check_finite(totals, evaluations)
    derived = derived_quantities(setup, has_table=has_table)
    rows = _rows(evaluations, len(pixels))
    ends = {name: _array(getattr(totals, name)).tolist() for name in _TOTALS}
    f_cell = _f_cell(stats, rows)
    return [
        Observation(
            pixel=at,
            derived=derived,
            evaluations=rows[number],
            totals={"steps": setup.steps, **{name: ends[name][number] for name in _TOTALS}},
            f_cell=f_cell[number],
            hkl_table=table,
            oversample=setup.oversample,
        )
        for number, at in enumerate(pixels)
    ]


def _check_finite(totals: Totals, evaluations: list[Evaluation]) -> None:
    finite = totals.I.isfinite() & totals.intensity.isfinite()
    for evaluation in evaluations:
        for index in evaluation.hkl:
            finite = finite & (index.isfinite() | evaluation.beyond_dmin)
    if not finite.all():
        raise UsageError(NOT_FINITE)


def _rows(evaluations: list[Evaluation], pixels: int) -> NDArray[np.void]:
    """(pixels, evaluations) rows of dtype EVALUATION."""
    rows = np.zeros((pixels, len(evaluations)), dtype=EVALUATION)
    for number, evaluation in enumerate(evaluations):
        _fill(rows[:, number], evaluation)
    return rows


def _fill(row: NDArray[np.void], evaluation: Evaluation) -> None:
    """One evaluation of every pixel; what was not computed stays 0, as in the C core."""
    lookup, reached = _array(evaluation.lookup), ~_array(evaluation.beyond_dmin)
    row["sub_slow"], row["sub_fast"] = evaluation.sub_slow, evaluation.sub_fast
    row["kind"] = np.select([lookup, reached], [Kind.LOOKUP, Kind.NO_LATTICE], Kind.BEYOND_DMIN)
    for name in ("interpolation_on", "out_of_bounds", "default_f"):
        row[name] = _array(getattr(evaluation, name))
    row["position"] = _components(evaluation.position)
    for name in ("airpath", "omega", "capture", "polar", "I"):
        row[name] = _array(getattr(evaluation, name))
    row["hkl"] = np.where(reached[:, None], _components(evaluation.hkl), 0.0)
    row["hkl0"] = np.where(reached[:, None], _components(evaluation.hkl0), 0)
    row["F_latt"] = np.where(reached, _array(evaluation.F_latt), 0.0)
    row["F_cell"] = np.where(lookup, _array(evaluation.F_cell), 0.0)


def _f_cell(stats: FCellStats, rows: NDArray[np.void]) -> list[FCellValues]:
    counts = {name: _array(getattr(stats, name)).tolist() for name in _COUNTS}
    means = _array(stats.mean_f_cell).tolist()
    margins = _array(stats.rounding_margin).tolist()
    nearest = _bounds(stats.hkl_min, stats.hkl_max)
    fractional = _bounds(stats.fractional_min, stats.fractional_max)
    values = []
    for number, (total, mean, margin) in enumerate(
        zip(counts["total_lookups"], means, margins, strict=True)
    ):
        made = total > 0
        values.append(
            FCellValues(
                **{name: counts[name][number] for name in _COUNTS},
                mean_f_cell=mean if made else None,
                hkl_bounds=IndexBounds(**nearest[number]) if made else None,
                hkl_fractional_bounds=FractionalBounds(**fractional[number]) if made else None,
                rounding_margin=margin if made else None,
                subpixels=lookups(rows[number]),
            )
        )
    return values


def _bounds(smallest: Vec3, largest: Vec3) -> list[dict[str, Any]]:
    """Six named limits a pixel."""
    names = [f"{axis}_{end}" for axis in "hkl" for end in ("min", "max")]
    columns = [t for pair in zip(smallest, largest, strict=True) for t in pair]
    return [
        dict(zip(names, limits, strict=True))
        for limits in zip(*(_array(column).tolist() for column in columns), strict=True)
    ]


def _quantity(value: Any) -> Quantity:
    if isinstance(value, Vec3):
        return [float(_array(component)) for component in value]
    return float(_array(value)) if isinstance(value, Tensor) else value


def _components(vector: Vec3) -> NDArray[Any]:
    """(pixels, 3)."""
    return np.stack([_array(component) for component in vector], axis=-1)


def _array(tensor: Tensor) -> NDArray[Any]:
    widened = tensor.to(torch.float64) if tensor.is_floating_point() else tensor
    array: NDArray[Any] = widened.detach().cpu().numpy()
    return array
