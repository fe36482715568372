"""A traced pixel as text: TRACE lines, then each tap as JSON or one key per line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from parity_bridge.records.pixel_records import as_json, record_of
from parity_bridge.taps.trace import trace_lines

if TYPE_CHECKING:
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.records.metadata import RunContext
    from parity_bridge.taps.registry import Tap, TapRecord


def trace_text(
    run: EngineRun, taps: Sequence[Tap], context: RunContext, *, as_json_records: bool
) -> Iterator[str]:
    """Yield the lines of every pixel of ``run``, its taps as JSON records or key by key."""
    prefix = run.engine.trace_prefix
    for observation in run.observations:
        yield from trace_lines(prefix, observation)
        for tap in run.recorded(taps):
            record = record_of(run, observation, context, tap)
            if as_json_records:
                yield as_json(record).rstrip("\n")
            else:
                yield from _tap_lines(prefix.replace("TRACE", "TAP"), record)


def _tap_lines(prefix: str, record: TapRecord) -> Iterator[str]:
    for key, value in _json_leaves("", record.model_dump(mode="json")):
        yield f"{prefix}: {key} {value}"


def _json_leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield leaves of a JSON value under dotted keys; a list of plain values takes one line."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _json_leaves(f"{key}.{name}" if key else name, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _json_leaves(f"{key}.{number}", item)
    elif isinstance(value, list):
        yield key, " ".join(_json_word(item) for item in value)
    else:
        yield key, _json_word(value)


def _json_word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
