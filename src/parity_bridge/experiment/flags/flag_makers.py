"""Kinds of flags that stand several times in the table."""

from __future__ import annotations

from parity_bridge.experiment.flags.flag import Flag, Value, ValueKind

PIVOT = "detector.pivot"

CONVENTION = "detector.convention"


def tuple_paths(tuple_field: str, size: int = 3) -> tuple[str, ...]:
    """Return the paths of the numbers of the tuple ``tuple_field``."""
    return tuple(f"{tuple_field}.{place}" for place in range(size))


def switch_flag(name: str, field_name: str, text: str, value: Value = True) -> Flag:
    """Return a flag without values that sets one field to ``value``."""
    return Flag(name, text, also_sets={field_name: value})


def number_flag(names: str, field_name: str, text: str, pivot: str | None = None) -> Flag:
    """Return a flag of one number; ``names`` are its spellings, the one in full first."""
    name, *others = names.split()
    also = {} if pivot is None else {PIVOT: pivot}
    return Flag(name, text, (field_name,), spellings=(name, *others), also_sets=also)


def integer_flag(names: str, field_name: str, text: str) -> Flag:
    """Return a flag of one whole number; ``names`` as for ``number_flag``."""
    name, *others = names.split()
    return Flag(name, text, (field_name,), kind="integer", spellings=(name, *others))


def size_flag(axis: str, place: int, others: str) -> Flag:
    """Return the flag of the crystal's size along one axis."""
    parts = [f"-{what}_{axis}" for what in ("xtal", "sample")] + others.split()
    return Flag(
        f"-xtal_{axis}",
        f"crystal size along {axis}, mm",
        (f"crystal.sample_size.{place}",),
        spellings=tuple(parts),
    )


def divergence_flag(name: str, part: str, text: str, kind: ValueKind = "number") -> Flag:
    """Return a flag whose one number is for the divergence along both axes."""
    fields = tuple(f"beam.{axis}_divergence.{part}" for axis in ("horizontal", "vertical"))
    return Flag(name, text, fields, kind=kind, counts=(1,), repeat=True, written=False)


def direction_flag(name: str, vector: str, text: str) -> Flag:
    """Return the flag of an axis of the detector; any of them selects custom geometry."""
    fields = tuple_paths(f"detector.vectors.{vector}")
    return Flag(name, text, fields, kind="direction", also_sets={CONVENTION: "custom"})


def convention_flag(name: str, pivot: str) -> Flag:
    """Return the flag that selects a detector convention and, for vectors after it, a pivot."""
    return Flag(
        f"-{name}",
        f"{name.upper()} geometry (§2)",
        also_sets={CONVENTION: name, PIVOT: pivot},
        written=False,
    )
