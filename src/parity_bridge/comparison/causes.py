"""Named causes (contract §7): what may explain a difference, judged from two records alone.

A cause is named where the records are consistent with it; several causes may be named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import match_rows
from parity_bridge.engines.c_core.fingerprint import libm_differs
from parity_bridge.experiment.hkl_table import HklTable, IndexBounds
from parity_bridge.files.schema import Schema
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.hkl_subpixel import tie_distance
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Fractional indices this close to a half-integer are decided by the rounding rule.
TIE = 1e-6

#: Causes that lie in the inputs that were read, not in how they were used.
INPUT_CAUSES = ("stale cache", "different tables", "different default_F")

#: The cause that lies in the C library of each side.
LIBM_CAUSE = "another libm variant"

_KINDS = {"text": "text table", "cache": "cache"}


class Cause(Schema):
    """The name of a cause, and a sentence that says how the records show it."""

    name: str
    sentence: str


def possible_causes(reference: PixelTaps, other: PixelTaps) -> tuple[Cause, ...]:
    """Return every named cause with which the two records of one pixel are consistent."""
    pair = _FCellPair.of(reference, other)
    if pair is None:
        return ()
    sentences = ((name, check(pair)) for name, check in _CAUSE_CHECKS.items())
    return tuple(Cause(name=name, sentence=text) for name, text in sentences if text)


def libm_cause(names: tuple[str, str], fingerprints: tuple[str | None, str | None]) -> Cause | None:
    """Return the cause that the sides were computed with different variants of sin and the like.

    ``names`` and ``fingerprints`` are of the reference and the other side. Return None where a
    fingerprint is not known or both are the same.
    """
    if not libm_differs(*fingerprints):
        return None
    ours, theirs = (
        f"{name} {fingerprint}" for name, fingerprint in zip(names, fingerprints, strict=True)
    )
    sentence = (
        "the C library of each side has other last bits of sin, exp and the like, as on another "
        f"processor (fingerprints: {ours}, {theirs})"
    )
    return Cause(name=LIBM_CAUSE, sentence=sentence)


def table_text(table: HklTable) -> str:
    """Describe the table that an engine read: kind, file, hash, extents and default_F."""
    if table.source == "none":
        return f"no table (default_F {table.default_F!r})"
    sha256 = (table.sha256 or "unknown")[:12]
    return (
        f"the {_KINDS[table.source]} {table.file} (sha256 {sha256}, {extents_text(table.extents)}, "
        f"default_F {table.default_F!r})"
    )


def extents_text(extents: IndexBounds | None) -> str:
    """Format the extents of a table as ``h -24..24, k ..., l ...``."""
    if extents is None:
        return "none"
    return ", ".join(
        f"{axis} {getattr(extents, f'{axis}_min')}..{getattr(extents, f'{axis}_max')}"
        for axis in "hkl"
    )


@dataclass(frozen=True)
class _FCellPair:
    """Tap 4 of one pixel on both sides, and the lookups that both recorded."""

    names: tuple[str, str]
    ours: HklTable
    theirs: HklTable
    counts: tuple[dict[str, Any], dict[str, Any]]
    #: Field of a lookup -> the columns of both sides.
    lookups: dict[str, tuple[NDArray[Any], NDArray[Any]]]

    @classmethod
    def of(cls, reference: PixelTaps, other: PixelTaps) -> _FCellPair | None:
        """Return None where a side did not record its table or its lookups."""
        if reference.hkl_table is None or other.hkl_table is None:
            return None
        if TAP_ID not in reference.taps or TAP_ID not in other.taps:
            return None
        ours, theirs = reference.taps[TAP_ID], other.taps[TAP_ID]
        rows = match_rows(ours, theirs)
        return cls(
            (reference.implementation, other.implementation),
            reference.hkl_table,
            other.hkl_table,
            (dict(ours.pixel), dict(theirs.pixel)),
            {
                field: (column[rows.ours], theirs.columns[field][rows.theirs])
                for field, column in ours.columns.items()
                if field in theirs.columns
            },
        )

    @property
    def has_lookups(self) -> bool:
        """Whether both sides recorded their lookups one by one."""
        return {"F_cell", "out_of_bounds", "hkl_rounded.h"} <= self.lookups.keys()

    @property
    def both_read(self) -> str:
        """The table that each side read, in one phrase."""
        ours, theirs = table_text(self.ours), table_text(self.theirs)
        return f"{self.names[0]} read {ours}; {self.names[1]} read {theirs}"

    def in_box(self) -> NDArray[np.bool_]:
        """Return which lookups lie inside the table on both sides."""
        first, second = self.lookups["out_of_bounds"]
        inside: NDArray[np.bool_] = ~(first.astype(bool) | second.astype(bool))
        return inside


def _stale_cache(pair: _FCellPair) -> str | None:
    if [pair.ours.source, pair.theirs.source].count("cache") != 1:
        return None
    return (
        f"{pair.both_read}; inside its extents a cache returns what the run that wrote it stored, "
        "0 where that run had no default_F, outside them today's default_F"
    )


def _default_fill(pair: _FCellPair) -> str | None:
    if "none" in (pair.ours.source, pair.theirs.source) or not pair.has_lookups:
        return None
    if pair.ours.extents != pair.theirs.extents:
        return None
    first, second = pair.lookups["F_cell"]
    differing = first != second
    filled = (first == pair.ours.default_F) | (second == pair.theirs.default_F)
    if not differing.any() or not (filled & pair.in_box())[differing].all():
        return None
    return (
        f"all {differing.sum()} lookups whose F differs lie inside the table, and one side returns "
        "default_F there: unlisted entries hold default_F when a text table is read, not when a "
        "cache is"
    )


def _stored_zero(pair: _FCellPair) -> str | None:
    if pair.ours.source == "none" or pair.ours.sha256 != pair.theirs.sha256:
        return None
    if not pair.has_lookups:
        return None
    first, second = pair.lookups["F_cell"]
    ours, theirs = pair.ours.default_F, pair.theirs.default_F
    one_zero = ((first == 0) & (second == theirs) & (theirs != 0)) | (
        (second == 0) & (first == ours) & (ours != 0)
    )
    zeros = (one_zero & pair.in_box()).sum()
    if not zeros:
        return None
    return (
        f"at {zeros} lookups inside the same table one engine returns 0 and the other "
        "default_F: an entry of 0 inside the box is returned as 0, never replaced by default_F"
    )


def _half_down(pair: _FCellPair) -> str | None:
    if not pair.has_lookups or "hkl_fractional.h" not in pair.lookups:
        return None
    ties = [text for axis in "hkl" for text in _ties(pair, axis)]
    if not ties:
        return None
    more = f" (and {len(ties) - 1} more)" if len(ties) > 1 else ""
    return (
        f"at {ties[0]}{more} the index is within {TIE:g} of a half and the engines take "
        "different neighbours: the contract rounds a half down, ceil(x - 0.5)"
    )


def _ties(pair: _FCellPair, axis: str) -> list[str]:
    nearest, fractions = pair.lookups[f"hkl_rounded.{axis}"], pair.lookups[f"hkl_fractional.{axis}"]
    are_neighbours = np.abs(nearest[0] - nearest[1]) == 1
    near = (tie_distance(fractions[0]) < TIE) & (tie_distance(fractions[1]) < TIE)
    return [f"{axis} = {fraction!r}" for fraction in fractions[0][are_neighbours & near].tolist()]


def _skipped_lookups(pair: _FCellPair) -> str | None:
    ours, theirs = pair.counts
    if "skipped_lookups" not in ours or "skipped_lookups" not in theirs:
        return None
    evaluations = ours["total_lookups"] + ours["skipped_lookups"]
    if ours["skipped_lookups"] == theirs["skipped_lookups"]:
        return None
    if evaluations != theirs["total_lookups"] + theirs["skipped_lookups"]:
        return None
    return (
        f"of {evaluations} evaluations {pair.names[0]} skipped {ours['skipped_lookups']} and "
        f"{pair.names[1]} {theirs['skipped_lookups']}: F_latt of exactly 0 without water, or a "
        "resolution beyond dmin, makes no lookup"
    )


def _different_tables(pair: _FCellPair) -> str | None:
    ours, theirs = pair.ours, pair.theirs
    if (ours.source == "cache") != (theirs.source == "cache") or ours.sha256 == theirs.sha256:
        return None
    return f"{pair.both_read}; not a behaviour of contract §7, but of the flags"


def _different_default(pair: _FCellPair) -> str | None:
    ours, theirs = pair.ours.default_F, pair.theirs.default_F
    if ours == theirs:
        return None
    return (
        f"{pair.names[0]} has default_F {ours!r}, {pair.names[1]} {theirs!r}; not a behaviour of "
        "contract §7, but of the flags"
    )


_CAUSE_CHECKS: dict[str, Callable[[_FCellPair], str | None]] = {
    "stale cache": _stale_cache,
    "default fill": _default_fill,
    "stored zero": _stored_zero,
    "half-down rounding": _half_down,
    "skipped lookups": _skipped_lookups,
    "different tables": _different_tables,
    "different default_F": _different_default,
}
