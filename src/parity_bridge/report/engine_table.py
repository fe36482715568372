"""Which engines are there, and what each can do, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import signature

from parity_bridge.engines.capabilities import recorded_taps, tolerance_case, unrecorded_fields
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.protocol import Engine
from parity_bridge.engines.registry import create_engine, engine_class, engine_names
from parity_bridge.errors import BridgeError
from parity_bridge.report.markdown import Row, plain_table
from parity_bridge.taps.registry import TAPS_BY_ID, choose_taps

_YES, _NO = "yes", "no"


def engine_table(further: Sequence[str] = ()) -> str:
    """Return a table of the registered engines and of ``further`` ones, ``package.module:Class``.

    The reason is given for an engine that cannot be loaded.
    """
    names = (*engine_names(), *further)
    rows = [_engine_row(name) for name in names]
    reasons = [line for name in names for line in _not_ready_lines(name)]
    return "\n".join((plain_table(rows), *([""] if reasons else []), *reasons))


def _engine_row(name: str) -> Row:
    try:
        engine_type = engine_class(name)
    except BridgeError:
        return {"engine": name, "ready": _NO}
    return {
        "engine": name,
        "ready": _NO if _not_ready_reason(name) else _YES,
        "taps": _recorded_taps_text(engine_type),
        "frames": _has_method_text(engine_type, "frame"),
        "scan": "by region" if callable(getattr(engine_type, "scanner", None)) else "by pixel",
        "settings": ", ".join(_constructor_settings(engine_type)) or "-",
        "tolerances": tolerance_case(engine_type) or "of dtype and device",
    }


def _recorded_taps_text(engine_type: type[Engine]) -> str:
    try:
        recorded = choose_taps(recorded_taps(engine_type))
    except BridgeError as error:
        return str(error)
    text = "all" if len(recorded) == len(TAPS_BY_ID) else ", ".join(tap.name for tap in recorded)
    unrecorded = unrecorded_fields(engine_type)
    return f"{text} (without {', '.join(unrecorded)})" if unrecorded else text


def _has_method_text(engine_type: type[Engine], method: str) -> str:
    return _YES if callable(getattr(engine_type, method, None)) else _NO


def _constructor_settings(engine_type: type[Engine]) -> Iterator[str]:
    """Yield the keywords of the constructor besides dtype and device."""
    for name in signature(engine_type).parameters:
        if name not in ("dtype", "device", "args", "kwargs"):
            yield name


def _not_ready_lines(name: str) -> Iterator[str]:
    reason = _not_ready_reason(name)
    if reason:
        yield f"{name}: {reason}"


def _not_ready_reason(name: str) -> str:
    """Return why an engine is not ready to run; empty where it is."""
    try:
        with engine_failures(name):
            create_engine(name)
    except BridgeError as error:
        return str(error)
    return ""
