"""How far figures of two engines may differ and still agree: one file, ``tolerances.toml``.

A float agrees where ``|other - reference| <= atol + rtol*|reference|``; NaN agrees with NaN and an
infinity with the same infinity. What the semantic table calls exact (counts, nearest Miller
indices, flags, words, and whether a figure exists at all) must be equal.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from parity_bridge.errors import FileError, UsageError
from parity_bridge.files.reading import read_toml
from parity_bridge.files.schema import Schema
from parity_bridge.taps.semantics import SEMANTICS, field_of, is_exact

FORMULA = "|other - reference| <= atol + rtol*|reference|"

_Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Tolerance(Schema):
    """Absolute (unit of the field) and relative tolerance of one figure."""

    atol: _Limit = 0.0
    rtol: _Limit = 0.0


class Tolerances(Schema):
    """The tolerances of one comparison: their case, and which of them a file overrides."""

    case: str
    #: ``tap.field``, ``tap.*`` or ``*`` -> tolerance.
    fields: dict[str, Tolerance]
    #: Name of the file of ``--tolerances``, and which of ``fields`` come from it.
    file: str | None = None
    overridden: tuple[str, ...] = ()

    def of(self, tap_id: str, figure: str) -> Tolerance | None:
        """Return the tolerance of ``figure``, ``hkl_fractional.h`` say; None: must be equal."""
        key = self.key(tap_id, figure)
        return None if key is None else self.fields[key]

    def key(self, tap_id: str, figure: str) -> str | None:
        """Return the key in ``fields`` that holds for ``figure``; None where it must be equal."""
        return next((name for name in _keys(tap_id, figure) if name in self.fields), None)

    @property
    def are_exact(self) -> bool:
        """Whether no difference at all passes."""
        return all(item.atol == item.rtol == 0 for item in self.fields.values())


@cache
def _keys(tap_id: str, figure: str) -> tuple[str, ...]:
    """Return the keys that may hold for ``figure``, most specific first; none where it is exact."""
    if is_exact(tap_id, figure):
        return ()
    return f"{tap_id}.{field_of(tap_id, figure)}", f"{tap_id}.*", "*"


#: No difference at all passes.
EXACT = Tolerances(case="exact", fields={})

_Table = TypeAdapter(dict[str, Tolerance])


def tolerances_for(
    dtype: str = "float64",
    device: str = "cpu",
    overrides: Path | None = None,
    own_case: str | None = None,
) -> Tolerances:
    """Return the tolerances of an engine that computes in ``dtype`` on ``device``.

    The reference is the C core. ``own_case`` is the shipped case that an engine asks for instead,
    or that of its name after the dtype where there is one;
    ``overrides`` is a TOML file of ``"tap.field" = { atol = ..., rtol = ... }``. Raises FileError
    where it is not such a file, UsageError for a case or dtype that has no tolerances.
    """
    shipped = _shipped()
    case = own_case or f"{dtype} on {device}"
    if f"{dtype} {own_case}" in shipped:
        case = f"{dtype} {own_case}"
    fields = shipped.get(case, shipped.get(dtype) if own_case is None else None)
    if fields is None:
        raise UsageError(
            f"there are no tolerances for {own_case or dtype!r}; shipped are {', '.join(shipped)}"
        )
    if overrides is None:
        return Tolerances(case=case, fields=fields)
    own = _read_overrides(overrides)
    return Tolerances(
        case=case, fields={**fields, **own}, file=overrides.name, overridden=tuple(own)
    )


@cache
def _shipped() -> dict[str, dict[str, Tolerance]]:
    text = files("parity_bridge.comparison").joinpath("tolerances.toml").read_text(encoding="utf-8")
    return {case: _Table.validate_python(table) for case, table in tomllib.loads(text).items()}


def _read_overrides(path: Path) -> dict[str, Tolerance]:
    table = read_toml(path, "tolerance file")
    try:
        fields = _Table.validate_python(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise FileError(
            f'tolerance file {path}: {where}: {first["msg"]}; write "tap.field" = '
            "{ atol = 0.0, rtol = 1e-6 }"
        ) from error
    if not fields:
        raise FileError(f"tolerance file {path} sets no tolerance; name a field in it")
    _check_names(path, fields)
    return fields


def _check_names(path: Path, fields: Mapping[str, Any]) -> None:
    """Raise FileError for a name that no float figure has: its tolerance would have no effect."""
    known = {"*"}
    for tap_id, meanings in SEMANTICS.items():
        known |= {f"{tap_id}.*"}
        known |= {f"{tap_id}.{name}" for name, meaning in meanings.items() if not meaning.exact}
    for name in fields:
        if name not in known:
            raise FileError(
                f"tolerance file {path}: there is no float figure {name!r}; docs/taps.md lists them"
            )
