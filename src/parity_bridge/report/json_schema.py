"""JSON Schema of every record, generated from the models and shipped beside them.

``python -m parity_bridge.report.json_schema`` writes them to ``taps/schemas/``. They describe what
is written: fields for which a reader has a default are required all the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from parity_bridge.explain.explanation import Finding
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.schema import SCHEMA_VERSION
from parity_bridge.locate.record import LocateRecord
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.registry import TAPS_BY_ID

if TYPE_CHECKING:
    from pydantic import BaseModel

#: Where the shipped schemas lie.
FOLDER = Path(__file__).parents[1] / "taps" / "schemas"

#: Name of a record, for taps their tap_id -> its model.
RECORD_MODELS: dict[str, type[BaseModel]] = {
    **{tap_id: tap.record for tap_id, tap in TAPS_BY_ID.items()},
    "noise_budget": NoiseBudget,
    "explanation": Finding,
    "locate": LocateRecord,
}


class _AllFieldsRequired(GenerateJsonSchema):
    """Every field required, and no titles that only say its name again."""

    def field_is_required(self, *field: Any, **how: Any) -> bool:  # noqa: ARG002 - pydantic's
        return True

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's
        return False


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema 2020-12 of the record ``name``, a key of ``RECORD_MODELS``."""
    model = RECORD_MODELS[name]
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:parity-bridge:{name}:{SCHEMA_VERSION}",
        **model.model_json_schema(mode="serialization", schema_generator=_AllFieldsRequired),
        "title": f"parity_bridge {name}, schema version {SCHEMA_VERSION}",
    }


def schema_text(name: str) -> str:
    """Return the schema of the record ``name`` as it is shipped."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"


def schema_path(name: str) -> Path:
    """Return where the schema of the record ``name`` is shipped."""
    return FOLDER / f"{name}.schema.json"


def write_schemas() -> None:
    """Write every schema anew; raises FileError where one cannot be written."""
    for name in RECORD_MODELS:
        write_text(schema_path(name), schema_text(name))


if __name__ == "__main__":
    write_schemas()
