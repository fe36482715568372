"""Amounts that are added: half a pixel along an axis, a step, one more, any that is constant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.differences.wording import number_text

if TYPE_CHECKING:
    from parity_bridge.explain.differences.values import Floats

_VECTOR = 3
#: Decimals of an amount, in significant digits: lengths of a setup are short numbers.
_DIGITS = 6
#: Whole numbers up to this one need no other name.
_LARGEST_WHOLE = 1e6


def single_steps(values: FieldValues) -> Iterator[Relation]:
    """Yield one more or less of what the setup counts; nothing for what depends on the pixel.

    A count may happen to be another of the reference's too.
    """
    if values.places is None and values.unit in ("", "1") and values.names == ("",):
        for step, word in ((1.0, "more"), (-1.0, "less")):
            if np.equal(np.mod(values.ours, 1.0), 0.0).all():
                yield values.related("offset", f"exactly 1 {word}", values.ours + step)


def named_offsets(values: FieldValues) -> Iterator[Relation]:
    """Yield the offset where each part of it is an amount of the setup, or a whole number."""
    for directions in _bases(values):
        yield from _offsets(values, *directions, needs_name=True)


def any_offset(values: FieldValues) -> Iterator[Relation]:
    """Yield a constant offset whatever it is; none where all differing rows are the same."""
    if len(np.unique(values.ours[values.differing_rows], axis=0)) > 1:
        for directions in _bases(values):
            yield from _offsets(values, *directions, needs_name=False)


def _bases(values: FieldValues) -> Iterator[tuple[tuple[str, ...], Floats]]:
    """Yield the directions along which an offset is measured: of the setup, then components."""
    count = len(values.names)
    if count == _VECTOR and values.directions:
        axes = np.array(list(values.directions.values()))
        if np.allclose(axes @ axes.T, np.eye(_VECTOR), atol=1e-9):
            yield tuple(values.directions), axes
    yield values.names, np.eye(count)


def _offsets(
    values: FieldValues, names: tuple[str, ...], axes: Floats, *, needs_name: bool
) -> Iterator[Relation]:
    """Yield the offset where its size along each direction is the same in all differing rows."""
    rows = values.differing_rows
    parts = (values.theirs - values.ours) @ axes.T
    slack = np.broadcast_to(values.slack.max(axis=1, keepdims=True), parts.shape)
    sizes = np.median(np.abs(parts[rows]), axis=0)
    moved = [at for at in range(len(names)) if sizes[at] > slack[rows][:, at].max()]
    if not moved or not np.isfinite(parts[rows]).all():
        return
    amounts = [_amount_text(values, float(sizes[at]), parts[rows][:, at]) for at in moved]
    if needs_name and any(name is None for name, _ in amounts):
        return
    expected = np.where(np.isin(np.arange(len(names)), moved), sizes, 0.0)
    holds = (np.abs(np.abs(parts) - expected) <= slack).all(axis=1, keepdims=True)
    text = _offset_text([names[at] for at in moved], [text for _, text in amounts])
    yield Relation("offset", text, np.broadcast_to(holds, values.ours.shape))


def _amount_text(values: FieldValues, size: float, parts: Floats) -> tuple[str | None, str]:
    """Return the name of an amount, None without one, and the words for it."""
    word = "more" if (parts > 0).all() else "less" if (parts < 0).all() else "off either way"
    names = [name for name, amount in values.lengths.items() if _same(size, amount)]
    name = " or ".join(names) or None
    is_number = values.unit in ("", "1")
    number = number_text(size, _DIGITS) + ("" if is_number else f" {values.unit}")
    if name is not None:
        return name, f"exactly {name}, {number}, {word}"
    if is_number and size < _LARGEST_WHOLE and _same(size, round(size)):
        return number, f"exactly {number} {word}"
    return None, f"{number} {word}"


def _same(size: float, amount: float) -> bool:
    return bool(amount) and math.isclose(size, abs(amount), rel_tol=1e-9)


def _offset_text(names: list[str], texts: list[str]) -> str:
    """Say how far along which directions, those of the same amount together."""
    if names == [""]:
        return texts[0]
    together: dict[str, list[str]] = {}
    for name, text in zip(names, texts, strict=True):
        together.setdefault(text, []).append(name)
    return " and ".join(f"{text} along {' and '.join(axes)}" for text, axes in together.items())
