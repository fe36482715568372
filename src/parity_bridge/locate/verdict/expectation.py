"""What the contract makes of the operands of an expression, and which of them does not fit.

A value that is no figure was computed from operands that are. The figures that the contract makes
from the same ones say what it should have been: where every operand fits, the operation is wrong;
where one does not, it is that operand, which has been left short of the figure that belongs there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import axis_of
from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.scales import scales_of
from parity_bridge.locate.verdict.flow import short_name
from parity_bridge.locate.verdict.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parity_bridge.locate.verdict.figure_graph import FigureGraph
    from parity_bridge.locate.verdict.flow import Flow

#: What a parent of the expected figure is worth that an operand is, leads to, or comes from, or in
#: whose place it has another number; and what one costs that no operand has to do with.
_EXACT, _SHORT, _PAST, _WRONG, _STRANGE, _LEFT = 1.0, 0.75, 0.5, 0.5, -0.6, -0.4
#: A figure is more likely meant where its operation is another than that of the port.
_MIXED = -0.1
#: A number that was given is a parent of many figures.
_GIVEN = 0.5
#: Operation of an event -> that of a formula.
ARITHMETIC = {
    **dict.fromkeys(("Mult", "mul", "multiply"), "*"),
    **dict.fromkeys(("Div", "div", "divide", "true_divide"), "/"),
    **dict.fromkeys(("Add", "add"), "+"),
    **dict.fromkeys(("Sub", "sub", "subtract"), "-"),
    **dict.fromkeys(("Pow", "pow", "power"), "**"),
}
#: Figures with no more values than these are compared by them, however round.
_FEW = 16


@dataclass(frozen=True)
class Expectation:
    """What should have come of an event."""

    #: Number of the figure.
    figure: int
    score: float
    #: The operand that does not fit, and the figure that belongs there; None: all fit.
    operand: int | None
    wanted: int | None
    #: Whether the operation is the contract's and the operands fit: then they are of different axes
    #: of the cell, h with Nb, say.
    is_mixed: bool = False
    #: Whether the operand is another number, of which it is not known what it was to be.
    is_other: bool = False


def expectation(flow: Flow, graph: FigureGraph, number: int) -> Expectation | None:
    """Return what the contract makes of the operands of an event; None where that is nothing."""
    sign = ARITHMETIC.get(short_name(flow.capture.events[number]))
    if sign is None:
        return None
    operands = {
        parent: _figures(flow, parent)
        for parent in flow.parents(number)
        if flow.state(parent) is not State.MASK
    }
    nearby = {
        child
        for figures in operands.values()
        for figure in figures
        for child in graph.children.get(figure, ())
    }
    own = _figures(flow, number)
    expectations = [
        one for figure in sorted(nearby - own) if (one := _fit(flow, graph, figure, operands, sign))
    ]
    return max(expectations, key=lambda one: one.score, default=None)


def _figures(flow: Flow, number: int) -> frozenset[int]:
    if flow.state(number) not in (State.RIGHT, State.PART):
        return frozenset()
    return frozenset(match.quantity.number for match in flow.finding(number).matches)


def _fit(
    flow: Flow, graph: FigureGraph, figure: int, operands: dict[int, frozenset[int]], sign: str
) -> Expectation | None:
    """Pair the parents of a figure with the operands of an event."""
    left = dict(operands)
    wanted = []
    score = 0.0
    for parent in graph.quantities[figure].parents:
        match = next(
            (o for o in left if parent in left[o] or _is_equal(flow, graph, o, parent)), None
        )
        if match is None:
            wanted.append(parent)
        else:
            is_given = graph.quantities[parent].rank is Rank.GIVEN
            score += _GIVEN if is_given else _EXACT
            if len(left) > 1:
                del left[match]
    if score == 0.0:
        pair = next(_near(graph, wanted[0], left), None) if len(wanted) == len(left) == 1 else None
        # A square of what should have been squared after one more step.
        return None if pair is None else Expectation(figure, 2 * pair[0], pair[1], wanted[0])
    if not wanted:
        # The contract's own operation on fitting operands: they are not of the same place.
        quantity = graph.quantities[figure]
        same = sign == quantity.operation
        round_one = any(flow.state(operand) is State.KNOWN for operand in operands)
        mixed = same and (quantity.values.shape[axis_of("cell")] > 1 or round_one)
        return Expectation(figure, score + (_MIXED if same else 0.0), None, None, is_mixed=mixed)
    parent = wanted[0]
    pairs = list(_near(graph, parent, left))
    if pairs:
        worth, operand = max(pairs)
        return Expectation(figure, score + worth + _LEFT * (len(wanted) - 1), operand, parent)
    few = graph.quantities[parent].values.size <= _FEW
    strange = [o for o in left if not left[o] and few and flow.value(o).size <= _FEW]
    if not strange:
        return Expectation(figure, score + _STRANGE, None, parent)
    return Expectation(figure, score + _WRONG, strange[0], parent, is_other=True)


def _near(
    graph: FigureGraph, parent: int, left: dict[int, frozenset[int]]
) -> Iterator[tuple[float, int]]:
    for operand, figures in left.items():
        if any(graph.is_above(one, parent) for one in figures):
            yield _SHORT, operand
        elif any(graph.is_above(parent, one) for one in figures):
            yield _PAST, operand


def _is_equal(flow: Flow, graph: FigureGraph, operand: int, figure: int) -> bool:
    """Return whether a round operand has the value of a figure that has few."""
    quantity = graph.quantities[figure]
    if flow.state(operand) is not State.KNOWN or quantity.values.size > _FEW:
        return False
    values = np.unique(flow.value(operand)).astype(np.float64)
    wanted = np.unique(quantity.values)
    return any(
        bool(np.isclose(values[:, None], wanted * scale.factor, rtol=1e-12, atol=0.0).any(1).all())
        for scale in scales_of(quantity.power)
    )
