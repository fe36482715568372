"""Two records side by side: every figure of Tap 4 with its counterpart, in schema order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parity_bridge.taps.f_cell import FCellValues, FractionalBounds, IndexBounds, Lookup

Scalar = bool | int | float | None

_BOUNDS = {"hkl_bounds": IndexBounds, "hkl_fractional_bounds": FractionalBounds}


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure in both records; ``subpixel`` (slow, fast) is None for figures of the pixel."""

    field: str
    subpixel: tuple[int, int] | None
    reference: Scalar
    other: Scalar


def pairs(reference: FCellValues, other: FCellValues) -> Iterator[Pair]:
    """Every figure of both records in schema order, pixel first, then lookup by lookup.

    A lookup that only one side made gives one pair named ``lookup``: whether it was made.
    """
    yield from _side_by_side(None, _pixel_figures(reference), _pixel_figures(other))
    for subpixel, ours, theirs in lookup_pairs(reference, other):
        if ours is None or theirs is None:
            yield Pair("lookup", subpixel, ours is not None, theirs is not None)
        else:
            yield from _side_by_side(subpixel, _lookup_figures(ours), _lookup_figures(theirs))


def lookup_pairs(
    reference: FCellValues, other: FCellValues
) -> Iterator[tuple[tuple[int, int], Lookup | None, Lookup | None]]:
    """Lookups matched by subpixel, None where one side made no such lookup."""
    ours, theirs = _by_subpixel(reference), _by_subpixel(other)
    for key in dict.fromkeys((*ours, *theirs)):
        yield key[0], ours.get(key), theirs.get(key)


def _by_subpixel(values: FCellValues) -> dict[tuple[tuple[int, int], int], Lookup]:
    """Lookups by subpixel and their number within it, as a subpixel may look up several times."""
    seen: Counter[tuple[int, int]] = Counter()
    found = {}
    for lookup in values.subpixels:
        found[lookup.subpixel_index, seen[lookup.subpixel_index]] = lookup
        seen[lookup.subpixel_index] += 1
    return found


def _side_by_side(
    subpixel: tuple[int, int] | None, ours: Mapping[str, Scalar], theirs: Mapping[str, Scalar]
) -> Iterator[Pair]:
    for field, value in ours.items():
        yield Pair(field, subpixel, value, theirs[field])


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
