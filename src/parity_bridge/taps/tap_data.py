"""A tap of one pixel on its way between an observation, a record and a comparison.

Rows are held as columns, so that thousands of evaluations are compared in a few array operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin

import numpy as np
from pydantic import BaseModel

from parity_bridge.taps.evaluations import LOOP_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.schema import SubpixelRow

#: Name of the rows in every tap.
ROWS = "subpixels"


@dataclass(frozen=True)
class TapData:
    """What a tap says about a pixel."""

    #: Figures of the pixel: plain values, nested as in the record.
    pixel: Mapping[str, Any]
    #: Field of the row -> its column, (rows,) or (rows, components); ``subpixel_index`` is one.
    rows: Mapping[str, NDArray[Any]] | None = None

    def values(self) -> dict[str, Any]:
        """Return the ``values`` of a record, rows as rows."""
        if self.rows is None:
            return dict(self.pixel)
        columns = [_list_values(column) for column in self.rows.values()]
        names = tuple(self.rows)
        rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
        return {**self.pixel, ROWS: tuple(rows)}


def place_columns(evaluations: NDArray[np.void], *, inner: bool = True) -> dict[str, NDArray[Any]]:
    """Return the columns that say where rows of dtype ``EVALUATION`` stand; ``inner`` loops too."""
    columns = {
        "subpixel_index": np.stack((evaluations["sub_slow"], evaluations["sub_fast"]), axis=-1)
    }
    return columns | {
        name: evaluations[name] for name in (LOOP_FIELDS if inner else LOOP_FIELDS[:1])
    }


def data_of_record(values: BaseModel, row: type[SubpixelRow] | None) -> TapData:
    """Return the content of a record's ``values``, of every field that it has.

    Raise ValueError where rows do not say which subpixel they belong to.
    """
    given = [name for name in type(values).model_fields if name in values.model_fields_set]
    pixel = {
        name: _plain_value(getattr(values, name)) for name in given if row is None or name != ROWS
    }
    if row is None or ROWS not in given:
        return TapData(pixel)
    rows: Sequence[BaseModel] = getattr(values, ROWS) or ()
    return TapData(pixel, dict(_row_columns(rows, row)))


def _row_columns(
    rows: Sequence[BaseModel], row: type[SubpixelRow]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Return a column for every field that all rows have; steps that are not recorded are 0."""
    present = set(row.model_fields).intersection(*(each.model_fields_set for each in rows))
    if "subpixel_index" not in present:
        raise ValueError(f"{ROWS}: a row has no subpixel_index")
    for name, field in row.model_fields.items():
        if name in present:
            width = len(get_args(field.annotation)) if get_origin(field.annotation) is tuple else 0
            yield name, _figure_column([getattr(each, name) for each in rows], width)
        elif not field.is_required():
            yield name, np.full(len(rows), field.default)


def _figure_column(values: Sequence[Any], width: int) -> NDArray[Any]:
    """Return a column of figures, or vectors of ``width``; of objects where some do not exist."""
    dtype = object if any(value is None for value in values) else None
    return np.array(values, dtype=dtype).reshape((-1, width) if width else (-1,))


def _list_values(values: NDArray[Any]) -> list[Any]:
    listed = values.tolist()
    return [tuple(value) for value in listed] if values.ndim > 1 else listed


def _plain_value(value: Any) -> Any:
    """Return it as the record holds it; what the schema does not have is no figure."""
    if not isinstance(value, BaseModel):
        return value
    return value.model_dump(include=set(type(value).model_fields), exclude_unset=True)
