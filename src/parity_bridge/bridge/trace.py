"""``trace``: one engine at one pixel, the TRACE lines first and the tap after them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parity_bridge.bridge.question import TraceRequest
from parity_bridge.engines.run import EngineRun, notes, observe
from parity_bridge.errors import BridgeError, FileError
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.folder import make_folder
from parity_bridge.records.journal import log_command, log_failure
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, record_of, record_paths, write_run
from parity_bridge.taps.registry import TapRecord, choose_taps
from parity_bridge.taps.trace import trace_lines

_REMEDY = "mend what is named above, then run the command again"


def trace(request: TraceRequest, on_note: Callable[[str], None]) -> Iterator[str]:
    """Compute one pixel, store it where a folder was named, and give the lines to print.

    Raises UsageError, FileError or EngineError. Where a folder was named the reason stays there,
    unless the flags cannot be read, the pixel is recorded there already, or the folder cannot be
    written.
    """
    occasion = RunContext(request.command, utc_now())
    parsed = parse_flags(request.flags)
    if request.out_dir is not None:
        _check_unrecorded(request.out_dir, request)
    for note in notes(parsed, [request.target.coords]):
        on_note(note)
    if request.out_dir is None:
        run = observe(request.engine, parsed, [request.target])
    else:
        run = _recorded(request.out_dir, request, parsed, occasion)
    return _lines(run, request, occasion)


def _recorded(
    folder: Path, request: TraceRequest, parsed: ParsedFlags, occasion: RunContext
) -> EngineRun:
    make_folder(folder)
    with _failures_noted(folder, occasion):
        log_command(folder, request.command)
        run = observe(request.engine, parsed, [request.target])
        write_run(folder, run, occasion, choose_taps(request.taps))
    return run


@contextmanager
def _failures_noted(folder: Path, occasion: RunContext) -> Iterator[None]:
    try:
        yield
    except BridgeError as error:
        log_failure(folder, occasion, error, _REMEDY)
        raise


def _check_unrecorded(folder: Path, request: TraceRequest) -> None:
    for path in record_paths(folder, request.target.coords, choose_taps(request.taps)).values():
        if os.path.lexists(path):
            raise FileError(
                f"{path} exists already and is never overwritten; remove it or give another "
                "--out-dir"
            )


def _lines(run: EngineRun, request: TraceRequest, occasion: RunContext) -> Iterator[str]:
    prefix = run.engine.trace_prefix
    for observation in run.observations:
        yield from trace_lines(prefix, observation)
        for tap in run.recorded(choose_taps(request.taps)):
            record = record_of(run, observation, occasion, tap)
            if request.as_json:
                yield as_json(record).rstrip("\n")
            else:
                yield from _tap_lines(prefix.replace("TRACE", "TAP"), record)


def _tap_lines(prefix: str, record: TapRecord) -> Iterator[str]:
    for key, value in _flat("", record.model_dump(mode="json")):
        yield f"{prefix}: {key} {value}"


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Leaves of a JSON value under dotted keys; a list of plain values stays on one line."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(f"{key}.{name}" if key else name, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(f"{key}.{number}", item)
    elif isinstance(value, list):
        yield key, " ".join(_word(item) for item in value)
    else:
        yield key, _word(value)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
