"""``locate.md``: what the port computes, and where."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from parity_bridge.report.locate.tables import interval_rows, markdown_rows
from parity_bridge.report.locate.wording import root_of, step_sentence, verdict_sentence
from parity_bridge.report.markdown import code, code_block, escaped, table

if TYPE_CHECKING:
    from parity_bridge.locate.located import Located
    from parity_bridge.locate.record import LocatedExperiment, LocateRecord

_COLUMNS = (
    "*scale* is the port's unit in those of the figure; *error* the largest deviation, in units of "
    "what rounding may give. A figure *not observed* is computed by another formula or out of "
    "sight, which is not an error; one that is *missing* was not found although all that it is "
    "made from was."
)


def locate_memo(record: LocateRecord) -> str:
    """Return the memo as Markdown, rendered from the record alone."""
    root = root_of(record)
    parts = [
        f"# Where {escaped(record.port)} leaves the reference",
        f"**{escaped(verdict_sentence(record))}.**",
        table(interval_rows(record.interval, root)) if record.interval else "",
        *(part for one in record.experiments for part in _experiment_parts(one, root)),
        "## To do it again",
        code_block(record.command, "sh"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _experiment_parts(one: LocatedExperiment, root: str) -> Iterator[str]:
    yield f"## Experiment {escaped(one.name)}: {escaped(one.purpose)}"
    yield code_block(shlex.join(one.flags), "sh")
    yield "\n".join(f"- {escaped(note)}" for note in one.notes)
    if one.located is None:
        yield f"The port agrees with the C core at all {len(one.pixels)} pixels."
        return
    if one.finding is not None:
        yield f"`explain`: {escaped(one.finding)}"
    yield from _located_parts(one.located, root)


def _located_parts(located: Located, root: str) -> Iterator[str]:
    steps = step_sentence(located)
    if steps:
        yield f"{escaped(steps)}."
    yield "\n".join(f"- {escaped(note)}" for note in located.notes)
    if located.interval:
        yield "Lines that may hold the fault, nearest to it first:"
        yield table(interval_rows(located.interval, root))
    if located.rows:
        yield "### What the port computes, and where"
        yield f"Files are below {code(root)}. {_COLUMNS}" if root else _COLUMNS
        yield table(markdown_rows(located.rows, root))
