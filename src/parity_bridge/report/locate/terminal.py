"""What ``locate`` prints: the verdict, the lines, and the map where the port differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from parity_bridge.report.locate.tables import terminal_rows
from parity_bridge.report.locate.wording import (
    place_text,
    root_of,
    step_sentence,
    verdict_sentence,
)
from parity_bridge.report.markdown import plain_table

if TYPE_CHECKING:
    from parity_bridge.locate.record import LocatedExperiment, LocateRecord


def terminal_text(record: LocateRecord) -> str:
    """Return the text for the terminal."""
    best = record.best
    root = root_of(record)
    parts = [] if best is None else list(_experiment_parts(best, root))
    if len(record.interval) > 1:
        parts.append("\n".join(place_text(line, root) for line in record.interval))
    return "\n\n".join((*parts, f"{verdict_sentence(record)}."))


def _experiment_parts(best: LocatedExperiment, root: str) -> Iterator[str]:
    located = best.located
    if located is None:
        return
    shown = [row for row in located.rows if row.state != "not observed"]
    hidden = len(located.rows) - len(shown)
    if shown:
        yield plain_table(terminal_rows(shown, root))
    if hidden:
        yield f"{hidden} figures not observed are left out; locate.md lists them. Files: {root}"
    yield from (f"note: {note}" for note in located.notes)
    yield f"at experiment {best.name} ({best.purpose})"
    steps = step_sentence(located)
    if steps:
        yield f"{steps}."
    if best.finding:
        yield f"explain: {best.finding}"
