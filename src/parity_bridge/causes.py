"""Named behaviours (contract §7): what may explain a difference, judged from two records alone.

A name is given where the records are consistent with it; several may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from parity_bridge.pairing import lookup_pairs
from parity_bridge.taps.f_cell import FCellRecord, HklTable, IndexBounds, Lookup, Schema

#: Fractional indices this close to a half-integer are decided by the rounding rule.
TIE = 1e-6

_KINDS = {"text": "text table", "cache": "cache"}


class Explanation(Schema):
    """A behaviour by name and the sentence that says what the records show of it."""

    name: str
    sentence: str


def explain(reference: FCellRecord, other: FCellRecord) -> tuple[Explanation, ...]:
    """Every named behaviour that the two records of one pixel are consistent with."""
    found = ((name, judge(reference, other)) for name, judge in _BEHAVIOURS.items())
    return tuple(Explanation(name=name, sentence=text) for name, text in found if text)


def what_was_read(table: HklTable) -> str:
    """One phrase: kind, file, hash, extents and default_F of what an engine read."""
    if table.source == "none":
        return f"no table (default_F {table.default_F!r})"
    sha256 = (table.sha256 or "unknown")[:12]
    return (
        f"the {_KINDS[table.source]} {table.file} (sha256 {sha256}, {extents_text(table.extents)}, "
        f"default_F {table.default_F!r})"
    )


def extents_text(extents: IndexBounds | None) -> str:
    """Extents of a table as ``h -24..24, k ..., l ...``."""
    if extents is None:
        return "none"
    return ", ".join(
        f"{axis} {getattr(extents, f'{axis}_min')}..{getattr(extents, f'{axis}_max')}"
        for axis in "hkl"
    )


def _stale_cache(reference: FCellRecord, other: FCellRecord) -> str | None:
    if [reference.hkl_table.source, other.hkl_table.source].count("cache") != 1:
        return None
    return (
        f"{_both_read(reference, other)}; inside its extents a cache returns what the run that "
        "wrote it stored, 0 where that run had no default_F, outside them today's default_F"
    )


def _default_fill(reference: FCellRecord, other: FCellRecord) -> str | None:
    ours, theirs = reference.hkl_table, other.hkl_table
    if "none" in (ours.source, theirs.source) or ours.extents != theirs.extents:
        return None
    differing = [
        pair for pair in _lookups_of_both(reference, other) if pair[0].F_cell != pair[1].F_cell
    ]
    filled = [pair for pair in differing if _in_box(*pair) and _one_default(*pair, ours, theirs)]
    if not differing or len(filled) != len(differing):
        return None
    return (
        f"all {len(differing)} lookups whose F differs lie inside the table, and one side returns "
        "default_F there: unlisted entries hold default_F when a text table is read, not when a "
        "cache is"
    )


def _stored_zero(reference: FCellRecord, other: FCellRecord) -> str | None:
    ours, theirs = reference.hkl_table, other.hkl_table
    if ours.source == "none" or ours.sha256 != theirs.sha256:
        return None
    zeros = [
        first.subpixel_index
        for first, second in _lookups_of_both(reference, other)
        if _in_box(first, second) and _zero_against_default(first, second, ours, theirs)
    ]
    if not zeros:
        return None
    return (
        f"at {len(zeros)} lookups inside the same table one engine returns 0 and the other "
        "default_F: an entry of 0 inside the box is returned as 0, never replaced by default_F"
    )


def _half_down(reference: FCellRecord, other: FCellRecord) -> str | None:
    ties = [
        f"{axis} = {first.hkl_fractional[i]!r}"
        for first, second in _lookups_of_both(reference, other)
        for i, axis in enumerate("hkl")
        if _rounded_apart_at_a_tie(first, second, i)
    ]
    if not ties:
        return None
    more = f" (and {len(ties) - 1} more)" if len(ties) > 1 else ""
    return (
        f"at {ties[0]}{more} the index is within {TIE:g} of a half and the engines take "
        "different neighbours: the contract rounds a half down, ceil(x - 0.5)"
    )


def _skipped_lookups(reference: FCellRecord, other: FCellRecord) -> str | None:
    ours, theirs = reference.values, other.values
    evaluations = ours.total_lookups + ours.skipped_lookups
    if ours.skipped_lookups == theirs.skipped_lookups:
        return None
    if evaluations != theirs.total_lookups + theirs.skipped_lookups:
        return None
    return (
        f"of {evaluations} evaluations {reference.implementation} skipped {ours.skipped_lookups} "
        f"and {other.implementation} {theirs.skipped_lookups}: F_latt of exactly 0 without water, "
        "or a resolution beyond dmin, makes no lookup"
    )


def _different_tables(reference: FCellRecord, other: FCellRecord) -> str | None:
    ours, theirs = reference.hkl_table, other.hkl_table
    if (ours.source == "cache") != (theirs.source == "cache") or ours.sha256 == theirs.sha256:
        return None
    return f"{_both_read(reference, other)}; not a behaviour of contract §7, but of the flags"


def _different_default(reference: FCellRecord, other: FCellRecord) -> str | None:
    ours, theirs = reference.hkl_table.default_F, other.hkl_table.default_F
    if ours == theirs:
        return None
    return (
        f"{reference.implementation} has default_F {ours!r}, {other.implementation} {theirs!r}; "
        "not a behaviour of contract §7, but of the flags"
    )


_BEHAVIOURS: dict[str, Callable[[FCellRecord, FCellRecord], str | None]] = {
    "stale cache": _stale_cache,
    "default fill": _default_fill,
    "stored zero": _stored_zero,
    "half-down rounding": _half_down,
    "skipped lookups": _skipped_lookups,
    "different tables": _different_tables,
    "different default_F": _different_default,
}


def _both_read(reference: FCellRecord, other: FCellRecord) -> str:
    return (
        f"{reference.implementation} read {what_was_read(reference.hkl_table)}; "
        f"{other.implementation} read {what_was_read(other.hkl_table)}"
    )


def _lookups_of_both(reference: FCellRecord, other: FCellRecord) -> Iterator[tuple[Lookup, Lookup]]:
    for _, first, second in lookup_pairs(reference.values, other.values):
        if first is not None and second is not None:
            yield first, second


def _in_box(first: Lookup, second: Lookup) -> bool:
    return not first.out_of_bounds and not second.out_of_bounds


def _one_default(first: Lookup, second: Lookup, ours: HklTable, theirs: HklTable) -> bool:
    return first.F_cell == ours.default_F or second.F_cell == theirs.default_F


def _zero_against_default(first: Lookup, second: Lookup, ours: HklTable, theirs: HklTable) -> bool:
    return (first.F_cell == 0 and second.F_cell == theirs.default_F != 0) or (
        second.F_cell == 0 and first.F_cell == ours.default_F != 0
    )


def _rounded_apart_at_a_tie(first: Lookup, second: Lookup, axis: int) -> bool:
    apart = abs(first.hkl_rounded[axis] - second.hkl_rounded[axis]) == 1
    fractions = first.hkl_fractional[axis], second.hkl_fractional[axis]
    return apart and all(_from_tie(fraction) < TIE for fraction in fractions)


def _from_tie(index: float) -> float:
    return abs(index - math.floor(index) - 0.5) if math.isfinite(index) else math.inf
