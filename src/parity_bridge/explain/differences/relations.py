"""What one side's figures are of the other's: the first relation that holds where they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np

from parity_bridge.explain.differences.directions import directions, rotations
from parity_bridge.explain.differences.factors import any_factor, named_factors
from parity_bridge.explain.differences.offsets import any_offset, named_offsets, single_steps
from parity_bridge.explain.differences.precision import fewer_bits, float32_rounding, float32_size
from parity_bridge.explain.differences.rows import values_of_other_rows
from parity_bridge.explain.differences.turns import turns, turns_and_lengths
from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.differences.wording import number_text

_Relations = Callable[[FieldValues], Iterator[Relation]]
_VECTOR, _MATRIX = 3, 9
_TRANSPOSED = [0, 3, 6, 1, 4, 7, 2, 5, 8]


def relation_of(values: FieldValues) -> Relation | None:
    """Return the first relation that holds in every differing row; None where none does.

    Where there is none for all components, those that differ may each have the same one.
    """
    if not values.differs.any():
        return None
    if _only_rounds(values):
        return values.related("rounding", "the reference's but for rounding", values.ours)
    whole = _first_holding(values, _relations_of_vectors) or _first_holding(values, _relations)
    return whole or _relation_of_components(values) or _first_holding(values, _relations_of_lengths)


def _only_rounds(values: FieldValues) -> bool:
    """Return whether no figure differs by more than a relation may leave: any would hold."""
    return bool(values.fits(values.ours)[values.differing_rows].all())


def _first_holding(values: FieldValues, relations: _Relations) -> Relation | None:
    rows = values.differing_rows
    with np.errstate(all="ignore"):
        return next((item for item in relations(values) if item.holds[rows].all()), None)


def _relation_of_components(values: FieldValues) -> Relation | None:
    """Return the relation that the differing components, not all, share each by itself."""
    numbers = values.differing_components
    if len(numbers) == len(values.names):
        return None
    found = [_first_holding(values.component(number), _relations) for number in numbers]
    relations = [item for item in found if item is not None]
    if len(relations) < len(numbers) or len({item.text for item in relations}) > 1:
        return None
    holds = values.fits(values.ours)
    for number, item in zip(numbers, relations, strict=True):
        holds[:, number] = item.holds[:, 0]
    names = " and ".join(values.names[number] for number in numbers)
    return Relation(relations[0].kind, f"{relations[0].text}, in {names} alone", holds)


def _relations_of_lengths(values: FieldValues) -> Iterator[Relation]:
    """Yield the relations that say least: only that lengths or rotations are kept."""
    yield from directions(values)
    yield from rotations(values)


def _relations_of_vectors(values: FieldValues) -> Iterator[Relation]:
    """Yield the relations that mix components."""
    if len(values.names) == _MATRIX:
        yield values.related("swap", "the transposed matrix", values.ours[:, _TRANSPOSED])
    if len(values.names) == _VECTOR:
        for order in permutations(range(_VECTOR)):
            if order != tuple(range(_VECTOR)):
                yield values.related("swap", _order_text(values, order), values.ours[:, order])


def _order_text(values: FieldValues, order: tuple[int, ...]) -> str:
    moved = [values.names[at] for at, source in enumerate(order) if at != source]
    if len(moved) < len(order):
        return f"{' and '.join(moved)} swapped"
    taken = " ".join(values.names[source] for source in order)
    return f"{taken} where {' '.join(values.names)} belong"


def _relations(values: FieldValues) -> Iterator[Relation]:
    """Yield the relations of single figures, the most telling first."""
    yield from _not_finite(values)
    if values.words:
        yield from _constant(values)
        return
    yield Relation("zero", "0", values.theirs == 0.0)
    yield values.related("sign", "the opposite sign", -values.ours)
    yield from named_factors(values)
    yield from single_steps(values)
    for name, figures in values.alternatives.items():
        yield values.related("another figure", f"the reference's {name}", figures)
    yield from values_of_other_rows(values)
    yield from _functions(values)
    yield from fewer_bits(values)
    yield from float32_rounding(values)
    yield from named_offsets(values)
    yield from _constant(values)
    yield from any_factor(values)
    yield from any_offset(values)
    yield from turns(values)
    yield from float32_size(values)
    yield from turns_and_lengths(values)


def _not_finite(values: FieldValues) -> Iterator[Relation]:
    yield Relation("not a number", "no number", np.isnan(values.theirs))
    yield Relation("infinite", "infinite", np.isinf(values.theirs))


def _functions(values: FieldValues) -> Iterator[Relation]:
    """Yield what a formula with a power or a sign left out would give."""
    ours = values.ours
    yield values.related("square", "the reference's squared", ours * ours)
    yield values.related("square root", "the square root of the reference's", np.sqrt(ours))
    yield values.related("complement", "1 less the reference's", 1.0 - ours)
    yield values.related("reciprocal", "the reciprocal of the reference's", 1.0 / ours)


def _constant(values: FieldValues) -> Iterator[Relation]:
    """Yield the one value that the other side has, where the reference's varies."""
    theirs, ours = values.theirs[values.differs], values.ours[values.differs]
    if values.words:
        text = values.words[int(theirs[0])]
        holds = values.fits(np.full_like(values.ours, theirs[0]))
        if (ours == ours[0]).all():
            text += f" where the reference has {values.words[int(ours[0])]}"
            holds &= values.ours == ours[0]
        yield Relation("constant", text, holds)
    elif not (ours == ours[0]).all():
        name = next((name for name, size in values.lengths.items() if size == theirs[0]), None)
        text = f"always {number_text(float(theirs[0]), 12)}" + (f" ({name})" if name else "")
        yield values.related("constant", text, np.full_like(values.ours, theirs[0]))
