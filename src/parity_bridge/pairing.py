"""Two records side by side: every figure of Tap 4 with its counterpart, in schema order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from parity_bridge.taps.f_cell import FCellValues, FractionalBounds, IndexBounds, Lookup, Schema

Scalar = bool | int | float | None

_BOUNDS = {"hkl_bounds": IndexBounds, "hkl_fractional_bounds": FractionalBounds}


class Place(Schema):
    """Where in the loops of a pixel a lookup stands, each counted from 0 (contract §6)."""

    layer: int
    subpixel: tuple[int, int]  # slow, fast
    source: int
    phi_step: int
    domain: int

    @classmethod
    def of(cls, lookup: Lookup) -> Self:
        """The place of a recorded lookup."""
        return cls(
            layer=lookup.layer,
            subpixel=lookup.subpixel_index,
            source=lookup.source,
            phi_step=lookup.phi_step,
            domain=lookup.domain,
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure in both records; ``place`` is None for figures of the pixel."""

    field: str
    place: Place | None
    reference: Scalar
    other: Scalar


def pairs(reference: FCellValues, other: FCellValues) -> Iterator[Pair]:
    """Every figure of both records in schema order, pixel first, then lookup by lookup.

    A lookup that only one side made gives one pair named ``lookup``: whether it was made.
    """
    yield from _side_by_side(None, _pixel_figures(reference), _pixel_figures(other))
    for place, ours, theirs in lookup_pairs(reference, other):
        if ours is None or theirs is None:
            yield Pair("lookup", place, ours is not None, theirs is not None)
        else:
            yield from _side_by_side(place, _lookup_figures(ours), _lookup_figures(theirs))


def lookup_pairs(
    reference: FCellValues, other: FCellValues
) -> Iterator[tuple[Place, Lookup | None, Lookup | None]]:
    """Lookups matched by their place, None where one side made no such lookup."""
    ours, theirs = _by_place(reference), _by_place(other)
    for place, number in dict.fromkeys((*ours, *theirs)):
        yield place, ours.get((place, number)), theirs.get((place, number))


def _by_place(values: FCellValues) -> dict[tuple[Place, int], Lookup]:
    """Lookups by place and their number there, as records of others may not tell places apart."""
    seen: Counter[Place] = Counter()
    found = {}
    for lookup in values.subpixels:
        place = Place.of(lookup)
        found[place, seen[place]] = lookup
        seen[place] += 1
    return found


def _side_by_side(
    place: Place | None, ours: Mapping[str, Scalar], theirs: Mapping[str, Scalar]
) -> Iterator[Pair]:
    for field, value in ours.items():
        yield Pair(field, place, value, theirs[field])


def _pixel_figures(values: FCellValues) -> dict[str, Scalar]:
    figures: dict[str, Scalar] = {}
    for name in FCellValues.model_fields:
        if name in _BOUNDS:
            figures |= _bounds_figures(name, getattr(values, name))
        elif name != "subpixels":
            figures[name] = getattr(values, name)
    return figures


def _bounds_figures(name: str, bounds: IndexBounds | FractionalBounds | None) -> dict[str, Scalar]:
    return {f"{name}.{limit}": getattr(bounds, limit, None) for limit in _BOUNDS[name].model_fields}


def _lookup_figures(lookup: Lookup) -> dict[str, Scalar]:
    return {
        **_miller("hkl_fractional", lookup.hkl_fractional),
        **_miller("hkl_rounded", lookup.hkl_rounded),
        "F_cell": lookup.F_cell,
        "out_of_bounds": lookup.out_of_bounds,
    }


def _miller(name: str, indices: tuple[Scalar, Scalar, Scalar]) -> dict[str, Scalar]:
    return {f"{name}.{axis}": index for axis, index in zip("hkl", indices, strict=True)}
