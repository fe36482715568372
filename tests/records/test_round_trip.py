"""Records of any figures whatever, through their files and back: no bit is lost."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from parity_bridge.records.pixel_records import as_json, read_model, record_suffix
from parity_bridge.records.reading import read_side
from parity_bridge.report.json_schema import RECORD_MODELS, json_schema
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID
from parity_bridge.taps.tap_data import ROWS, data_of_record
from tests.records.real_records import CASES, ENGINES, real_run, record_texts

# A smaller failing record shows no more, and searching for one takes minutes.
IN_PLACE = settings(
    deadline=None,
    max_examples=20,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SPELLED = {math.inf: "Infinity", -math.inf: "-Infinity"}


def _float64(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    # JSON has one word for all NaNs: their payload is lost.
    return math.nan if math.isnan(value) else value


#: Every finite float64 by its bits, -0.0 and the smallest and largest more often than chance.
NUMBERS = (
    st.integers(0, 2**64 - 1).map(_float64).filter(math.isfinite)
    | st.sampled_from([-0.0, 0.0, 5e-324, -5e-324, 2.2250738585072009e-308, 1.7976931348623157e308])
)  # fmt: skip


class Valid:
    """Whatever is valid under one of the JSON Schemas."""

    def __init__(self, name: str) -> None:
        self.root = json_schema(name)

    def any(self) -> SearchStrategy[Any]:
        return self.of(self.root)

    def of(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if "$ref" in schema:
            return self.of(self.root["$defs"][schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return st.one_of([self.of(choice) for choice in schema["anyOf"]])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        strategy: SearchStrategy[Any] = getattr(self, f"_{schema['type']}")(schema)
        return strategy

    def _object(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if "properties" not in schema:
            values = self.of(schema["additionalProperties"])
            return st.dictionaries(st.text(max_size=5), values, max_size=2)
        fields = {name: self.of(field) for name, field in schema["properties"].items()}
        return st.fixed_dictionaries(fields)

    def _array(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if "prefixItems" in schema:
            return st.tuples(*map(self.of, schema["prefixItems"])).map(list)
        return st.lists(self.of(schema["items"]), max_size=2)

    def _integer(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        return st.integers(schema.get("minimum"), schema.get("maximum", 2**63 - 1))

    def _number(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        return NUMBERS

    def _string(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
        return st.text(max_size=5)

    def _boolean(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        return st.booleans()

    def _null(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        return st.none()


@cache
def valid(name: str) -> SearchStrategy[Any]:
    return Valid(name).any()


def has_distinct_rows(record: Mapping[str, Any]) -> bool:
    """Whether no row is recorded twice: such records are refused."""
    rows = record["values"].get(ROWS, [])
    steps = ("layer", "source", "phi_step", "domain")
    places = {(*row["subpixel_index"], *(row.get(step) for step in steps)) for row in rows}
    return len(places) == len(rows)


def leaves(value: Any) -> Iterator[object]:
    """Every leaf; of a float its bits, or the word for one that JSON cannot write."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield key
            yield from leaves(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, float):
        word = "NaN" if math.isnan(value) else SPELLED.get(value)
        yield word or struct.pack("<d", value)
    else:
        yield type(value), value


def assert_same_leaves(first: Any, second: Any) -> None:
    for one, other in zip_longest(leaves(first), leaves(second)):
        words = {item[1] if isinstance(item, tuple) else item for item in (one, other)}
        assert one == other or (len(words) == 1 and words <= {"NaN", "Infinity", "-Infinity"})


def assert_same_figures(ours: TapFields, theirs: TapFields) -> None:
    assert_same_leaves(ours.pixel, theirs.pixel)
    assert list(ours.columns) == list(theirs.columns)
    assert np.array_equal(ours.places, theirs.places)
    for name, column in ours.columns.items():
        assert_same_leaves(column.tolist(), theirs.columns[name].tolist())


@pytest.mark.parametrize("name", RECORD_MODELS)
@given(data=st.data())
@IN_PLACE
def test_whatever_the_schema_allows_is_read_and_written_bit_for_bit(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    drawn = data.draw(valid(name))
    path = tmp_path / "record.json"
    path.write_text(json.dumps(drawn), "utf-8")
    record = read_model(path, RECORD_MODELS[name])
    assert_same_leaves(record.model_dump(), drawn)
    path.write_text(as_json(record), "utf-8")
    again = read_model(path, RECORD_MODELS[name])
    assert_same_leaves(again.model_dump(), drawn)
    assert as_json(again) == as_json(record)


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
@given(data=st.data())
@IN_PLACE
def test_any_record_gives_its_figures_bit_for_bit(
    tmp_path: Path, tap_id: str, data: st.DataObject
) -> None:
    drawn = data.draw(valid(tap_id))
    path = tmp_path / "record.json"
    assume(has_distinct_rows(drawn))
    path.write_text(json.dumps(drawn), "utf-8")
    tap = TAPS_BY_ID[tap_id]
    values = read_model(path, tap.record).values
    content = data_of_record(values, tap.row)
    assert_same_leaves(content.values(), values.model_dump())
    (pixel,) = read_side(path).pixels
    figures = pixel.taps[tap_id]
    rows = drawn["values"].get(ROWS, [])
    for name, column in figures.columns.items():
        field, _, part = name.partition(".")
        number = "hkl".find(part) if field.startswith("hkl") else "xyz".find(part)
        recorded = [row[field][number] if part else row[field] for row in rows]
        assert_same_leaves(column.tolist(), recorded)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_a_stored_observation_is_the_observation(case: str, engine: str, tmp_path: Path) -> None:
    run = real_run(case, engine)
    for tap_id, records in record_texts(run).items():
        for number, text in enumerate(records):
            (tmp_path / f"pixel_{number}_0{record_suffix(TAPS_BY_ID[tap_id])}").write_text(text)
    stored = {pixel.pixel: pixel for pixel in read_side(tmp_path).pixels}
    for observation in run.observations:
        fresh = PixelTaps.from_observation(
            observation, run.engine.implementation, TAPS_BY_ID.values()
        )
        read = stored[observation.pixel]
        assert list(read.taps) == list(fresh.taps)
        assert (read.hkl_table, read.flags) == (fresh.hkl_table, fresh.flags)
        for tap_id, figures in fresh.taps.items():
            assert_same_figures(figures, read.taps[tap_id])


@given(bits=st.integers(1, 2**52 - 1), negative=st.booleans())
def test_any_nan_stays_one(bits: int, negative: bool) -> None:
    value = struct.unpack("<d", struct.pack("<Q", 0x7FF << 52 | bits | negative << 63))[0]
    table = RECORD_MODELS["intensity_post_scale"].model_fields["values"].annotation
    assert table is not None
    names = table.model_fields
    record = table.model_validate(dict.fromkeys(names, value))
    again = table.model_validate_json(as_json(record))
    assert all(math.isnan(getattr(again, name)) for name in names)
