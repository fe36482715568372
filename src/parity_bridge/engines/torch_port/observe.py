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
from parity_bridge.taps.derived import derived_quantities
from parity_bridge.taps.evaluations import EVALUATION, Kind
from parity_bridge.taps.f_cell import COUNTS, FCellValues, HklTable, f_cell_values
from parity_bridge.taps.observation import Observation, Quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_FINITE = (
    "the pixel does not come out finite; check the detector vectors, lengths and structure factors "
    "for values far out of range"
)

_TOTALS = ("I", "omega", "polar", "capture", "intensity")


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
    derived = derived_quantities(setup, _plain, has_table=has_table)
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
    counts = {name: _array(getattr(stats, name)).tolist() for name in COUNTS}
    means = _array(stats.mean_f_cell).tolist()
    margins = _array(stats.rounding_margin).tolist()
    limits = [
        _components(vector).tolist()
        for vector in (stats.hkl_min, stats.hkl_max, stats.fractional_min, stats.fractional_max)
    ]
    return [
        f_cell_values(
            counts={name: counts[name][number] for name in COUNTS},
            mean_f_cell=mean,
            nearest=(smallest, largest),
            fractional=(fractional_smallest, fractional_largest),
            rounding_margin=margin,
            evaluations=rows[number],
        )
        for number, (
            mean,
            margin,
            smallest,
            largest,
            fractional_smallest,
            fractional_largest,
        ) in enumerate(zip(means, margins, *limits, strict=True))
    ]


def _plain(value: Any) -> Quantity:
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
