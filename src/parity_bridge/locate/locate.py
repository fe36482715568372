"""Where a port leaves the reference: figures among its values, and the line of the fault."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.located import Located, SourceLine
from parity_bridge.locate.matching.candidates import SAFETY
from parity_bridge.locate.matching.catalogue import Catalogue
from parity_bridge.locate.variant import Variant
from parity_bridge.locate.verdict.fault import NO_FAULT, Fault, find_fault, with_variant
from parity_bridge.locate.verdict.figure_graph import IMAGE, FigureGraph
from parity_bridge.locate.verdict.flow import Flow
from parity_bridge.locate.verdict.rows import figure_rows, source_line
from parity_bridge.locate.verdict.states import DOUBLE, SINGLE, findings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.locate.capture.events import Capture, Event

#: Photons that float32 may lose where a factor underflows (``comparison/tolerances.toml``).
_UNDERFLOW = 1.2e-18
#: A line is named where no more lines than these may hold the fault.
MOST_LINES = 3


def locate(
    capture: Capture,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    behaviours: Behaviours = REFERENCE,
    named: Sequence[Behaviours | Variant] = (),
    dtype: str = "float64",
) -> Located:
    """Find the figures of ``pixels`` (slow, fast) among the values of ``capture``.

    ``named`` are the variants of the reference that explain a difference of the port; ``dtype`` is
    that in which it computes. Raise what ``CCore.observe`` raises.
    """
    where = tuple(pixels)
    catalogue, graph = _prepared(experiment, where, behaviours)
    flow = Flow(capture, findings_of(catalogue, capture, dtype))
    found = graph.found(flow.findings)
    roundoff = SINGLE if dtype == "float32" else DOUBLE
    if image_is_right(catalogue, capture.image, pixels, roundoff):
        return _located(flow, graph, found, NO_FAULT, is_right=True)
    fault = find_fault(flow, graph, found)
    for one in named:
        variant = one if isinstance(one, Variant) else Variant("", experiment, one)
        other, _ = _prepared(variant.experiment, where, variant.behaviours)
        fault = with_variant(flow, graph, other, fault, dtype)
    return _located(flow, graph, found, fault, is_right=False)


@lru_cache(maxsize=8)
def _prepared(
    experiment: Experiment, pixels: tuple[tuple[int, int], ...], behaviours: Behaviours
) -> tuple[Catalogue, FigureGraph]:
    catalogue = Catalogue(figures_of(experiment, pixels, behaviours))
    return catalogue, FigureGraph(catalogue)


def image_is_right(
    catalogue: Catalogue,
    image: NDArray[np.float64],
    pixels: Sequence[tuple[int, int]],
    roundoff: float,
) -> bool:
    """Return whether an image, of the pixels or the whole detector, is that of the reference."""
    figure = next(q for q in catalogue.quantities if q.name == IMAGE)
    wanted = np.ravel(figure.values)
    # The figure's noise holds the rounding to float32, which every image may have.
    given = np.ravel(figure.noise) * DOUBLE + SAFETY * roundoff * np.ravel(figure.noise)
    values = np.ravel(image)
    if image.ndim == 2 and values.size != wanted.size:
        slow, fast = np.array(pixels).T
        values = image[slow, fast]
    if values.shape != wanted.shape:
        return False
    room = _UNDERFLOW if roundoff == SINGLE else 0.0
    return bool(np.all(np.abs(values - wanted) <= given + room))


def _located(
    flow: Flow, graph: FigureGraph, found: frozenset[int], fault: Fault, *, is_right: bool
) -> Located:
    missing = () if is_right else graph.unmatched(found)
    interval = _lines(flow, fault.events)
    certain = bool(interval) and len(interval) <= MOST_LINES and fault.is_certain
    certain = certain and fault.figure is not None
    verdict: Literal["agrees", "line", "interval", "nothing observed"] = "nothing observed"
    if is_right:
        verdict = "agrees"
    elif interval:
        verdict = "line" if certain else "interval"
    return Located(
        rows=figure_rows(flow, graph, missing, unused=None if is_right else fault.figure),
        last_agreeing=_last_agreeing(graph, found, fault.figure),
        first_missing=None if fault.figure is None else _name(graph, fault.figure),
        interval=interval,
        named=interval[0] if certain else None,
        notes=flow.capture.notes,
        verdict=verdict,
    )


def _lines(flow: Flow, numbers: Sequence[int]) -> tuple[SourceLine, ...]:
    """Return the lines of events, each once, in the order of the events."""
    lines: dict[tuple[str, int], Event] = {}
    for number in numbers:
        event = flow.capture.events[number]
        lines.setdefault((event.site.file, event.site.line), event)
    return tuple(source_line(event.site) for event in lines.values())


def _last_agreeing(graph: FigureGraph, found: frozenset[int], figure: int | None) -> str | None:
    before = [
        number
        for number in sorted(graph.needed & found)
        if figure is None or (number < figure and graph.is_above(number, figure))
    ]
    return _name(graph, before[-1]) if before else None


def _name(graph: FigureGraph, number: int) -> str:
    quantity = graph.quantities[number]
    return quantity.name
