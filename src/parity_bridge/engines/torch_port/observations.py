"""Tensors become numbers here and nowhere else, when a record is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from parity_bridge.engines.torch_port.evaluation import Evaluation
from parity_bridge.engines.torch_port.f_cell import FCellStats, PixelCounts, lookup_mask
from parity_bridge.engines.torch_port.orientation_rows import OrientationRows
from parity_bridge.engines.torch_port.pixel import PixelTotals
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.errors import UsageError
from parity_bridge.taps.derived import derived_quantities
from parity_bridge.taps.evaluations import EVALUATION, EvaluationKind
from parity_bridge.taps.f_cell import COUNTS
from parity_bridge.taps.observation import TOTALS, Observation, Quantity
from parity_bridge.taps.observation import FCellStats as Counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.torch_port.frame_context import FrameContext
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import RunState
    from parity_bridge.experiment.structure_factors import StructureFactors

NOT_FINITE = (
    "the pixel does not come out finite; check the detector vectors, lengths and structure factors "
    "for values far out of range"
)


def observations(
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    experiment: Experiment,
    factors: StructureFactors,
    frame_context: FrameContext,
    totals: PixelTotals,
    recorder: Recorder,
) -> list[Observation]:
    """Return one Observation for each pixel; ``states`` are the states before each."""
    setup, mask = frame_context.setup, frame_context.mask
    derived = derived_of(setup, frame_context.table)
    ends = _list_totals(totals, setup.steps)
    masks = [None if mask is None else int(mask[at]) for at in pixels]
    ends["image"] = [
        0.0 if value == 0 else image for image, value in zip(ends["image"], masks, strict=True)
    ]
    f_cell = _f_cell(recorder.counts.stats())
    orientations = recorder.orientations.of_pixels()
    return [
        Observation(
            pixel=at,
            derived=derived,
            evaluations=recorder.rows[number],
            orientations=orientations[number],
            totals={name: ends[name][number] for name in TOTALS},
            f_cell=f_cell[number],
            hkl_table=factors.provenance,
            oversample=setup.oversample,
            state=states[number],
            experiment=experiment,
            roi=setup.detector.roi,
            mask=masks[number],
        )
        for number, at in enumerate(pixels)
    ]


def derived_of(setup: Setup, table: Table) -> dict[str, Quantity]:
    """Return the quantities of ``taps.derived`` that a setup holds."""
    return derived_quantities(
        setup,
        _plain_quantity,
        source_list=_source_list(setup),
        mosaic_umats=_mosaic_umats(setup),
        has_table=table.values is not None,
    )


class Recorder:
    """Rows and Tap 4 of pixels, as numbers, one evaluation after the other."""

    def __init__(self, setup: Setup, table: Table, like: Tensor) -> None:
        """Begin without evaluations of pixels of the shape of ``like``, (pixels,)."""
        #: (pixels, evaluations), dtype EVALUATION.
        self.rows = np.zeros((len(like), setup.evaluations), dtype=EVALUATION)
        self.orientations = OrientationRows.of(setup, len(like))
        self.counts = PixelCounts(like, table.default_F.dtype)
        self._like = like
        self._numbers = count()

    def add(self, evaluation: Evaluation) -> None:
        """Record one evaluation of every pixel."""
        _fill_evaluation(self.rows[:, next(self._numbers)], evaluation, self._like)
        self.orientations.add(evaluation)
        self.counts.add(evaluation.result)


def check_pixels_finite(totals: PixelTotals, rows: NDArray[np.void]) -> None:
    """Raise UsageError where an index, the sum or the intensity of a pixel is not finite."""
    finite = (totals.I.isfinite() & totals.intensity.isfinite()).all()
    # Beyond dmin there is no index; the rows have 0 there.
    if not (bool(finite) and np.isfinite(rows["hkl"]).all()):
        raise UsageError(NOT_FINITE)


def _fill_evaluation(row: NDArray[np.void], evaluation: Evaluation, like: Tensor) -> None:
    """Fill in one evaluation of every pixel; what was not computed stays 0, as in the C core."""
    result, geometry = evaluation.result, evaluation.geometry
    lookup = _numpy_array(lookup_mask(result, like))
    reached = _within_dmin(evaluation, like)
    for name, value in vars(evaluation.place).items():
        row[name] = value
    row["kind"] = np.select(
        [lookup, reached],
        [EvaluationKind.LOOKUP, EvaluationKind.NO_LATTICE],
        EvaluationKind.BEYOND_DMIN,
    )
    row["interpolation_on"] = _flag_array(result.interpolation_on)
    row["out_of_bounds"] = np.where(lookup, _numpy_array(result.out_of_bounds), 0)
    row["default_f"] = np.where(lookup, _numpy_array(result.default_f), 0)
    row["position"] = _stack_components(geometry.position)
    row["airpath"] = _numpy_array(geometry.airpath)
    for name in ("omega", "capture", "polar"):
        row[name] = _numpy_array(getattr(evaluation, name))
    row["I"] = _numpy_array(result.I)
    row["q"] = _stack_components(evaluation.scattering.q)
    row["hkl"] = np.where(reached[:, None], _stack_components(result.hkl), 0.0)
    if result.hkl0 is not None:
        row["hkl0"] = np.where(reached[:, None], _stack_components(result.hkl0), 0)
    factors = np.nan if result.F_latt_factors is None else _stack_components(result.F_latt_factors)
    row["F_latt_factors"] = np.where(reached[:, None], factors, 0.0)
    if result.F_latt is not None:
        row["F_latt"] = np.where(reached, _numpy_array(result.F_latt), 0.0)
    row["F_cell"] = np.where(lookup, _numpy_array(result.F_cell), 0.0)


def _within_dmin(evaluation: Evaluation, like: Tensor) -> NDArray[np.bool_]:
    beyond = evaluation.scattering.beyond_dmin
    if beyond is None:
        return np.ones(len(like), dtype=np.bool_)
    reached: NDArray[np.bool_] = ~_numpy_array(beyond)
    return reached


def _flag_array(flag: Tensor | bool) -> Any:
    return _numpy_array(flag) if isinstance(flag, Tensor) else flag


def _list_totals(totals: PixelTotals, steps: int) -> dict[str, list[float | int]]:
    """Return each quantity of the end of the chain, one number for each pixel."""
    exceptions = {"after_omega": totals.intensity, "in_roi": totals.in_roi.to(torch.int64)}
    return {
        name: [steps] * len(totals.I)
        if name == "steps"
        else _numpy_array(exceptions.get(name, getattr(totals, name, totals.I))).tolist()
        for name in TOTALS
    }


def _f_cell(stats: FCellStats) -> list[Counted]:
    counts = {name: _numpy_array(getattr(stats, name)).tolist() for name in COUNTS}
    means = _numpy_array(stats.mean_f_cell).tolist()
    margins = _numpy_array(stats.rounding_margin).tolist()
    limits = [
        _stack_components(vector).tolist()
        for vector in (stats.hkl_min, stats.hkl_max, stats.fractional_min, stats.fractional_max)
    ]
    return [
        Counted(
            counts={name: counts[name][number] for name in COUNTS},
            mean_f_cell=mean,
            hkl_bounds=(smallest, largest),
            hkl_fractional_bounds=(fractional_smallest, fractional_largest),
            rounding_margin=margin,
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


def _source_list(setup: Setup) -> list[list[float]]:
    """Return direction, weight and wavelength (m) of every source."""
    if setup.sources is None:
        return []
    columns = *setup.sources.direction, setup.sources.weight, setup.sources.wavelength
    rows: list[list[float]] = _numpy_array(torch.stack(columns, dim=-1)).tolist()
    return rows


def _mosaic_umats(setup: Setup) -> list[list[float]]:
    """Return the rotation matrix of every mosaic domain, row by row."""
    if setup.domain_matrices is None:
        return []
    rows: list[list[float]] = _numpy_array(setup.domain_matrices).reshape(-1, 9).tolist()
    return rows


def _plain_quantity(value: Any) -> Quantity:
    if isinstance(value, Vec3):
        return [float(_numpy_array(component)) for component in value]
    return float(_numpy_array(value)) if isinstance(value, Tensor) else value


def _stack_components(vector: Vec3) -> NDArray[Any]:
    """Return (pixels, 3); components need not be of one shape."""
    return np.stack(np.broadcast_arrays(*map(_numpy_array, vector)), axis=-1)


def _numpy_array(tensor: Tensor) -> NDArray[Any]:
    widened = tensor.to(torch.float64) if tensor.is_floating_point() else tensor
    array: NDArray[Any] = widened.detach().cpu().numpy()
    return array
