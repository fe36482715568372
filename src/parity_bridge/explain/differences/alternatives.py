"""What the reference has in place of a field: other figures, or those of a similar formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.taps.semantics import SEMANTICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Floats

    Facts = Mapping[str, NDArray[Any]]

_CONFIG = "config_snapshot"
#: Figures on the way from the sum to photons, and what scales them.
_SCALED = ("fluence_scaled", "normalized", "after_capture", "after_polar", "after_omega")
_FACTORS = ("capture", "polar", "omega")
#: Lattice factors of one axis: the index that they depend on, and the number of cells.
_AXIS_OF = {"F_latt_a": ("h", "Na"), "F_latt_b": ("k", "Nb"), "F_latt_c": ("l", "Nc")}


def other_setup_fields(figures: Mapping[str, Any], name: str, components: int) -> dict[str, Floats]:
    """Return the reference's other setup fields of the same unit and size, by name."""
    meanings = SEMANTICS[_CONFIG]
    others = {}
    for other, meaning in meanings.items():
        if other == name or meaning.unit != meanings[name].unit or not meaning.unit:
            continue
        keys = figures_of(figures, other)
        if len(keys) == components:
            row = np.array([[figures[key] for key in keys]], dtype=np.float64)
            others[f"`{other.partition('.')[2]}`"] = row
    return others


def other_columns(
    facts: Facts, tap_id: str, name: str, components: int, cells: Mapping[str, float]
) -> dict[str, Floats]:
    """Return what the reference has in place of a column, by what it is.

    ``facts`` are the reference's columns in the same rows; ``cells`` holds Na, Nb and Nc.
    """
    if name == "hkl_rounded":
        return _other_roundings(facts)
    meanings = SEMANTICS[tap_id]
    others: dict[str, Floats] = {}
    for other, meaning in meanings.items():
        if other == name or meaning.unit != meanings[name].unit or not meaning.unit:
            continue
        columns = [facts[key] for key in figures_of(facts, other)]
        if len(columns) == components and all(column.dtype.kind == "f" for column in columns):
            others[f"`{other}`"] = np.stack(columns, axis=1)
    return others | _other_interferences(facts, name, cells)


def other_scalings(figures: Sequence[Mapping[str, Any]], name: str) -> dict[str, Floats]:
    """Return what the reference has in place of a figure on the way from the sum to photons.

    ``figures`` are those of ``intensity_post_scale``, of each pixel: its other figures, and the
    same with a factor once more or divided out.
    """
    if name not in _SCALED:
        return {}
    columns = {
        key: np.array([[pixel[key]] for pixel in figures], dtype=np.float64)
        for key in (*_SCALED, *_FACTORS)
    }
    # The one just before it says most, where several are the same.
    others = {f"`{key}`": columns[key] for key in reversed(_SCALED) if key != name}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for key in _FACTORS:
            others[f"times `{key}`"] = columns[name] * columns[key]
            others[f"over `{key}`"] = columns[name] / columns[key]
            if name == f"after_{key}":
                before = _SCALED[_SCALED.index(name) - 1]
                others[f"`{before}` over `{key}`"] = columns[before] / columns[key]
    return others


def figures_of(figures: Mapping[str, Any], name: str) -> list[str]:
    """Return the names of a field's figures: its own, or those of its components."""
    return [key for key in figures if key == name or key.startswith(f"{name}.")]


def _other_roundings(facts: Facts) -> dict[str, Floats]:
    """Return other whole numbers near the fractional index, by how they are reached."""
    keys = figures_of(facts, "hkl_fractional")
    if not keys:
        return {}
    index = np.stack([facts[key] for key in keys], axis=1).astype(np.float64)
    away = np.copysign(np.floor(np.abs(index) + 0.5), index)
    return {
        "fractional index cut to its whole part": np.trunc(index),
        "fractional index rounded down": np.floor(index),
        "fractional index rounded up": np.ceil(index),
        "fractional index with halves to even": np.rint(index),
        "fractional index with halves up": np.floor(index + 0.5),
        "fractional index with halves away from 0": away,
    }


def _other_interferences(facts: Facts, name: str, cells: Mapping[str, float]) -> dict[str, Floats]:
    """Return sin(N x)/sin(x) with another x or N than the reference's, by what is different."""
    index, count = _AXIS_OF.get(name, ("", ""))
    if f"hkl_fractional.{index}" not in facts or count not in cells:
        return {}
    h, N = facts[f"hkl_fractional.{index}"][:, np.newaxis], cells[count]
    return {
        "g with π left out": _interference(h, N),
        "g at 2π of the index": _interference(2.0 * np.pi * h, N),
        f"g with {count} + 1 cells": _interference(np.pi * h, N + 1.0),
        f"g with {count} - 1 cells": _interference(np.pi * h, N - 1.0),
        f"g of {count} cells over {count}": _interference(np.pi * h, N) / N,
    }


def _interference(x: Floats, N: float) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(x == 0.0, N, np.sin(x * N) / np.sin(x))
