"""What all stored models share: strict types, and numbers that JSON preserves exactly."""

from __future__ import annotations

import math
import re
import sys
from reprlib import Repr
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)

#: JSON has no words for these; they are written as strings.
_SPELLED = ("NaN", "Infinity", "-Infinity")
#: The range of float64 in JSON Schema.
_FINITE = {"type": "number", "minimum": -sys.float_info.max, "maximum": sys.float_info.max}


def _number(value: Any, info: ValidationInfo) -> Any:
    if info.mode == "json" and isinstance(value, str) and value in _SPELLED:
        return float(value)
    if info.mode == "json" and isinstance(value, float) and math.isinf(value):
        raise ValueError('the number is too large for float64; infinity is written "Infinity"')
    return value


#: A float64 that JSON preserves bit for bit.
Number = Annotated[
    float,
    BeforeValidator(_number),
    WithJsonSchema({"anyOf": [_FINITE, {"enum": list(_SPELLED)}]}),
]
Vector = tuple[Number, Number, Number]


#: A name is on one line: no line breaks and no control characters.
_NAME = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def _check_name(value: str) -> str:
    if not re.fullmatch(_NAME, value) or value.endswith("\n"):
        raise ValueError("a name holds no line breaks and no control characters")
    return value


Name = Annotated[
    str, AfterValidator(_check_name), WithJsonSchema({"type": "string", "pattern": _NAME})
]
#: Any figure in a report; the union is tried from left to right, so that "NaN" is a number.
AnyFigure = Annotated[bool | int | Number | str | None, Field(union_mode="left_to_right")]
#: How often something happened.
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
#: An ordinal number, counted from 0.
Ordinal = Annotated[int, Field(ge=0, le=2**31 - 1)]
SCHEMA_VERSION: Literal[1] = 1


def _whole(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError(f"it is the number {SCHEMA_VERSION}")
    return value


#: Version of a record; a literal alone would accept true and 1.0, which equal 1 in Python.
Version = Annotated[Literal[1], BeforeValidator(_whole)]


#: Shows a value in brief; of a container the first two.
_BRIEF = Repr()
_BRIEF.maxtuple = _BRIEF.maxlist = _BRIEF.maxdict = 2
_BRIEF.maxother = _BRIEF.maxstring = 60


class Schema(BaseModel):
    """Base of every stored model: nothing is converted, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="strings")

    def __repr__(self) -> str:
        """Show every field in brief: a record may hold millions of figures."""
        names = type(self).model_fields
        fields = ", ".join(f"{name}={_BRIEF.repr(getattr(self, name))}" for name in names)
        return f"{type(self).__name__}({fields})"

    def __str__(self) -> str:
        """Show the same as ``repr``."""
        return repr(self)
