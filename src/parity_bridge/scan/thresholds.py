"""The five thresholds of a scan, from flags and a TOML file, and whether they were met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from parity_bridge.errors import FileError, UsageError
from parity_bridge.files.reading import read_toml
from parity_bridge.files.schema import Schema
from parity_bridge.scan.summary import ThresholdCheck

LimitedQuantity = Literal["correlation", "sum_ratio", "max_abs_diff", "max_rel_diff"]
ThresholdName = Literal["corr_min", "sum_ratio_min", "sum_ratio_max", "max_abs_max", "max_rel_max"]

#: The field of ``ScanSummary`` that each threshold limits; names in ``_min`` limit from below.
LIMITED_QUANTITY: dict[ThresholdName, LimitedQuantity] = {
    "corr_min": "correlation",
    "sum_ratio_min": "sum_ratio",
    "sum_ratio_max": "sum_ratio",
    "max_abs_max": "max_abs_diff",
    "max_rel_max": "max_rel_diff",
}

_Correlation = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
_Ratio = Annotated[float, Field(allow_inf_nan=False)]
_Difference = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Thresholds(Schema):
    """How much two images may differ; None where every value passes."""

    corr_min: _Correlation | None = None
    sum_ratio_min: _Ratio | None = None
    sum_ratio_max: _Ratio | None = None
    max_abs_max: _Difference | None = None  # photons
    max_rel_max: _Difference | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.sum_ratio_min, self.sum_ratio_max
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"sum_ratio_min {low!r} is greater than sum_ratio_max {high!r}, so that no ratio "
                "passes; correct one"
            )
        return self


def read_thresholds(path: Path) -> Thresholds:
    """Return the thresholds in the TOML file ``path``, one per line as ``corr_min = 0.99``.

    Raises FileError for a file that cannot be read, sets no threshold, or sets an impossible one.
    """
    table = read_toml(path, "threshold file")
    try:
        thresholds = Thresholds.model_validate(table)
    except ValidationError as error:
        where, complaint = _validation_message(error)
        at = f"{where}: " if where else ""
        raise FileError(f"threshold file {path}: {at}{complaint}") from error
    if thresholds == Thresholds():
        raise FileError(
            f"threshold file {path} sets no threshold; set one or more of "
            f"{', '.join(LIMITED_QUANTITY)}"
        )
    return thresholds


def merge_thresholds(file: Thresholds | None, flags: Mapping[str, float | None]) -> Thresholds:
    """Return the thresholds of ``flags``, name -> value; those not given come from ``file``.

    Raises UsageError, naming the flag, for an impossible value.
    """
    own = {name: value for name, value in flags.items() if value is not None}
    inherited = {} if file is None else file.model_dump()
    try:
        return Thresholds.model_validate(inherited | own)
    except ValidationError as error:
        where, complaint = _validation_message(error)
        names = [where] if where else [name for name in own if name.startswith("sum_ratio")]
        words = " ".join(f"--{name.replace('_', '-')} {own[name]!r}" for name in names)
        raise UsageError(f"{words}: {complaint}") from error


def check_thresholds(
    thresholds: Thresholds, measured: Mapping[LimitedQuantity, float | None], *, images_equal: bool
) -> tuple[ThresholdCheck, ...]:
    """Check the thresholds that are set against ``measured``, in the order of LIMITED_QUANTITY.

    A quantity that does not exist meets none, unless the ``images_equal`` each other in all pixels:
    two constant images have no correlation, two dark ones no ratio, and yet nothing differs.
    """
    return tuple(
        ThresholdCheck(
            name=name,
            limit=limit,
            measured=measured[quantity],
            met=_is_met(name, limit, measured[quantity], images_equal),
        )
        for name, quantity in LIMITED_QUANTITY.items()
        if (limit := getattr(thresholds, name)) is not None
    )


def _is_met(name: ThresholdName, limit: float, measured: float | None, images_equal: bool) -> bool:
    if measured is None:
        return images_equal
    return measured >= limit if name.endswith("_min") else measured <= limit


def _validation_message(error: ValidationError) -> tuple[str, str]:
    """Return which threshold is wrong, empty where the message names it, and the message."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "value_error":
        return where, str(first["ctx"]["error"])
    if first["type"] == "extra_forbidden":
        return "", f"there is no threshold {where!r}; choose from {', '.join(LIMITED_QUANTITY)}"
    return where, first["msg"].replace("Input should", "the value must")
