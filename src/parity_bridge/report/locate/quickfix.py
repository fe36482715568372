"""The lines that may hold the fault as ``file:line:column: text``, which editors jump to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity_bridge.report.locate.wording import one_line, step_sentence

if TYPE_CHECKING:
    from parity_bridge.locate.record import LocateRecord


def quickfix_text(record: LocateRecord) -> str:
    """Return a line for each place, nearest to the fault first; empty where the port agrees.

    Columns count from 1, as editors count them.
    """
    best = record.best
    if best is None or best.located is None:
        return ""
    what = step_sentence(best.located) or "it is where the port leaves the reference"
    return "".join(
        f"{place.file}:{place.line}:{place.column + 1}: {one_line(place.text)} ({what})\n"
        for place in record.interval
    )
