"""Whether the other side has the reference's value of another row of the same pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.differences.values import LOOPS, FieldValues, Relation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Floats, Mask

    Places = NDArray[np.int64]


def values_of_other_rows(values: FieldValues) -> Iterator[Relation]:
    """Yield the reference's value of other rows: swapped subpixels, the first, last or next step.

    Yield nothing for figures of whole pixels.
    """
    places = values.places
    if places is None or values.of_pixels:
        return
    for text, moved in _moved_places(places, values.partial_loops):
        figures = _at(values, places, moved)
        # A row that stays where it is may only agree: its own value explains no difference.
        stays = (moved == places).all(axis=1, keepdims=True)
        holds = values.fits(figures) & ~(stays & values.differs)
        if text.endswith((" after it", " before it")):
            holds = _with_ends(values, holds, np.isnan(figures))
        yield Relation("another row", f"the reference's value {text}", holds)


def _with_ends(values: FieldValues, holds: Mask, missing: Mask) -> Mask:
    """Let a shift hold at the end of a sequence, which has no counterpart that could refute it."""
    rows = values.differing_rows
    if np.count_nonzero(holds[rows]) < np.count_nonzero(missing[rows]):
        return holds
    return holds | missing


def _moved_places(places: Places, left_out: tuple[str, ...]) -> Iterator[tuple[str, Places]]:
    """Yield which other rows may be meant, and their places in the order of the rows."""
    yield from _swapped_loops(places)
    for name, columns in LOOPS.items():
        own = places[:, columns]
        low, high = own.min(axis=0), own.max(axis=0)
        if (low == high).all() or name in ("pixel", *left_out):
            continue
        for text, other in (
            (f"of the first {name}", np.broadcast_to(low, own.shape)),
            (f"of the last {name}", np.broadcast_to(high, own.shape)),
            (f"in the opposite order of the {name}s", low + high - own),
            *_turned(name, own),
        ):
            moved = places.copy()
            moved[:, columns] = other
            yield text, moved


def _swapped_loops(places: Places) -> Iterator[tuple[str, Places]]:
    """Yield the places of phi steps and domains where the loop over domains is the outer one."""
    columns = [LOOPS["phi step"][0], LOOPS["domain"][0]]
    phi_steps, domains = (places[:, columns].max(axis=0) + 1).tolist() if len(places) else (1, 1)
    if phi_steps > 1 and domains > 1:
        number = places[:, columns[0]] * domains + places[:, columns[1]]
        moved = places.copy()
        moved[:, columns] = np.stack((number % phi_steps, number // phi_steps), axis=1)
        yield "with the loops over phi steps and domains swapped", moved


def _turned(name: str, own: Places) -> Iterator[tuple[str, Places]]:
    """Yield the swap of a place of two numbers, or the next and the last of one."""
    if own.shape[1] > 1:
        yield f"at slow and fast {name} swapped", own[:, ::-1]
    else:
        yield f"of the {name} after it", own + 1
        yield f"of the {name} before it", own - 1


def _at(values: FieldValues, places: Places, moved: Places) -> Floats:
    """Return the reference's figures at the places ``moved``; NaN where there is no such row."""
    low = np.minimum(places.min(axis=0), moved.min(axis=0))
    shape = tuple((np.maximum(places.max(axis=0), moved.max(axis=0)) - low + 1).tolist())
    codes = np.ravel_multi_index(tuple((places - low).T), shape)
    order = np.argsort(codes, kind="stable")
    asked = np.ravel_multi_index(tuple((moved - low).T), shape)
    at = np.minimum(np.searchsorted(codes[order], asked), codes.size - 1)
    rows = order[at]
    exists = codes[rows] == asked
    figures: Floats = np.where(exists[:, np.newaxis], values.ours[rows], np.nan)
    return figures
