"""Records read leniently: of any program, with fields missing and unknown fields added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, create_model

from parity_bridge.errors import FileError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.files.schema import SCHEMA_VERSION
from parity_bridge.records.pixel_records import read_model
from parity_bridge.taps.registry import TAPS_BY_ID, TapRecord
from parity_bridge.taps.schema import Pixel
from parity_bridge.taps.tap_data import ROWS


class _Lenient(BaseModel):
    """A model in which any field may be missing and any other may be added."""

    model_config = ConfigDict(
        frozen=True, extra="allow", strict=True, ser_json_inf_nan="strings", protected_namespaces=()
    )


class _RecordHeader(_Lenient):
    """The fields that identify a record."""

    schema_version: Any = None
    tap_id: str
    pixel_coords: Pixel
    oversample: int


def read_record(path: Path) -> tuple[Path, TapRecord]:
    """Read the record in ``path``; return both. Raises FileError where it is not a record."""
    header = read_model(path, _RecordHeader)
    version = header.schema_version
    # In Python, true and 1.0 equal 1.
    if version is not None and (type(version) is not int or version != SCHEMA_VERSION):
        raise FileError(
            f"{path} has schema_version {repr(version)[:80]}; this program reads "
            f"{SCHEMA_VERSION}, so read it with the one that wrote it"
        )
    if header.tap_id not in TAPS_BY_ID:
        raise FileError(
            f"{path} is of the tap {header.tap_id[:80]!r}, which does not exist; choose from "
            f"{', '.join(TAPS_BY_ID)}"
        )
    tap = TAPS_BY_ID[header.tap_id]
    model: type[BaseModel] = tap.record
    record: TapRecord = read_model(path, lenient_model(model))
    if record.values is None:
        raise FileError(f"{path} is not a record: it has no values; write the record again")
    # In a tap without rows it is an unknown field, which may hold anything.
    rows = None if tap.row is None else getattr(record.values, ROWS)
    for number, row in enumerate(rows or ()):
        if "subpixel_index" not in row.model_fields_set:
            raise FileError(
                f"{path} is not a record: {ROWS}.{number} has no subpixel_index; write one in "
                "every row"
            )
    return path, record


@cache
def lenient_model(model: type[BaseModel]) -> type[BaseModel]:
    """Return ``model`` with every field optional, at every depth, and unknown fields allowed."""
    fields: dict[str, Any] = {
        name: (_annotated(_lenient_type(field.annotation), field.metadata), None)
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=_Lenient, **fields)


def _annotated(annotation: Any, metadata: Sequence[Any]) -> Any:
    return Annotated[(annotation, *metadata)] if metadata else annotation


def _lenient_type(annotation: Any) -> Any:
    """Return the same type with every model in it lenient; null is allowed where it was."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        # The table that was read is compared as a whole: it is recorded completely or not at all.
        return annotation if annotation is HklTable else lenient_model(annotation)
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and arguments[-1] is Ellipsis:
        return tuple[_lenient_type(arguments[0]), ...]  # type: ignore[misc]
    models = [item for item in arguments if isinstance(item, type) and issubclass(item, BaseModel)]
    if models:
        return lenient_model(models[0]) | None
    return annotation


def unknown_fields(model: BaseModel, name: str = "") -> Iterator[str]:
    """Yield the fields that the schema does not have, outermost first.

    Names are dotted, as the names of figures.
    """
    yield from (f"{name}{extra}" for extra in model.model_extra or ())
    for part in type(model).model_fields:
        value = getattr(model, part)
        inner = "" if part == "values" else f"{name}{part}."
        for item in value if part == ROWS and value else (value,):
            if isinstance(item, BaseModel):
                yield from unknown_fields(item, inner)
