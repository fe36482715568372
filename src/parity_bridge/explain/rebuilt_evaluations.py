"""The evaluations of a pixel rebuilt from another side's figures, to run the chain on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.orientation import MOSAIC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.taps.fields import TapFields
    from parity_bridge.taps.pixel_taps import PixelTaps

_XYZ, _HKL = ("x", "y", "z"), ("h", "k", "l")
#: tap_id -> column of the rows -> figures of the tap.
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "omega_subpixel": {
        "position": tuple(f"position.{axis}" for axis in _XYZ),
        "airpath": ("airpath",),
        "omega": ("omega",),
        "capture": ("capture",),
    },
    "hkl_subpixel": {
        "q": tuple(f"scattering_vector.{axis}" for axis in _XYZ),
        "hkl": tuple(f"hkl_fractional.{axis}" for axis in _HKL),
        "hkl0": tuple(f"hkl_rounded.{axis}" for axis in _HKL),
    },
    "lattice": {
        "F_latt_factors": tuple(f"F_latt_{axis}" for axis in "abc"),
        "F_latt": ("F_latt",),
    },
    "f_cell_stats": {"F_cell": ("F_cell",), "out_of_bounds": ("out_of_bounds",)},
    "intensity_pre_norm": {
        "interpolation_on": ("interpolation_on",),
        "polar": ("polar",),
        "I": ("running_sum",),
    },
}
_CELL_VECTORS = {name: tuple(f"{name}.{axis}" for axis in _XYZ) for name in MOSAIC}
_PLACE = ("layer", "sub_slow", "sub_fast", "source", "phi_step", "domain")
_KINDS = {kind.name.lower(): kind for kind in EvaluationKind}


@dataclass(frozen=True)
class RebuiltEvaluations:
    """Rows of dtype ``EVALUATION``, and the totals at the end of the chain."""

    rows: NDArray[np.void]
    totals: dict[str, float]
    #: Cell vectors a, b, c in force at each row, (rows, 3, 3); None where they are not recorded.
    orientations: NDArray[np.float64] | None = None


def rebuild_evaluations(like: NDArray[np.void], side: PixelTaps) -> RebuiltEvaluations | None:
    """Return the rows of ``like`` with the figures of ``side``; None if a tap or row is missing."""
    if not {*_COLUMNS, "intensity_post_scale"} <= side.taps.keys():
        return None
    rows = like.copy()
    places = {place: row for row, place in enumerate(map(tuple, _evaluation_places(like).tolist()))}
    for tap_id, columns in _COLUMNS.items():
        figures = side.taps[tap_id]
        rows_of_both = (
            _match_subpixels(like, figures)
            if tap_id == "omega_subpixel"
            else _match_rows(places, figures)
        )
        if rows_of_both is None or not _has_columns(figures, columns):
            return None
        ours, theirs = rows_of_both
        for column, names in columns.items():
            rows[column][ours] = _join_columns(figures, names)[theirs]
    if not _set_evaluation_kinds(rows, places, side.taps["intensity_pre_norm"]):
        return None
    totals = _recorded_totals(side)
    if totals is None:
        return None
    return RebuiltEvaluations(rows, totals, _orientation_of_each_row(rows, places, side))


def _orientation_of_each_row(
    rows: NDArray[np.void], places: dict[tuple[int, ...], int], side: PixelTaps
) -> NDArray[np.float64] | None:
    """Return the orientation in force at each row: the last one of its phi step and domain."""
    figures = side.taps.get("orientation")
    matched = None if figures is None else _match_rows(places, figures)
    if figures is None or matched is None or not _has_columns(figures, _CELL_VECTORS):
        return None
    # A number for each row that grows with the step and domain, then with the row.
    steps = rows["phi_step"].astype(np.int64) * (int(rows["domain"].max()) + 1) + rows["domain"]
    order = steps * len(rows) + np.arange(len(rows))
    sorter = np.argsort(order[matched[0]], kind="stable")
    begins = matched[0][sorter]
    used = np.searchsorted(order[begins], order, side="right") - 1
    if (used < 0).any() or (steps[begins][used] != steps).any():
        return None
    vectors = np.stack([_join_columns(figures, names) for names in _CELL_VECTORS.values()], axis=1)
    return np.ascontiguousarray(vectors[sorter][used])


def _evaluation_places(rows: NDArray[np.void]) -> NDArray[np.int64]:
    return np.stack([rows[name] for name in _PLACE], axis=-1).astype(np.int64)


def _match_rows(
    places: dict[tuple[int, ...], int], figures: TapFields
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the numbers of matching rows, ours and theirs; None where ours lack one."""
    numbers = [places.get(place) for place in map(tuple, figures.places.tolist())]
    if None in numbers:
        return None
    return np.array(numbers, dtype=np.int64), np.arange(len(numbers))


def _match_subpixels(
    like: NDArray[np.void], figures: TapFields
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return for each of our evaluations the row of its subpixel in theirs; None without one."""
    row_of_subpixel = {
        place[:3]: row for row, place in enumerate(map(tuple, figures.places.tolist()))
    }
    numbers = [
        row_of_subpixel.get(place[:3]) for place in map(tuple, _evaluation_places(like).tolist())
    ]
    if None in numbers:
        return None
    return np.arange(len(numbers)), np.array(numbers, dtype=np.int64)


def _has_columns(figures: TapFields, columns: dict[str, tuple[str, ...]]) -> bool:
    return all(name in figures.columns for names in columns.values() for name in names)


def _join_columns(figures: TapFields, names: tuple[str, ...]) -> NDArray[Any]:
    parts = [figures.columns[name] for name in names]
    joined = parts[0] if len(parts) == 1 else np.stack(parts, axis=-1)
    # Figures that a crystal shape does not have are NaN in rows.
    return joined.astype(np.float64) if joined.dtype == object else joined


def _set_evaluation_kinds(
    rows: NDArray[np.void], places: dict[tuple[int, ...], int], figures: TapFields
) -> bool:
    """Set in ``rows`` how each evaluation ended; return False where some are not recorded.

    Figures that only an evaluation with a lookup has are set to 0 elsewhere.
    """
    matched = _match_rows(places, figures)
    if matched is None or len(matched[0]) != len(rows) or "evaluation" not in figures.columns:
        return False
    words = figures.columns["evaluation"].tolist()
    rows["kind"][matched[0]] = [_KINDS[word] for word in words]
    for column in ("F_cell", "out_of_bounds"):
        rows[column][rows["kind"] != EvaluationKind.LOOKUP] = 0
    return True


def _recorded_totals(side: PixelTaps) -> dict[str, float] | None:
    scale, sums = side.taps["intensity_post_scale"].pixel, side.taps["intensity_pre_norm"].pixel
    totals = {name: scale.get(name) for name in ("omega", "capture", "polar")} | {
        "I": sums.get("sum")
    }
    recorded = {name: value for name, value in totals.items() if isinstance(value, float)}
    return recorded if recorded.keys() == totals.keys() else None
