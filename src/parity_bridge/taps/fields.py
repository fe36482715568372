"""A tap as scalar figures: the units of comparisons, tolerances and noise budgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.files.schema import Schema
from parity_bridge.taps.evaluations import LOOP_FIELDS
from parity_bridge.taps.schema import Pixel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.tap_data import TapData

Scalar = bool | int | float | str | None

_PLACE = (*LOOP_FIELDS, "subpixel_index")


class Place(Schema):
    """Where in the loops of a pixel a row stands, each counted from 0 (contract §6)."""

    layer: int
    subpixel: Pixel  # slow, fast
    source: int
    phi_step: int
    domain: int


@dataclass(frozen=True)
class TapFields:
    """The figures of one tap at one pixel, in the order of the schema."""

    #: Field, ``hkl_bounds.h_min`` say -> figure of the pixel.
    pixel: Mapping[str, Scalar]
    #: Field, ``hkl_fractional.h`` say -> one figure a row.
    columns: Mapping[str, NDArray[Any]]
    #: (rows, 6): layer, subpixel slow and fast, source, phi step, domain.
    places: NDArray[np.int64]

    @classmethod
    def from_tap_data(cls, content: TapData) -> TapFields:
        """Return the figures of a tap's content."""
        rows = dict(content.rows or {})
        places = _row_places({name: rows.pop(name) for name in _PLACE if name in rows})
        columns = {
            name: part
            for field, column in rows.items()
            for name, part in _component_columns(field, column)
        }
        return cls(dict(_flatten_value("", content.pixel)), columns, places)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of all figures, those of the pixel first."""
        return (*self.pixel, *self.columns)

    def select_fields(self, fields: Iterable[str]) -> TapFields:
        """Return the same with no other figures than these."""
        kept = set(fields)
        return TapFields(
            {name: value for name, value in self.pixel.items() if name in kept},
            {name: column for name, column in self.columns.items() if name in kept},
            self.places,
        )

    def place(self, row: int) -> Place:
        """Return where a row stands."""
        layer, slow, fast, source, phi_step, domain = self.places[row].tolist()
        return Place(
            layer=layer, subpixel=(slow, fast), source=source, phi_step=phi_step, domain=domain
        )


_HKL, _XYZ = ("h", "k", "l"), ("x", "y", "z")
#: Null in a record where there is no lookup.
_BOUNDS = ("hkl_bounds", "hkl_fractional_bounds")
_LIMITS = tuple(f"{axis}_{end}" for axis in _HKL for end in ("min", "max"))
_NO_PLACES = np.zeros((0, 6), dtype=np.int64)


def _row_places(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    subpixels = columns.get("subpixel_index")
    if subpixels is None or not len(subpixels):
        return _NO_PLACES
    zeros = np.zeros(len(subpixels), dtype=np.int64)
    slow, fast = subpixels.T
    inner = (columns.get(name, zeros) for name in ("source", "phi_step", "domain"))
    return np.stack((columns.get("layer", zeros), slow, fast, *inner), axis=-1).astype(np.int64)


def _component_columns(field: str, column: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    if column.ndim == 1:
        yield field, column
        return
    for number, name in enumerate(_HKL if field.startswith("hkl") else _XYZ):
        yield f"{field}.{name}", column[:, number]


def _flatten_value(name: str, value: Any) -> Iterator[tuple[str, Scalar]]:
    """Yield the leaves of a nested value under dotted names."""
    if value is None and name in _BOUNDS:
        value = dict.fromkeys(_LIMITS)
    items: Iterable[tuple[str, Any]]
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, tuple | list):
        vector = len(value) == len(_XYZ) and isinstance(value[0], int | float)
        items = zip(_XYZ if vector else map(str, range(len(value))), value, strict=True)
    else:
        yield name, value
        return
    for key, item in items:
        yield from _flatten_value(f"{name}.{key}" if name else key, item)
