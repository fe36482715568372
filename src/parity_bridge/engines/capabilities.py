"""What an engine can do: the taps and fields that it records, its tolerances, frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from parity_bridge.engines.protocol import Engine, FrameEngine, GradientEngine
from parity_bridge.errors import UsageError


def recorded_taps(engine: Engine | type[Engine]) -> tuple[str, ...]:
    """Return the names of the taps that an engine records."""
    names: tuple[str, ...] = tuple(getattr(engine, "taps", ("all",)))
    return names


def unrecorded_fields(engine: Engine | type[Engine]) -> tuple[str, ...]:
    """Return the fields of these taps that an engine does not record, as ``tap_id.field``.

    ``untold`` is the former name of ``unrecorded``, which engines may still have.
    """
    fields: tuple[str, ...] = tuple(getattr(engine, "unrecorded", getattr(engine, "untold", ())))
    return fields


def hears_words(engine: Engine | type[Engine]) -> bool:
    """Return whether an engine is given the words typed by the user, and reads them itself."""
    return bool(getattr(engine, "hears_words", False))


def tolerance_case(*engines: Engine | type[Engine]) -> str | None:
    """Return the case of tolerances of the first of ``engines`` that has one; None: none has."""
    cases: Iterator[str | None] = (getattr(engine, "tolerances", None) for engine in engines)
    return next(filter(None, cases), None)


def frame_engine(engine: Engine, name: str) -> FrameEngine:
    """Return ``engine`` as an engine of frames; raise UsageError where it renders none."""
    if not callable(getattr(engine, "frame", None)):
        raise UsageError(f"engine {name!r} renders no frames; choose c or torch")
    return cast("FrameEngine", engine)


def gradient_engine(engine: Engine, name: str) -> GradientEngine:
    """Return ``engine`` as an engine of gradients; raise UsageError where it gives none."""
    if not callable(getattr(engine, "gradient_frame", None)):
        raise UsageError(f"engine {name!r} gives no derivatives of frames; choose c")
    return cast("GradientEngine", engine)
