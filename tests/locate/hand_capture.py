"""Captures written by hand: one event a call, values and parents as given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_bridge.locate.capture.events import Capture, Event, EventKind, Site


class HandCapture:
    """Collects events of a port that does not exist; each has a line of its own."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._values: list[NDArray[Any]] = []

    def add(
        self, value: Any, *parents: int, operation: str = "Mult", kind: EventKind = "operation"
    ) -> int:
        """Add an event and return its number; its line is the number, from 1."""
        number = len(self._events)
        array = np.array(value)
        line = number + 1
        site = Site("/port/model.py", line, line, 0, 1, "simulate", f"value_{line}")
        same = [at for at, known in enumerate(self._values) if known.tobytes() == array.tobytes()]
        if not same:
            self._values.append(array)
        at = same[0] if same else len(self._values) - 1
        self._events.append(Event(number, site, kind, operation, at, (), tuple(sorted(parents))))
        return number

    def finished(self, image: Any) -> Capture:
        """Return the capture; the last event is the image."""
        return Capture(
            events=tuple(self._events),
            values=tuple(self._values),
            dtypes=("float64",) * len(self._values),
            image=np.array(image, dtype=np.float64),
            image_event=len(self._events) - 1,
            is_identical=True,
            notes=(),
        )
