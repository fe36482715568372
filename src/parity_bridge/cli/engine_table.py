"""``engines``: which engines are there, and what each can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import signature

from parity_bridge.engines.engine import (
    Engine,
    create_engine,
    engine_class,
    engine_names,
    told_taps,
    tolerance_case,
    untold_fields,
)
from parity_bridge.engines.run import engine_failures
from parity_bridge.errors import BridgeError
from parity_bridge.report.view import Row, table
from parity_bridge.taps.registry import BY_ID, choose_taps

_YES, _NO = "yes", "no"


def engines(further: Sequence[str] = ()) -> str:
    """A table of the registered engines and of ``further`` ones, ``package.module:Class``.

    One that cannot be loaded is told with the reason.
    """
    names = (*engine_names(), *further)
    rows = [_row(name) for name in names]
    reasons = [line for name in names for line in _reasons(name)]
    return "\n".join((table(rows, "simple"), *([""] if reasons else []), *reasons))


def _row(name: str) -> Row:
    try:
        made = engine_class(name)
    except BridgeError:
        return {"engine": name, "ready": _NO}
    return {
        "engine": name,
        "ready": _NO if _why_not(name) else _YES,
        "taps": _taps(made),
        "frames": _does(made, "frame"),
        "scan": "by region" if callable(getattr(made, "scanner", None)) else "by pixel",
        "settings": ", ".join(_settings(made)) or "-",
        "tolerances": tolerance_case(made) or "of dtype and device",
    }


def _taps(made: type[Engine]) -> str:
    try:
        told = choose_taps(told_taps(made))
    except BridgeError as error:
        return str(error)
    text = "all" if len(told) == len(BY_ID) else ", ".join(tap.name for tap in told)
    untold = untold_fields(made)
    return f"{text} (without {', '.join(untold)})" if untold else text


def _does(made: type[Engine], method: str) -> str:
    return _YES if callable(getattr(made, method, None)) else _NO


def _settings(made: type[Engine]) -> Iterator[str]:
    """Keywords of its constructor besides dtype and device."""
    for name in signature(made).parameters:
        if name not in ("dtype", "device", "args", "kwargs"):
            yield name


def _reasons(name: str) -> Iterator[str]:
    reason = _why_not(name)
    if reason:
        yield f"{name}: {reason}"


def _why_not(name: str) -> str:
    """Why an engine is not ready to run; empty where it is."""
    try:
        with engine_failures(name):
            create_engine(name)
    except BridgeError as error:
        return str(error)
    return ""
