"""How far a run has come, and how large its report will be: what a face may show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from parity_bridge.records.pixel_records import bytes_of_pixel
from parity_bridge.taps.registry import choose_taps

if TYPE_CHECKING:
    from parity_bridge.bridge.answer import Side
    from parity_bridge.records.metadata import RunContext

#: Receives what is being done, how many steps of it are finished, and of how many.
OnProgress = Callable[[str, int, int], None]

#: Reports that will be larger are announced, in bytes.
LARGE_REPORT = 100_000_000
#: Bytes of ``summary.json`` for one field of one pixel.
_FIELD_BYTES = 240


def ignore_progress(_what: str, _done: int, _total: int) -> None:
    """Drop a report of progress."""


def step_counter(on_progress: OnProgress, what: str, total: int) -> Callable[[], None]:
    """Return what is called after each of ``total`` steps of ``what``."""
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        on_progress(what, done, total)

    return advance


def size_notes(sides: Sequence[Side], context: RunContext, taps: Sequence[str]) -> tuple[str, ...]:
    """Return a note where the report of ``sides`` will be large; estimated from one pixel."""
    size = report_bytes(sides, context, taps)
    if size <= LARGE_REPORT:
        return ()
    size_text = f"the report will take about {size / 1e6:.0f} MB"
    return (f"{size_text}; give fewer --pixel or --taps, or compare images with scan",)


def report_bytes(sides: Sequence[Side], context: RunContext, taps: Sequence[str]) -> int:
    """Estimate the size of a report: the records of a pixel times their number, and summaries.

    A noise budget is about as long as the records of its pixel.
    """
    total = 0
    for number, side in enumerate(sides):
        if side.run is None:
            continue
        pixels = len(side.run.observations)
        records = bytes_of_pixel(side.run, context, choose_taps(tuple(taps) or ("all",)))
        fields = sum(len(figures.fields) for figures in side.pixels[0].taps.values())
        total += pixels * (2 * records if number == 0 else records + _FIELD_BYTES * fields)
    return total
