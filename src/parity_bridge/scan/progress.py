"""The progress of a scan: a bar on a terminal, plain lines elsewhere, or no output."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds between two plain lines.
_LINE_SECONDS = 5.0

#: Called with the number of pixels that are finished, and whether an earlier run computed them.
Advance = Callable[[int, bool], None]


@contextmanager
def progress(pixels: int, what: str, *, quiet: bool) -> Iterator[Advance]:
    """Show on standard error how many of ``pixels`` are finished, how fast, and the time left."""
    if quiet:
        yield lambda _pixels, _resumed: None
    elif sys.stderr.isatty():
        with _bar(pixels, what) as advance:
            yield advance
    else:
        yield _PrintedProgress(pixels, what)


@contextmanager
def _bar(pixels: int, what: str) -> Iterator[Advance]:
    from rich.console import Console  # noqa: PLC0415 - seldom needed
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=pixels, rate="")
        rate = _Rate()

        def advance(done: int, resumed: bool) -> None:
            rate.add(done, resumed)
            bar.update(task, advance=done, rate=rate.text)

        yield advance


class _Rate:
    """Pixels a second of this run."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self.done = 0
        self.computed = 0

    def add(self, pixels: int, resumed: bool) -> None:
        """Add finished pixels; those ``resumed`` took no time."""
        self.done += pixels
        self.computed += 0 if resumed else pixels

    @property
    def per_second(self) -> float:
        """Pixels computed per second."""
        return self.computed / max(time.monotonic() - self._begin, 1e-9)

    @property
    def text(self) -> str:
        """The rate as ``1.4 Mpixel/s``."""
        return f"{self.per_second / 1e6:.3g} Mpixel/s"


class _PrintedProgress:
    """A line every few seconds, and one at the end."""

    def __init__(self, pixels: int, what: str) -> None:
        self._pixels = pixels
        self._what = what
        self._rate = _Rate()
        self._last_printed = time.monotonic()

    def __call__(self, pixels: int, resumed: bool) -> None:
        self._rate.add(pixels, resumed)
        now = time.monotonic()
        if now - self._last_printed >= _LINE_SECONDS or self._rate.done == self._pixels:
            self._last_printed = now
            print(f"{self._what}: {self._text()}", file=sys.stderr)  # noqa: T201 - what it is for

    def _text(self) -> str:
        share = 100 * self._rate.done / self._pixels
        rate = self._rate.per_second
        left = (self._pixels - self._rate.done) / rate if rate else 0.0
        return f"{share:.0f} %, {self._rate.text}, {left:.0f} s left"
