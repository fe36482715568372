"""The table of a located port: each figure of the contract, and where the port computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity_bridge.locate.figures.quantity import Quantity, Rank
from parity_bridge.locate.located import FigureRow, SourceLine
from parity_bridge.locate.matching.match import Agreement, Match
from parity_bridge.taps.formulas import FORMULAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity_bridge.locate.capture.events import Event, Site
    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow

#: Kinds of events that compute something, before those that hand it on.
_COMPUTES = ("operation", "store")


def source_line(site: Site) -> SourceLine:
    """Return the place of a site, with its expression."""
    return SourceLine(
        file=site.file,
        line=site.line,
        column=site.column,
        function=site.function,
        text=site.expression,
    )


def figure_rows(
    flow: Flow, graph: FigureGraph, missing: Sequence[int], *, unused: int | None
) -> tuple[FigureRow, ...]:
    """Return a row for each step of the contract.

    ``unused`` is the figure at fault: where the port computes it all the same, it uses another
    value in its place.
    """
    places = _best_places(flow)
    rows: list[FigureRow] = []
    for quantity in graph.quantities:
        if quantity.rank is Rank.STEP:
            number = quantity.number
            own = _rows_of(quantity, places.get(number), is_missing=number in missing)
            rows += map(_unused, own) if number == unused else own
    return tuple(rows)


def _unused(row: FigureRow) -> FigureRow:
    if row.state != "agrees":
        return row
    relation = "another value is used"
    return row.model_copy(update={"state": "relation", "relation": relation, "error": None})


def _best_places(flow: Flow) -> dict[int, tuple[Event, Match]]:
    """Return for each figure the event that computes it: the first of the surest."""
    best: dict[int, tuple[tuple[bool, bool, int], Event, Match]] = {}
    for event in flow.capture.events:
        for match in flow.findings[event.value].matches:
            if not match.is_sure or match.agreement is Agreement.PARTLY:
                continue
            rank = (
                match.agreement is not Agreement.FULL,
                event.kind not in _COMPUTES,
                event.number,
            )
            known = best.get(match.quantity.number)
            if known is None or rank < known[0]:
                best[match.quantity.number] = (rank, event, match)
    return {number: (event, match) for number, (_, event, match) in best.items()}


def _rows_of(
    quantity: Quantity, place: tuple[Event, Match] | None, *, is_missing: bool
) -> list[FigureRow]:
    names = quantity.parts or (quantity.name,)
    return [_row(quantity, name, place, is_missing=is_missing) for name in names]


def _row(
    quantity: Quantity, name: str, place: tuple[Event, Match] | None, *, is_missing: bool
) -> FigureRow:
    common = {"figure": name, "stage": quantity.stage, "formula": formula_of(quantity, name)}
    if place is None:
        return FigureRow(
            **common,
            state="missing" if is_missing else "not observed",
            place=None,
            expression="",
            scale="",
            relation="",
            error=None,
        )
    event, match = place
    # A figure may agree at some pixels and be missing at others.
    agrees = match.agreement is Agreement.FULL and not is_missing
    return FigureRow(
        **common,
        state="agrees" if agrees else "missing" if is_missing else "relation",
        place=source_line(event.site),
        expression=event.site.expression,
        scale=match.scale.name,
        relation="" if agrees else _relation(match),
        error=match.error if agrees else None,
    )


def _relation(match: Match) -> str:
    if match.agreement in (Agreement.NEARLY, Agreement.FULL):
        return "in places only"
    return str(match.agreement.value)


def formula_of(quantity: Quantity, name: str) -> str:
    """Return the contract's formula where it has one, else the helper's own."""
    tap_id, _, field = name.partition(".")
    formula = FORMULAS.get(tap_id, {}).get(field)
    return quantity.formula if formula is None else formula.text
