"""What ``locate`` found: where a port computes each figure, and where it leaves the reference.

These models are records: reports are rendered from them alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from parity_bridge.files.schema import Number, Schema

#: ``agrees``: found among the port's values. ``relation``: found with another sign, order or
#: factor, or computed and then not used, which is no agreement. ``missing``: all that it is made
#: from was found, itself not. ``not observed``: the port computes it by another formula, or out of
#: sight.
FigureState = Literal["agrees", "missing", "not observed", "relation"]


class SourceLine(Schema):
    """A place in the source of the port."""

    #: Absolute path.
    file: str
    #: Counted from 1.
    line: Annotated[int, Field(ge=1)]
    #: Counted from 0, in bytes, as ``ast`` counts.
    column: Annotated[int, Field(ge=0)]
    #: Qualified name of the function; ``<module>`` outside one.
    function: str
    #: The line or the expression, as it stands there.
    text: str


class FigureRow(Schema):
    """One figure of the reference, and where the port computes it."""

    #: ``hkl_subpixel.hkl_fractional``, or a helper such as ``pi·h``.
    figure: str
    #: The stage of the chain that it belongs to.
    stage: str
    #: The contract's formula.
    formula: str
    state: FigureState
    place: SourceLine | None
    expression: str
    #: The port's unit in those of the figure: ``1``, ``mm``, ``2π``.
    scale: str
    #: ``opposite sign``, ``transposed``, ``2 times``; empty where the figure agrees.
    relation: str
    #: Largest deviation, in units of the tolerance; None where nothing was found.
    error: Number | None


class Located(Schema):
    """Where a port leaves the reference."""

    #: In the order in which the contract computes the figures.
    rows: tuple[FigureRow, ...]
    last_agreeing: str | None
    #: The first figure that is missing although what it is made from was found.
    first_missing: str | None
    #: Lines that may hold the fault, nearest to it first.
    interval: tuple[SourceLine, ...]
    #: The line of the fault: only where the interval has at most three lines and belongs to
    #: ``first_missing``.
    named: SourceLine | None
    notes: tuple[str, ...]
    verdict: Literal["agrees", "line", "interval", "nothing observed"]
