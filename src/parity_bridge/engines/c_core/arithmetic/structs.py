"""Structs of the C core over other numbers, and what moves with a parameter in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parity_bridge.errors import UsageError
from parity_bridge.experiment.parameters import Parameter, beam_centre_fields

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.engines.c_core.arithmetic.library import ArithmeticCore
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors

#: Where in ``pb_experiment`` a parameter stands; the rest follows from its name.
_PLACES: dict[str, tuple[str | int, ...]] = {
    **{f"cell_{name}": ("cell", place) for place, name in enumerate(
        ("a", "b", "c", "alpha", "beta", "gamma")
    )},
    **{f"matrix_{row}{column}": ("matrix", 3 * row + column - 4)
       for row in (1, 2, 3) for column in (1, 2, 3)},
    **{f"N{name}": ("cells", place) for place, name in enumerate("abc")},
    **{f"{name}_{axis}": (field, axis) for axis in "xyz" for name, field in (
        ("misset", "misset"), ("rotation", "rotations"), ("spindle", "spindle_vector")
    )},
    "hdivrange": ("horizontal", "range"),
    "vdivrange": ("vertical", "range"),
    "osc": ("oscillation", "range"),
}  # fmt: skip


def converted(core: ArithmeticCore, kind: str, source: Any) -> Any:
    """Return a ``kind *`` of ``core`` with the values of one of the C core; pointers are NULL."""
    target = core.ffi.new(f"{kind} *")
    _copy(core, source, target, core.ffi.typeof(kind))
    return target


def _copy(core: ArithmeticCore, source: Any, target: Any, struct: Any) -> None:
    for name, field in struct.fields:
        value, cname = getattr(source, name), field.type.cname
        if cname == "pb_dual":
            core.set_values(core.ffi.addressof(target, name), [value])
        elif cname.startswith("pb_dual["):
            core.set_values(core.ffi.addressof(target, name, 0), list(value))
        elif field.type.kind == "struct":
            _copy(core, value, getattr(target, name), field.type)
        elif field.type.kind == "array":
            setattr(target, name, list(value))
        elif field.type.kind != "pointer":
            setattr(target, name, value)


def source_lines(core: ArithmeticCore, lines: NDArray[np.float64]) -> Any:
    """Return a ``pb_source_line[]`` of the rows of a source file, shape (sources, 5)."""
    array = core.ffi.new("pb_source_line[]", len(lines))
    core.set_values(core.ffi.cast("pb_dual *", array), lines.ravel())
    return array


def table(core: ArithmeticCore, factors: StructureFactors) -> tuple[Any, Any]:
    """Return a ``pb_table *`` over the grid of ``factors``, and the numbers that it points to."""
    struct = core.ffi.new("pb_table *")
    core.set_values(core.ffi.addressof(struct, "default_F"), [factors.provenance.default_F])
    if factors.grid is None:
        return struct, None
    numbers = core.ffi.new("pb_dual[]", factors.grid.size)
    core.set_values(numbers, factors.grid.ravel())
    struct.values, struct.min, struct.range = numbers, factors.minimum, factors.grid.shape
    return struct, numbers


def number_of(
    core: ArithmeticCore, experiment: Experiment, given: Any, table_struct: Any, item: Parameter
) -> Any:
    """Return a pointer to the number that a parameter is, in a ``pb_experiment *`` or a table.

    Raise UsageError for an entry outside the box of the table.
    """
    address = core.ffi.addressof
    if item.name == "default_F":
        return address(table_struct, "default_F")
    if item.entry is not None:
        numbers = core.ffi.cast("pb_dual *", table_struct.values)
        return numbers + _offset(item.entry, table_struct)
    if item.name in ("beam_x", "beam_y"):
        field = beam_centre_fields(experiment)[item.name == "beam_y"]
        path = ("mask_beam_centre", "y_beam") if field == "mask_beam_centre" else (field,)
        return address(given, *path)
    return address(given, *_PLACES.get(item.name, (item.name,)))


def _offset(entry: tuple[int, int, int], table_struct: Any) -> int:
    """Return the place of a Miller index in the grid, l fastest."""
    low, size = list(table_struct.min), list(table_struct.range)
    h, k, l = (index - least for index, least in zip(entry, low, strict=True))
    inside = all(0 <= place < count for place, count in zip((h, k, l), size, strict=True))
    if not inside:
        raise UsageError(f"F{entry} lies outside the table, where default_F is returned")
    return int((h * size[1] + k) * size[2] + l)
