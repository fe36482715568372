"""Both sides of one field, gathered from the taps of all pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance, match_rows
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.explain.differences.alternatives import (
    figures_of,
    other_columns,
    other_scalings,
    other_setup_fields,
)
from parity_bridge.explain.differences.noise import noise_slack, noise_table
from parity_bridge.explain.differences.rotations import other_rotations
from parity_bridge.explain.differences.setting import (
    cells_of,
    directions_of,
    factors_of,
    lengths_of,
)
from parity_bridge.explain.differences.values import LOOPS, FieldValues, as_numbers, rounding_slack
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.semantics import SEMANTICS, field_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Floats, Mask
    from parity_bridge.taps.fields import TapFields

Pairs = Sequence[tuple[PixelTaps, PixelTaps]]
#: Noise budgets of the reference by pixel; a pixel without one is judged by rounding alone.
Noise = Mapping[tuple[int, int], NoiseBudget]
NO_NOISE: Noise = {}

_CONFIG = "config_snapshot"
_ORIENTATION = "orientation"
_HKL = "hkl_rounded"
_SCALE = "intensity_post_scale"
#: Fields that say whether a row was recorded, and the words for no and yes.
_PRESENCE = {"row": ("no row", "a row"), "lookup": ("no lookup", "a lookup")}
#: The same of an orientation, whose rows say where it changes.
_CHANGES = ("the orientation before it", "another orientation")
#: An orientation has a row where it is first used.
_PARTIAL_LOOPS = {_ORIENTATION: ("layer", "subpixel", "source")}
#: Fields of several rows in the setup: each row of components that have units of their own.
#: Each has the column of ``FieldValues.places`` that counts its rows.
_TABLES = {"derived.source_list": LOOPS["source"], "derived.mosaic_umats": LOOPS["domain"]}
_SOURCE_NAMES = ("x", "y", "z", "weight", "wavelength")


def field_values(
    pairs: Pairs, tap_id: str, figure: str, tolerances: Tolerances, noise: Noise = NO_NOISE
) -> FieldValues | None:
    """Gather the field that holds ``figure`` at all pixels; reference first in each pair.

    ``noise`` holds the noise budgets of the reference. Return None where the sides have no values
    of it in common, or only one side has a row.
    """
    pairs = [pair for pair in pairs if all(tap_id in side.taps for side in pair)]
    name = field_of(tap_id, figure)
    if not pairs or not name:
        return None
    if tap_id == _CONFIG and name.startswith("derived."):
        return _of_setup(pairs[0], name, tolerances, noise)
    if name in _PRESENCE:
        return _of_presence(pairs, tap_id, name, tolerances)
    if figure in pairs[0][0].taps[tap_id].pixel:
        return _of_pixels(pairs, tap_id, name, tolerances, noise)
    return _of_rows(pairs, tap_id, name, tolerances, noise)


def _components(figures: Mapping[str, Any], other: Mapping[str, Any], name: str) -> list[str]:
    """Return the figures of a field that both sides have, in their order."""
    return [key for key in figures_of(figures, name) if key in other]


def _of_setup(
    pair: tuple[PixelTaps, PixelTaps], name: str, tolerances: Tolerances, noise: Noise
) -> FieldValues | None:
    ours, theirs = (side.taps[_CONFIG].pixel for side in pair)
    keys = _components(ours, theirs, name)
    if not keys:
        return None
    sides, words = as_numbers(
        [np.array([side[key] for key in keys], dtype=object) for side in (ours, theirs)]
    )
    rows, places = 1, None
    if name in _TABLES:
        rows = len({key[len(name) + 1 :].partition(".")[0] for key in keys})
        places = np.zeros((rows, 8), dtype=np.int64)
        places[:, _TABLES[name]] = np.arange(rows)[:, np.newaxis]
    tables = [side.reshape(rows, -1) for side in sides]
    components = tables[0].shape[1]
    names = _SOURCE_NAMES if name.endswith("source_list") else _names(keys[:components], name)
    return _values(
        pair[0], (_CONFIG, name), names, tables, tolerances, places,
        words=words, alternatives=other_setup_fields(ours, name, components if rows == 1 else 0),
        noise=noise_table(noise, [(pair[0].pixel, None)], _CONFIG, keys, components),
    )  # fmt: skip


def _of_pixels(
    pairs: Pairs, tap_id: str, name: str, tolerances: Tolerances, noise: Noise
) -> FieldValues | None:
    first, second = (side.taps[tap_id].pixel for side in pairs[0])
    keys = _components(first, second, name)
    columns = [
        np.array([[side.taps[tap_id].pixel.get(key) for key in keys] for side in of_side], object)
        for of_side in zip(*pairs, strict=True)
    ]
    if not keys:
        return None
    sides, words = as_numbers([column.ravel() for column in columns])
    places = np.zeros((len(pairs), 8), dtype=np.int64)
    places[:, :2] = [ours.pixel for ours, _ in pairs]
    tables = [side.reshape(len(pairs), -1) for side in sides]
    return _values(
        pairs[0][0], (tap_id, name), _names(keys, name), tables, tolerances, places,
        words=words, of_pixels=True,
        alternatives=_other_figures(pairs, tap_id, name),
        noise=noise_table(noise, [(ours.pixel, None) for ours, _ in pairs], tap_id, keys),
    )  # fmt: skip


def _other_figures(pairs: Pairs, tap_id: str, name: str) -> dict[str, Floats]:
    """Return what the reference has in place of a figure of the pixels."""
    if tap_id != _SCALE:
        return {}
    return other_scalings([reference.taps[tap_id].pixel for reference, _ in pairs], name)


def _of_rows(
    pairs: Pairs, tap_id: str, name: str, tolerances: Tolerances, noise: Noise
) -> FieldValues | None:
    first, second = (side.taps[tap_id].columns for side in pairs[0])
    keys = _components(first, second, name)
    if not keys:
        return None
    ours, theirs, places, others, numbers = [], [], [], [], []
    for reference, other in pairs:
        own, counterpart = reference.taps[tap_id], other.taps[tap_id]
        rows = match_rows(own, counterpart)
        ours += [own.columns[key][rows.ours] for key in keys]
        theirs += [counterpart.columns[key][rows.theirs] for key in keys]
        places.append(_row_places(reference.pixel, own, rows.ours))
        others.append({key: column[rows.ours] for key, column in _row_facts(reference, tap_id)})
        numbers.append((reference.pixel, rows.ours))
    sides, words = as_numbers([*ours, *theirs])
    count = len(ours)
    tables = [_table(sides[:count], len(keys)), _table(sides[count:], len(keys))]
    facts = {key: np.concatenate([each[key] for each in others]) for key in others[0]}
    together, reference = np.concatenate(places), pairs[0][0]
    alternatives = other_columns(facts, tap_id, name, len(keys), cells_of(reference))
    if tap_id == _ORIENTATION:
        alternatives |= other_rotations(facts, name, reference, together, tables[1])
    return _values(
        reference, (tap_id, name), _names(keys, name), tables, tolerances, together, words=words,
        alternatives=alternatives,
        conditions=_conditions(facts, tables[0]), noise=noise_table(noise, numbers, tap_id, keys),
    )  # fmt: skip


def _of_presence(
    pairs: Pairs, tap_id: str, name: str, tolerances: Tolerances
) -> FieldValues | None:
    """Return which rows each side has: 1 where it has one, else 0."""
    blocks = []
    for reference, other in pairs:
        own, counterpart = reference.taps[tap_id], other.taps[tap_id]
        rows = match_rows(own, counterpart)
        for figures, numbers, has in (
            (own, rows.ours, (1.0, 1.0)),
            (own, rows.only_ours, (1.0, 0.0)),
            (counterpart, rows.only_theirs, (0.0, 1.0)),
        ):
            places = _row_places(reference.pixel, figures, numbers)
            blocks.append(np.hstack((places, np.broadcast_to(has, (len(places), 2)))))
    table = np.concatenate(blocks)
    table = table[np.lexsort(table[:, 7::-1].T)]
    sides = [table[:, 8:9], table[:, 9:10]]
    return _values(
        pairs[0][0], (tap_id, name), ("",), sides, tolerances, table[:, :8].astype(np.int64),
        words=_CHANGES if tap_id == _ORIENTATION else _PRESENCE[name],
    )  # fmt: skip


def _table(columns: Sequence[Floats], components: int) -> Floats:
    """Put the columns of all pixels, component by component, together: (rows, components)."""
    return np.stack(
        [np.concatenate(columns[number::components]) for number in range(components)], axis=1
    )


def _row_places(
    pixel: tuple[int, int], figures: TapFields, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    places = np.empty((len(rows), 8), dtype=np.int64)
    places[:, :2] = pixel
    places[:, 2:] = figures.places[rows]
    return places


def _row_facts(reference: PixelTaps, tap_id: str) -> list[tuple[str, NDArray[Any]]]:
    """Return the columns of a tap of the reference, with the nearest indices of the same rows."""
    figures = reference.taps[tap_id]
    facts = dict(figures.columns)
    indices = reference.taps.get("hkl_subpixel")
    if indices is not None and np.array_equal(indices.places, figures.places):
        facts = {**indices.columns, **facts}
    return list(facts.items())


def _values(
    reference: PixelTaps,
    key: tuple[str, str],
    names: tuple[str, ...],
    tables: Sequence[Floats],
    tolerances: Tolerances,
    places: NDArray[np.int64] | None,
    noise: Floats | None = None,
    **more: Any,
) -> FieldValues:
    tap_id, name = key
    ours, theirs = tables
    unit = SEMANTICS[tap_id][name].unit
    limits = [tolerances.of(tap_id, f"{name}.{part}" if part else name) for part in names]
    by_column = "," in unit
    slack = (
        rounding_slack(ours, theirs, by_column=by_column)
        if noise is None
        else noise_slack(ours, theirs, noise, by_column=by_column)
    )
    for number, limit in enumerate(limits):
        if limit is not None:
            slack[:, number] += limit.atol + limit.rtol * np.abs(ours[:, number])
    differs = np.stack(
        [exceeds_tolerance(ours[:, at], theirs[:, at], limit) for at, limit in enumerate(limits)],
        axis=1,
    )
    return FieldValues(
        names, ours, theirs, differs, np.nan_to_num(slack), places, unit,
        lengths=lengths_of(reference, unit), factors=factors_of(reference, unit),
        directions=directions_of(reference, unit),
        partial_loops=_PARTIAL_LOOPS.get(tap_id, ()), **more,
    )  # fmt: skip


def _names(keys: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(key[len(name) + 1 :] for key in keys)


def _conditions(facts: Mapping[str, NDArray[Any]], ours: Floats) -> dict[str, Mask]:
    """Return what may be true of a row of the reference, in words, and where it is."""
    conditions: dict[str, Mask] = {}
    if "out_of_bounds" in facts:
        outside = facts["out_of_bounds"].astype(bool)
        conditions["outside the table's box"] = outside
        conditions["inside the table's box"] = ~outside
    if f"{_HKL}.h" in facts:
        indices = np.stack([facts[f"{_HKL}.{axis}"] for axis in "hkl"], axis=1).astype(np.float64)
        conditions["beyond |127|"] = np.any(np.abs(indices) > 127, axis=1)
        conditions["at negative indices"] = np.any(indices < 0, axis=1)
        conditions["at indices of 0"] = np.any(indices == 0, axis=1)
    if "hkl_fractional.h" in facts:
        index = np.stack([facts[f"hkl_fractional.{axis}"] for axis in "hkl"], axis=1)
        conditions["at exact halves"] = np.any(np.abs(index - np.trunc(index)) == 0.5, axis=1)
    conditions["where the reference has 0"] = np.all(ours == 0, axis=1)
    conditions["where the reference's is negative"] = np.any(ours < 0, axis=1)
    return conditions
