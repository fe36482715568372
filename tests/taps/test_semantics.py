"""The semantic table: complete, true to the sources it names, and what ``docs/taps.md`` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from parity_bridge.taps.config_snapshot import Derived
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.field_meaning import FieldMeaning
from parity_bridge.taps.registry import TAPS_BY_ID
from parity_bridge.taps.schema import Record
from parity_bridge.taps.semantics import ENVELOPE, SEMANTICS, field_of
from parity_bridge.taps.semantics_page import page, tap_summary
from parity_bridge.taps.tap_data import ROWS

ROOT = Path(__file__).parents[2]
PORT = "parity_bridge.engines.torch_port"
#: Rows of the table that are figures of a comparison alone.
PRESENCE = {"row", "lookup"}

MEANINGS = [
    pytest.param(meaning, id=f"{tap_id}.{field}")
    for tap_id, fields in {"every record": ENVELOPE, **SEMANTICS}.items()
    for field, meaning in fields.items()
]


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, itself or many of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model(item) for item in get_args(annotation))
    return next((model for model in found if model), None)


def leaves(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of all fields that hold no model, with their types; those of rows bare."""
    for field, info in model.model_fields.items():
        inner = _model(info.annotation)
        path = "" if field == ROWS else f"{name}.{field}" if name else field
        if inner is None:
            yield path, info.annotation
        else:
            yield from leaves(inner, path)


def recorded(tap_id: str) -> dict[str, Any]:
    """What the records of a tap hold besides the envelope, with the types."""
    record = TAPS_BY_ID[tap_id].record
    fields = dict(leaves(record.model_fields["values"].annotation))
    for name in record.model_fields.keys() - ENVELOPE.keys() - {"values"}:
        fields |= dict(leaves(record.model_fields[name].annotation, name))
    return fields


def _holds_float(annotation: Any) -> bool:
    if get_origin(annotation) in (tuple, dict, Annotated, Union, UnionType):
        return any(map(_holds_float, get_args(annotation)))
    return annotation is float


def test_the_page_is_what_the_table_renders() -> None:
    assert (ROOT / "docs" / "taps.md").read_text("utf-8") == page()


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
def test_every_field_has_a_row_and_every_row_a_field(tap_id: str) -> None:
    rows = {field_of(tap_id, name) for name in recorded(tap_id)}
    assert "" not in rows, sorted(name for name in recorded(tap_id) if not field_of(tap_id, name))
    assert SEMANTICS[tap_id].keys() - rows == (
        PRESENCE & SEMANTICS[tap_id].keys() if TAPS_BY_ID[tap_id].row else set()
    )


@pytest.mark.parametrize("tap_id", [tap_id for tap_id, tap in TAPS_BY_ID.items() if tap.row])
def test_a_tap_with_rows_says_what_it_means_that_one_is_there(tap_id: str) -> None:
    assert len(PRESENCE & SEMANTICS[tap_id].keys()) == 1


def test_the_envelope_is_told_once() -> None:
    assert set(Record.model_fields) | {"timestamp_utc"} == set(ENVELOPE)
    for tap in TAPS_BY_ID.values():
        assert set(ENVELOPE) <= set(tap.record.model_fields)


def test_derived_quantities_have_rows_in_the_order_of_both_engines() -> None:
    rows = [name.removeprefix("derived.") for name in SEMANTICS["config_snapshot"]]
    assert tuple(name for name in rows if name in Derived.model_fields) == DERIVED
    assert tuple(Derived.model_fields) == DERIVED


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
def test_a_unit_is_told_of_every_float(tap_id: str) -> None:
    for name, annotation in recorded(tap_id).items():
        if _holds_float(annotation):
            assert SEMANTICS[tap_id][field_of(tap_id, name)].unit, name


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
def test_only_floats_have_tolerances(tap_id: str) -> None:
    for name, annotation in recorded(tap_id).items():
        if not SEMANTICS[tap_id][field_of(tap_id, name)].exact:
            assert _holds_float(annotation), name


@pytest.mark.parametrize("meaning", MEANINGS)
def test_the_functions_of_the_c_core_are_where_the_table_says(meaning: FieldMeaning) -> None:
    for name in meaning.c:
        if not name.startswith("parity_bridge."):
            file, function = name.split(".")
            source = (ROOT / "csrc" / f"{file}.c").read_text()
            # A definition begins a line; a call is indented.
            assert re.search(rf"^\w[\w *]*\b(pb_)?{function}\(", source, re.MULTILINE), name


@pytest.mark.parametrize("meaning", MEANINGS)
def test_the_functions_of_python_are_where_the_table_says(meaning: FieldMeaning) -> None:
    for name in (*meaning.torch, *(name for name in meaning.c if "parity_bridge." in name)):
        module, path = _located(name)
        found: Any = module
        for part in path:
            found = vars(found)[part]
        assert callable(found) or isinstance(found, property), name
        owner = found.fget if isinstance(found, property) else found
        assert owner.__module__ == module.__name__, f"{name} is only imported there"


def _located(name: str) -> tuple[Any, list[str]]:
    """The module a name begins with, and the rest of the name."""
    if not name.startswith("parity_bridge."):
        file, *path = name.split(".")
        return import_module(f"{PORT}.{file}"), path
    parts = name.split(".")
    # Modules are lower case and exist; the rest is looked up in the last of them.
    for length in range(len(parts) - 1, 0, -1):
        if (ROOT / "src" / Path(*parts[:length]).with_suffix(".py")).is_file():
            return import_module(".".join(parts[:length])), parts[length:]
    raise AssertionError(f"{name} is in no module")


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
def test_the_first_line_of_a_taps_module_says_what_it_is(tap_id: str) -> None:
    assert re.fullmatch(r"[A-Z].{20,}\.", tap_summary(TAPS_BY_ID[tap_id]))
    assert f"`{tap_id}`" in page()


def test_a_figure_belongs_to_the_longest_field_that_it_begins_with() -> None:
    assert field_of("f_cell_stats", "hkl_bounds.h_min") == "hkl_bounds"
    assert field_of("config_snapshot", "derived.pix0_vector.x") == "derived.pix0_vector"
    assert field_of("config_snapshot", "derived") == ""
