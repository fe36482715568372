"""A row of the semantic table: what one field of a tap means, and who computes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldMeaning:
    """One row of the table."""

    definition: str
    #: "1" for a float without a unit; empty for what is no float.
    unit: str
    #: Must be equal; else a tolerance applies.
    exact: bool
    #: Functions that compute it, the last one last.
    c: tuple[str, ...]
    torch: tuple[str, ...]


def exact_field(definition: str, c: str, torch: str | None = None, unit: str = "") -> FieldMeaning:
    """Return a field that must be equal; ``torch`` as ``c`` where it is left out."""
    return FieldMeaning(definition, unit, True, tuple(c.split()), tuple((torch or c).split()))


def float_field(unit: str, definition: str, c: str, torch: str | None = None) -> FieldMeaning:
    """Return a field to which a tolerance applies; ``torch`` as ``c`` where it is left out."""
    return FieldMeaning(definition, unit, False, tuple(c.split()), tuple((torch or c).split()))


def presence_field(definition: str, c: str, torch: str | None = None) -> FieldMeaning:
    """Return a field that only comparisons have: rows are matched by their place."""
    return exact_field(f"{definition}; true or false, in a comparison only", c, torch)
