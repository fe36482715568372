"""The shipped JSON Schemas: made from the models, true to real records, as strict as the models."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.reference_runner import runner_of_run as reference_of
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.json_schema import FOLDER, RECORD_MODELS, schema_path, schema_text
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.records.real_records import CASES, ENGINES, benchmark_run, real_run, record_texts

#: Stands where there will be a token that ``json`` would not write.
MARK = "\ue000"
GONE = object()


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads(schema_path(name).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def schema_refuses(name: str, text: str) -> bool:
    return not validator(name).is_valid(json.loads(text))


def model_refuses(name: str, text: str) -> bool:
    try:
        RECORD_MODELS[name].model_validate_json(text)
    except ValidationError:
        return True
    return False


def broken(text: str, path: str, value: object, token: str = "") -> str:
    """A record with ``value``, or ``token`` as it stands, at ``path``; GONE leaves it out."""
    record = json.loads(text)
    place = record
    *parts, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parts:
        place = place[part]
    if value is GONE:
        del place[last]
    else:
        place[last] = MARK if token else value
    return json.dumps(record).replace(json.dumps(MARK), token)


def good(tap_id: str) -> str:
    return record_texts(benchmark_run("c"))[tap_id][0]


def test_exactly_one_schema_is_shipped_for_each_record() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        schema_path(name).name for name in RECORD_MODELS
    }
    assert set(TAPS_BY_ID) < set(RECORD_MODELS)


@pytest.mark.parametrize("name", RECORD_MODELS)
def test_the_shipped_schema_is_what_the_model_gives(name: str) -> None:
    assert schema_path(name).read_text("utf-8") == schema_text(name)


@pytest.mark.parametrize("name", RECORD_MODELS)
def test_a_schema_says_what_it_is_of(name: str) -> None:
    schema = json.loads(schema_text(name))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:parity-bridge:{name}:1"
    assert name in schema["title"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_records_of_real_runs_are_valid_by_schema_and_model(case: str, engine: str) -> None:
    for tap_id, records in record_texts(real_run(case, engine)).items():
        for text in records:
            assert not list(validator(tap_id).iter_errors(json.loads(text)))
            assert as_json(RECORD_MODELS[tap_id].model_validate_json(text)) == text


def test_the_cases_have_what_they_are_chosen_for() -> None:
    def values(case: str, tap_id: str) -> list[Any]:
        return [json.loads(text)["values"] for text in record_texts(real_run(case, "c"))[tap_id]]

    for skipped in values("shape_tophat_all_skipped", "f_cell_stats"):
        assert skipped["mean_f_cell"] is skipped["hkl_bounds"] is None
        assert skipped["total_lookups"] == 0 < skipped["skipped_lookups"]
    for case in ("shape_tophat", "shape_round"):
        rows = [row for pixel in values(case, "lattice") for row in pixel["subpixels"]]
        assert {row["F_latt_a"] for row in rows} == {None}
    layers = {row["layer"] for row in values("thick_layers", "omega_subpixel")[0]["subpixels"]}
    assert len(layers) > 1
    assert [pixel["mask"] for pixel in values("masked", "final_output")] == [0, 1]
    assert values("roi", "final_output")[0]["region"]["fast_min"] == 5
    ends = [row["evaluation"] for pixel in values("dmin_cut", "intensity_pre_norm")
            for row in pixel["subpixels"]]  # fmt: skip
    assert "beyond_dmin" in ends


def test_a_noise_budget_and_an_explanation_are_valid() -> None:
    reference = reference_of(benchmark_run("c"), tuple(TAPS_BY_ID.values()))
    assert isinstance(reference, ReferenceRunner)
    for budget in noise_budgets(reference):
        assert not list(validator("noise_budget").iter_errors(json.loads(as_json(budget))))
    finding = RECORD_MODELS["explanation"](
        reason="agreement", sentence="All is well.", pixels=((0, 0),)
    )
    assert not list(validator("explanation").iter_errors(json.loads(as_json(finding))))


BROKEN = [
    ("f_cell_stats", "tap_id", "lattice", ""),
    ("f_cell_stats", "tap_id", 4, ""),
    ("f_cell_stats", "schema_version", 2, ""),
    ("f_cell_stats", "schema_version", "1", ""),
    ("f_cell_stats", "schema_version", True, ""),
    ("f_cell_stats", "schema_version", None, ""),
    ("f_cell_stats", "implementation", 1, ""),
    ("f_cell_stats", "implementation", GONE, ""),
    ("f_cell_stats", "pixel_coords", [0], ""),
    ("f_cell_stats", "pixel_coords", [0, 0, 0], ""),
    ("f_cell_stats", "pixel_coords", [-1, 0], ""),
    ("f_cell_stats", "pixel_coords", "0 0", ""),
    ("f_cell_stats", "oversample", 0, ""),
    ("f_cell_stats", "values", GONE, ""),
    ("f_cell_stats", "values", [], ""),
    ("f_cell_stats", "values.total_lookups", -1, ""),
    ("f_cell_stats", "values.total_lookups", 2**63, ""),
    ("f_cell_stats", "values.total_lookups", "4", ""),
    ("f_cell_stats", "values.total_lookups", 4.5, ""),
    ("f_cell_stats", "values.total_lookups", True, ""),
    ("f_cell_stats", "values.total_lookups", GONE, ""),
    ("f_cell_stats", "values.mean_f_cell", "100.0", ""),
    ("f_cell_stats", "values.mean_f_cell", "nan", ""),
    ("f_cell_stats", "values.mean_f_cell", None, "1e999"),
    ("f_cell_stats", "values.mean_f_cell", None, "-1e999"),
    ("f_cell_stats", "values.mean_f_cell", None, "1" + "0" * 400),
    ("f_cell_stats", "values.mean_f_cell", True, ""),
    ("f_cell_stats", "values.mean_f_cell", GONE, ""),
    ("f_cell_stats", "values.mean_F_cell", 100.0, ""),
    ("f_cell_stats", "values.hkl_bounds.h_min", 2**31, ""),
    ("f_cell_stats", "values.hkl_bounds.h_min", -(2**31) - 1, ""),
    ("f_cell_stats", "values.hkl_bounds.h_min", GONE, ""),
    ("f_cell_stats", "values.subpixels", {}, ""),
    ("f_cell_stats", "values.subpixels.0.hkl_rounded", [0, 0, 2**31], ""),
    ("f_cell_stats", "values.subpixels.0.hkl_rounded", [0, 0], ""),
    ("f_cell_stats", "values.subpixels.0.hkl_fractional", [0.5, "0.5", 0.5], ""),
    ("f_cell_stats", "values.subpixels.0.out_of_bounds", 0, ""),
    ("f_cell_stats", "values.subpixels.0.out_of_bounds", "false", ""),
    ("f_cell_stats", "values.subpixels.0.layer", -1, ""),
    ("f_cell_stats", "values.subpixels.0.weight", 1.0, ""),
    ("f_cell_stats", "hkl_table.sha256", "5f", ""),
    ("f_cell_stats", "hkl_table.sha256", "5F" * 32, ""),
    ("f_cell_stats", "hkl_table.source", "database", ""),
    ("f_cell_stats", "hkl_table", GONE, ""),
    ("f_cell_stats", "comment", "none", ""),
    ("config_snapshot", "values.nanobragg_flags.-N", 5, ""),
    ("config_snapshot", "values.state.swept", None, ""),
    ("config_snapshot", "values.derived.mosaic_umats", [[1.0, 0.0]], ""),
    ("config_snapshot", "values.derived.source_list", [[0.0] * 6], ""),
    ("config_snapshot", "values.derived.lambda0", None, ""),
    ("omega_subpixel", "values.subpixels.0.omega", None, ""),
    ("orientation", "values.subpixels.0.phi", None, ""),
    ("orientation", "values.subpixels.0.a_mosaic", [1.0, 2.0], ""),
    ("hkl_subpixel", "values.subpixels.0.scattering_vector", [1.0, 2.0], ""),
    ("lattice", "values.subpixels.0.F_latt", None, ""),
    ("lattice", "values.subpixels.0.F_latt_a", "absent", ""),
    ("intensity_pre_norm", "values.subpixels.0.evaluation", "skipped", ""),
    ("intensity_post_scale", "values.after_omega", [], ""),
    ("final_output", "values.mask", 256, ""),
    ("final_output", "values.in_region", 1, ""),
    ("final_output", "values.region", None, ""),
]


@pytest.mark.parametrize(("tap_id", "path", "value", "token"), BROKEN)
def test_a_broken_record_is_refused_by_model_and_schema(
    tap_id: str, path: str, value: object, token: str
) -> None:
    text = broken(good(tap_id), path, value, token)
    assert model_refuses(tap_id, text)
    assert schema_refuses(tap_id, text)


@pytest.mark.parametrize(
    ("field", "value"), [("values.total_lookups", 4.0), ("schema_version", 1.0)]
)
def test_json_schema_cannot_tell_a_whole_number_from_a_float(field: str, value: float) -> None:
    # To JSON Schema 4.0 is an integer; the models take it for a float.
    text = broken(good("f_cell_stats"), field, value)
    assert model_refuses("f_cell_stats", text)
    assert not schema_refuses("f_cell_stats", text)


@pytest.mark.parametrize("field", ["schema_version", "tap_id", "values.subpixels.0.layer"])
def test_a_schema_requires_what_a_model_would_fill_in(field: str) -> None:
    # What is written has every field; a reader that has a default for one may do without it.
    text = broken(good("f_cell_stats"), field, GONE)
    assert not model_refuses("f_cell_stats", text)
    assert schema_refuses("f_cell_stats", text)


@pytest.mark.parametrize("tap_id", TAPS_BY_ID)
def test_nothing_but_a_change_makes_a_record_invalid(tap_id: str) -> None:
    text = broken(good(tap_id), "tap_id", tap_id)
    assert not model_refuses(tap_id, text)
    assert not schema_refuses(tap_id, text)
