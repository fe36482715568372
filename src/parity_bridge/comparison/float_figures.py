"""The float figures of many pixels as one vector, so that hundreds of runs are compared quickly.

The figures stand in blocks, one for each figure of each tap; a block holds the pixels in their
order, and the rows of each. A rerun fills the same blocks from its observations: the rows of all
pixels are extracted together, the figures of the pixels are read without their records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.taps import intensity_post_scale
from parity_bridge.taps.evaluations import EVALUATION, LOOP_FIELDS, ORIENTATION
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID
from parity_bridge.taps.semantics import is_exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.comparison.reference_runner import ReferenceRunner
    from parity_bridge.taps.fields import TapFields
    from parity_bridge.taps.observation import Observation

    Floats = NDArray[np.float64]

#: Fields that decide which rows a tap has.
_SELECTORS = (*LOOP_FIELDS, "sub_slow", "sub_fast", "kind")
_CONFIG, _F_CELL = "config_snapshot", "f_cell_stats"
_STATE_AXIS = "state.polar_axis."
#: tap_id -> figure of the pixel -> its name among the totals of an observation.
_TOTALS: dict[str, dict[str, str]] = {
    "intensity_pre_norm": {"sum": "I", "sum_over_steps": "I_per_step"},
    "intensity_post_scale": {
        name: name for name in intensity_post_scale.PostScaleValues.model_fields
    },
    "final_output": {"intensity": "intensity", "image": "image"},
}


def float_figures(tap_id: str, figures: TapFields) -> Iterator[tuple[str, Floats]]:
    """Yield every figure of a tap that may differ within a tolerance: one number, or one a row."""
    for name, value in figures.pixel.items():
        if isinstance(value, float) and not is_exact(tap_id, name):
            yield name, np.array([value])
    for name, column in figures.columns.items():
        if column.dtype.kind == "f" and not is_exact(tap_id, name):
            yield name, column


@dataclass(frozen=True)
class _Block:
    """One figure of every pixel that has it."""

    tap_id: str
    name: str
    is_column: bool
    #: Numbers of the pixels, and where the values of each begin in the vector; the end is last.
    pixels: NDArray[np.int64]
    starts: NDArray[np.int64]

    @property
    def place(self) -> slice:
        """Where the block stands in the vector."""
        return slice(int(self.starts[0]), int(self.starts[-1]))

    def slices(self) -> Iterator[tuple[int, slice]]:
        """Yield the number of each pixel, and where its values stand in the vector."""
        starts = self.starts.tolist()
        for at, number in enumerate(self.pixels.tolist()):
            yield number, slice(starts[at], starts[at + 1])


class FloatFigures:
    """The float figures of the pixels of a reference, and how far each moves in a rerun."""

    def __init__(self, reference: ReferenceRunner) -> None:
        """Lay out the figures of ``reference``; raises what ``Engine.observe`` raises."""
        self._reference = reference
        by_pixel = [
            {
                (tap_id, name): values
                for tap_id, figures in pixel_taps.taps.items()
                for name, values in float_figures(tap_id, figures)
            }
            for pixel_taps in reference.pixel_taps
        ]
        #: Of each pixel, in the order of its records.
        self._keys = [tuple(figures) for figures in by_pixel]
        self._blocks: list[_Block] = []
        parts: list[Floats] = []
        start = 0
        for tap_id, name in dict.fromkeys(key for figures in by_pixel for key in figures):
            numbers = [n for n, figures in enumerate(by_pixel) if (tap_id, name) in figures]
            own = [by_pixel[n][tap_id, name] for n in numbers]
            starts = np.cumsum([start, *map(len, own)])
            is_column = name in reference.pixel_taps[numbers[0]].taps[tap_id].columns
            self._blocks.append(_Block(tap_id, name, is_column, np.array(numbers), starts))
            parts += own
            start = int(starts[-1])
        self.values: Floats = np.concatenate(parts) if parts else np.zeros(0)

    def moves(self, rerun: Sequence[Observation]) -> Floats:
        """Return how far each figure is in ``rerun`` from its value.

        Infinite where the figure does not exist there, or has another number of rows: the inputs
        do not determine it at all.
        """
        rows = _rows_of(rerun)
        changed = self._has_other_rows(rerun, rows)
        if changed.all():
            distance = np.zeros_like(self.values)
        else:
            distance = _distance(self.values, self._values_of(rerun, rows, ~changed))
        if changed.any():
            self._measure_each(rerun, np.flatnonzero(changed).tolist(), distance)
        return distance

    def at_pixels(self, vector: Floats) -> list[dict[str, dict[str, Floats]]]:
        """Split a vector of all figures: for each pixel, by tap_id and figure."""
        by_key = {
            (number, block.tap_id, block.name): vector[place]
            for block in self._blocks
            for number, place in block.slices()
        }
        split: list[dict[str, dict[str, Floats]]] = [
            {tap_id: {} for tap_id in pixel_taps.taps} for pixel_taps in self._reference.pixel_taps
        ]
        for number, keys in enumerate(self._keys):
            for tap_id, name in keys:
                split[number][tap_id][name] = by_key[number, tap_id, name]
        return split

    def places(self, tap_id: str, names: Sequence[str]) -> Iterator[tuple[str, slice]]:
        """Yield those of ``names`` that are figures of a tap, with their place in the vector."""
        for block in self._blocks:
            if block.tap_id == tap_id and block.name in names:
                yield block.name, block.place

    @cached_property
    def _rows(self) -> NDArray[np.void]:
        return _rows_of(self._reference.observations)

    @cached_property
    def _has_lookups(self) -> NDArray[np.bool_]:
        return _has_lookups(self._reference.observations)

    def _has_other_rows(
        self, rerun: Sequence[Observation], rows: NDArray[np.void]
    ) -> NDArray[np.bool_]:
        """Return which pixels may have other rows, or other figures, than the reference."""
        pixels = len(self._reference.observations)
        if rows.size != self._rows.size:
            return np.ones(pixels, dtype=bool)
        differ = np.zeros(rows.size, dtype=bool)
        for name in _SELECTORS:
            differ |= rows[name] != self._rows[name]
        changed: NDArray[np.bool_] = np.any(differ.reshape(pixels, -1), axis=1)
        changed |= _has_lookups(rerun) != self._has_lookups
        changed |= [
            not _have_same_places(one.orientations, own.orientations)
            for one, own in zip(rerun, self._reference.observations, strict=True)
        ]
        return changed

    def _values_of(
        self, rerun: Sequence[Observation], rows: NDArray[np.void], valid: NDArray[np.bool_]
    ) -> Floats:
        """Return the figures of ``rerun``; those of pixels that are not ``valid`` do not count."""
        rows = rows if valid.all() else self._with_own_rows(rows, valid)
        used = [
            (one if is_valid else own).orientations
            for one, own, is_valid in zip(rerun, self._reference.observations, valid, strict=True)
        ]
        together = replace(rerun[0], evaluations=rows, orientations=_joined_rows(used, ORIENTATION))
        columns: dict[str, Mapping[str, Floats]] = {}
        numbers = dict(_pixel_figures(rerun, {block.tap_id for block in self._blocks}))
        values = self.values.copy()
        for block in self._blocks:
            if not block.is_column:
                of_pixels = numbers[block.tap_id].get(block.name)
                values[block.place] = np.inf if of_pixels is None else of_pixels[block.pixels]
                continue
            if block.tap_id not in columns:
                columns[block.tap_id] = _columns(together, block.tap_id)
            values[block.place] = columns[block.tap_id][block.name]
        return values

    def _with_own_rows(self, rows: NDArray[np.void], valid: NDArray[np.bool_]) -> NDArray[np.void]:
        """Put the reference's rows in the place of those of pixels that are not ``valid``."""
        by_pixel = rows.reshape(valid.size, -1).copy()
        by_pixel[~valid] = self._rows.reshape(by_pixel.shape)[~valid]
        return by_pixel.ravel()

    def _measure_each(
        self, rerun: Sequence[Observation], numbers: Sequence[int], distance: Floats
    ) -> None:
        """Write into ``distance`` how far the figures of the pixels ``numbers`` moved."""
        taps = self._reference.taps
        after = {
            number: PixelTaps.from_observation(rerun[number], CCore.implementation, taps).taps
            for number in numbers
        }
        floats = {
            number: {tap_id: dict(float_figures(tap_id, figures[tap_id])) for tap_id in figures}
            for number, figures in after.items()
        }
        for block in self._blocks:
            for number, place in block.slices():
                if number in floats:
                    moved = floats[number][block.tap_id].get(block.name)
                    distance[place] = _distance(self.values[place], moved)


def _distance(before: Floats, after: Floats | None) -> Floats:
    """Return |after - before|, 0 where that is no number, infinite for another number of rows."""
    if after is None or after.shape != before.shape:
        return np.full(before.shape, np.inf)
    with np.errstate(invalid="ignore"):
        distance = np.abs(after - before)
    return np.where(np.isnan(distance), 0.0, distance)


def _rows_of(observations: Sequence[Observation]) -> NDArray[np.void]:
    return _joined_rows([observation.evaluations for observation in observations], EVALUATION)


def _joined_rows(rows: Sequence[NDArray[np.void]], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    # numpy takes long to concatenate arrays of records: it compares their dtypes one by one.
    return np.frombuffer(b"".join(each.tobytes() for each in rows), dtype=dtype)


def _have_same_places(first: NDArray[np.void], second: NDArray[np.void]) -> bool:
    places = [name for name in _SELECTORS if name != "kind"]
    return all(np.array_equal(first[name], second[name]) for name in places)


def _has_lookups(observations: Sequence[Observation]) -> NDArray[np.bool_]:
    return np.array([one.f_cell.counts["total_lookups"] > 0 for one in observations])


def _columns(together: Observation, tap_id: str) -> Mapping[str, Floats]:
    taps = PixelTaps.from_observation(together, CCore.implementation, (TAPS_BY_ID[tap_id],)).taps
    return taps[tap_id].columns


def _pixel_figures(
    observations: Sequence[Observation], tap_ids: set[str]
) -> Iterator[tuple[str, dict[str, Floats]]]:
    """Yield the figures of the pixels of each tap: for every name one number a pixel."""
    readers: dict[str, Callable[[Sequence[Observation]], dict[str, Floats]]] = {
        _CONFIG: _config_figures,
        _F_CELL: _f_cell_figures,
    }
    for tap_id in tap_ids & (readers.keys() | _TOTALS.keys()):
        read = readers.get(tap_id)
        if read is not None:
            yield tap_id, read(observations)
            continue
        yield (
            tap_id,
            {
                name: np.array([one.totals[total] for one in observations], dtype=np.float64)
                for name, total in _TOTALS[tap_id].items()
            },
        )


def _config_figures(observations: Sequence[Observation]) -> dict[str, Floats]:
    """Return what is derived, which all pixels share, and the state before each."""
    first = PixelTaps.from_observation(
        observations[0], CCore.implementation, (TAPS_BY_ID[_CONFIG],)
    ).taps[_CONFIG]
    shared = {
        name: np.full(len(observations), values[0])
        for name, values in float_figures(_CONFIG, first)
    }
    axes = np.array([one.state.polar_axis for one in observations], dtype=np.float64)
    return shared | {f"{_STATE_AXIS}{axis}": axes[:, at] for at, axis in enumerate("xyz")}


def _f_cell_figures(observations: Sequence[Observation]) -> dict[str, Floats]:
    """Return the statistics of the lookups; their values are meaningless without a lookup."""
    stats = [one.f_cell for one in observations]
    bounds = np.array([one.hkl_fractional_bounds for one in stats], dtype=np.float64)
    return {
        "mean_f_cell": np.array([one.mean_f_cell for one in stats]),
        "rounding_margin": np.array([one.rounding_margin for one in stats]),
        **{
            f"hkl_fractional_bounds.{axis}_{end}": bounds[:, side, at]
            for at, axis in enumerate("hkl")
            for side, end in enumerate(("min", "max"))
        },
    }
