"""A differing field described: kind of difference, and what the reference computes there."""

from __future__ import annotations

import numpy as np

from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.explain.differences.gathering import NO_NOISE, Noise, Pairs, field_values
from parity_bridge.explain.differences.places import where_text
from parity_bridge.explain.differences.relations import relation_of
from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.explanation import FieldDifference
from parity_bridge.taps.formulas import formula_of
from parity_bridge.taps.semantics import SEMANTICS, field_of

#: Places that need no colon before what is there.
_EVERYWHERE = ("in every row", "at every pixel")


def describe_difference(
    pairs: Pairs,
    figure: str,
    tolerances: Tolerances,
    stage: str | None = None,
    noise: Noise = NO_NOISE,
) -> FieldDifference:
    """Describe the field that holds ``figure``, ``tap.field``, over all rows of all pixels.

    Each pair is the reference and the other side at one pixel. ``stage`` is the stage of the chain
    that computes the field, where it is known to differ; ``noise`` holds the noise budgets of the
    reference by pixel.
    """
    tap_id, _, name = figure.partition(".")
    values = field_values(pairs, tap_id, name, tolerances, noise)
    relation = None if values is None else relation_of(values)
    meaning = SEMANTICS[tap_id].get(field_of(tap_id, name))
    formula = formula_of(tap_id, name)
    return FieldDifference(
        field=f"{tap_id}.{field_of(tap_id, name) or name}",
        stage=stage,
        kind=None if relation is None else relation.kind,
        clause=None if values is None else difference_clause(values, relation),
        definition="" if meaning is None else meaning.definition,
        functions=() if meaning is None else meaning.c,
        section=None if formula is None else formula.section,
        formula=None if formula is None else formula.text,
    )


def difference_clause(values: FieldValues, relation: Relation | None) -> str | None:
    """Return kind and place of a difference in one clause; None where neither can be said."""
    if not values.differs.any():
        return None
    if relation is None:
        return _place_clause(values)
    where = where_text(values, np.all(relation.holds, axis=1))
    if not where:
        return relation.text
    return f"{where} {relation.text}" if where in _EVERYWHERE else f"{where}: {relation.text}"


def _place_clause(values: FieldValues) -> str | None:
    """Return where the sides differ, and in which components; None where that is everywhere."""
    where = where_text(values, None)
    parts = [where] if where.startswith("only") or " but " in where else []
    differing = values.differing_components
    if len(differing) < len(values.names):
        names = " and ".join(values.names[number] for number in differing)
        parts.append(f"in {names} alone")
    return ", ".join(parts) or None
