"""From structs over other numbers to figures: values, what rounding left over, and derivatives.

Every number is read once, as all of its parts; the figures of an observation are one part of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.arithmetic.buffers import Buffers, is_number
from parity_bridge.engines.c_core.observations import f_cell_stats, totals_of
from parity_bridge.taps.derived import derived_quantities
from parity_bridge.taps.evaluations import EVALUATION, ORIENTATION
from parity_bridge.taps.observation import FCellStats, Quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.c_core.arithmetic.library import ArithmeticCore


@dataclass(frozen=True)
class Part:
    """One part of every number: direction 0 is the value, i the i-th derivative."""

    direction: int = 0
    #: What the nearest double leaves over, in place of the nearest double.
    rest: bool = False

    def of(self, parts: Any) -> Any:
        """Return this part of what ``NumberReader`` read; integers stay as they are."""
        if isinstance(parts, np.ndarray):
            return parts[..., self.direction, int(self.rest)].tolist()
        if isinstance(parts, list):
            return [self.of(item) for item in parts]
        return parts


@dataclass(frozen=True)
class PixelParts:
    """All parts of the figures of one pixel."""

    evaluations: Mapping[str, NDArray[Any]]
    orientations: Mapping[str, NDArray[Any]]
    totals: Mapping[str, Any]
    f_cell: Mapping[str, Any]
    #: Value of the mask at the pixel; None without a mask.
    mask: int | None

    def rows(self, part: Part) -> NDArray[np.void]:
        """Return rows of dtype ``taps.evaluations.EVALUATION``; integers stay as they are."""
        return _joined(self.evaluations, EVALUATION, part)

    def orientation_rows(self, part: Part) -> NDArray[np.void]:
        """Return rows of dtype ``taps.evaluations.ORIENTATION``; integers stay as they are."""
        return _joined(self.orientations, ORIENTATION, part)

    def end(self, part: Part, steps: int) -> dict[str, float | int]:
        """Return the end of the chain; the derivative of a float32 is that of the intensity."""
        figures = {name: part.of(value) for name, value in self.totals.items()}
        if part != Part():
            figures["image"] = figures["intensity"] if figures["in_roi"] else 0.0
        return totals_of(SimpleNamespace(**figures), steps, self.mask)

    def lookups(self, part: Part) -> FCellStats:
        """Return Tap 4; counts and nearest indices are those of the values."""
        figures = {name: part.of(value) for name, value in self.f_cell.items()}
        return f_cell_stats(SimpleNamespace(**figures))


@dataclass(frozen=True)
class NumberReader:
    """Reads numbers of a core, each as an array of shape (1 + directions, 2)."""

    core: ArithmeticCore

    def read(self, value: Any) -> Any:
        """Return an integer as it is, the parts of a number, of a ``pb_vec3`` or of an array."""
        ffi = self.core.ffi
        if not isinstance(value, ffi.CData):
            return value
        kind = ffi.typeof(value)
        if kind.kind == "array":
            is_number = kind.item.cname == "pb_dual"
            return self._numbers(value, kind.length) if is_number else list(value)
        if ffi.typeof("pb_vec3") is kind:
            return self._numbers(ffi.addressof(value, "x"), 3)
        return self._numbers(ffi.addressof(value), 1)[0]

    def derived(self, setup: Any, table: Any) -> dict[str, Any]:
        """Return the quantities of ``taps.derived`` that a ``pb_setup *`` holds, as parts."""
        numbers = self._numbers(setup.domain_matrices, 9 * setup.crystal.domains)
        matrices: Any = [*numbers.reshape(-1, 9, *numbers.shape[1:])]
        sources: Any = [self._source(setup.sources[i]) for i in range(setup.source_count)]
        return derived_quantities(
            setup,
            self.read,
            source_list=sources,
            mosaic_umats=matrices,
            has_table=table.values != self.core.ffi.NULL,
        )

    def pixel(self, buffers: Buffers, mask: int | None) -> PixelParts:
        """Return the figures of the pixel that the core left in ``buffers``."""
        totals, f_cell = buffers.totals, buffers.f_cell
        return PixelParts(
            self._columns(buffers.evaluations, EVALUATION),
            self._columns(buffers.orientations, ORIENTATION),
            {name: self.read(getattr(totals, name)) for name in _fields(self.core, totals)},
            {name: self.read(getattr(f_cell, name)) for name in _fields(self.core, f_cell)},
            mask,
        )

    def _numbers(self, pointer: Any, count: int) -> NDArray[np.float64]:
        return self.core.parts(self.core.ffi.cast("pb_dual *", pointer), count)

    def _source(self, source: Any) -> NDArray[np.float64]:
        """Return direction, weight and wavelength (m)."""
        rest = [self.read(source.weight), self.read(getattr(source, "lambda"))]
        return np.concatenate([self.read(source.direction), rest])

    def _columns(self, rows: NDArray[np.void], plain: np.dtype[np.void]) -> dict[str, NDArray[Any]]:
        """Return every field of rows: integers as they are, numbers as parts."""
        columns = {}
        for name in plain.names or ():
            column = rows[name]
            if is_number(plain, name):
                block = np.ascontiguousarray(column)
                parts = self._numbers(self.core.ffi.from_buffer(block), block.size)
                column = parts.reshape(*block.shape, *parts.shape[1:])
            columns[name] = column
        return columns


def _joined(
    columns: Mapping[str, NDArray[Any]], plain: np.dtype[np.void], part: Part
) -> NDArray[np.void]:
    rows = np.empty(len(columns["layer"]), dtype=plain)
    for name, column in columns.items():
        numeric = is_number(plain, name)
        rows[name] = column[..., part.direction, int(part.rest)] if numeric else column
    return rows


def _fields(core: ArithmeticCore, pointer: Any) -> Sequence[str]:
    return [name for name, _ in core.ffi.typeof(pointer).item.fields]


def quantities(parts: Mapping[str, Any], part: Part) -> dict[str, Quantity]:
    """Return one part of ``NumberReader.derived``."""
    return {name: part.of(value) for name, value in parts.items()}
