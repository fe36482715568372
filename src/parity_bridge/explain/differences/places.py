"""Where two sides differ: at which subpixels, steps or pixels, or under which condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.differences.values import LOOPS, FieldValues

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Mask

#: The most subpixels or steps that are listed one by one.
_MOST_LISTED = 3


def where_text(values: FieldValues, related: Mask | None) -> str:
    """Return where the sides differ: ``in every row``, ``only at the first source``.

    ``related`` are the rows in which a relation holds, whether or not the sides differ there; it
    may cover rows where both sides happen to have the same. Empty for a single figure.
    """
    hit = values.differing_rows
    covered = hit if related is None else hit | related
    if values.places is None or (values.of_pixels and hit.size == 1):
        return ""
    if covered.all():
        return "at every pixel" if values.of_pixels else "in every row"
    return (
        _loop_text(values.places, hit, covered, values.partial_loops)
        or _condition_text(values, hit, covered)
        or _order_text(values.places, hit)
        or f"in {np.count_nonzero(hit)} of {hit.size} {'pixels' if values.of_pixels else 'rows'}"
    )


def _loop_text(
    places: NDArray[np.int64], hit: Mask, covered: Mask, partial: tuple[str, ...]
) -> str:
    """Return the steps of one loop at which the sides differ; empty where that is not all.

    Steps of ``partial`` loops, of which some have no row, have their numbers stated.
    """
    for name, columns in LOOPS.items():
        own = places[:, columns]
        every, numbers = np.unique(own, axis=0, return_inverse=True)
        numbers = numbers.ravel()
        chosen = np.unique(numbers[hit])
        if chosen.size == len(every) or not covered[np.isin(numbers, chosen)].all():
            continue
        text = _steps_text(name, every, chosen, by_number=name in ("pixel", *partial))
        if text:
            return text
    return ""


def _steps_text(
    name: str, every: NDArray[np.int64], chosen: NDArray[np.int64], *, by_number: bool
) -> str:
    """Say which steps are ``chosen``, by their numbers in ``every``; empty for many."""
    last = len(every) - 1
    if not by_number and chosen.tolist() == [0]:
        return f"only at the first {name}"
    if not by_number and chosen.tolist() == [last]:
        return f"only at the last {name}"
    if len(every) > 2 and chosen.size == last and (name == "pixel" or not by_number):
        left_out = next(iter(set(range(len(every))) - set(chosen.tolist())))
        which = {0: "the first", last: "the last"}.get(left_out, _number_text(every[left_out]))
        return f"at every {name} but {which}"
    if chosen.size > _MOST_LISTED:
        return ""
    listed = " and ".join(_number_text(every[number]) for number in chosen.tolist())
    return f"only at {name}{'s' if chosen.size > 1 else ''} {listed}"


def _number_text(step: NDArray[np.int64]) -> str:
    return " ".join(map(str, step.tolist()))


def _condition_text(values: FieldValues, hit: Mask, covered: Mask) -> str:
    """Return the condition that is true of all differing rows and of no other."""
    for text, rows in values.conditions.items():
        if rows[hit].all() and covered[rows].all():
            return f"only {text}"
    return ""


def _order_text(places: NDArray[np.int64], hit: Mask) -> str:
    """Say that only the first or last row of each pixel differs, or every row but these."""
    pixels = places[:, LOOPS["pixel"]]
    starts = np.ones(len(pixels), dtype=bool)
    starts[1:] = (pixels[1:] != pixels[:-1]).any(axis=1)
    ends = np.roll(starts, -1)
    for name, rows in (("first", starts), ("last", ends)):
        if (hit == rows).all():
            return f"only in the {name} row of each pixel"
        if (hit == ~rows).all():
            return f"in every row but the {name} of each pixel"
    return ""
