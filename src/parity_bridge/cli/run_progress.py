"""The progress of a run of many pixels on the error stream: a bar, or plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from parity_bridge.bridge.run_progress import OnProgress

#: Runs of fewer pixels show no progress: they are finished in a moment.
FEWEST_PIXELS = 64
#: Seconds until the bar appears, and between two plain lines.
_BAR_SECONDS, _LINE_SECONDS = 2.0, 5.0


@contextmanager
def run_progress(pixels: int, clock: Callable[[], float] = time.monotonic) -> Iterator[OnProgress]:
    """Show what a run of ``pixels`` is doing and how far it has come; nothing for a few."""
    if pixels < FEWEST_PIXELS:
        yield lambda _what, _done, _total: None
    elif sys.stderr.isatty():
        bar = _Bar(clock)
        try:
            yield bar
        finally:
            bar.stop()
    else:
        yield _Lines(clock)


class _Bar:
    """A bar for each thing that is done, which appears once the run takes some time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._begin = clock, clock()
        self._progress: Progress | None = None
        self._tasks: dict[str, int] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._clock() - self._begin < _BAR_SECONDS:
            return
        bar = self._started()
        if what not in self._tasks:
            self._tasks[what] = bar.add_task(what, total=total)
        bar.update(bar.task_ids[self._tasks[what]], completed=done)

    def stop(self) -> None:
        """Leave the bar as it is."""
        if self._progress is not None:
            self._progress.stop()

    def _started(self) -> Progress:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True))
            self._progress.start()
        return self._progress


class _Lines:
    """A line every few seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._last_printed = clock, clock()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        if now - self._last_printed >= _LINE_SECONDS:
            self._last_printed = now
            print(f"{what}: {100 * done / total:.0f} %", file=sys.stderr)
