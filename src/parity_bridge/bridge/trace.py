"""One engine at one pixel, recorded where a folder is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from parity_bridge.bridge.engine_runs import OnNote, announce, run_engine
from parity_bridge.bridge.question import EngineSource
from parity_bridge.engines.choice import Target
from parity_bridge.engines.run import EngineRun
from parity_bridge.errors import FileError
from parity_bridge.records.folder import make_folder
from parity_bridge.records.journal import failures_noted, log_command
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import record_paths, write_run
from parity_bridge.taps.registry import Tap

_REMEDY = "mend what is named above, then run the command again"


def trace(
    source: EngineSource,
    target: Target,
    taps: Sequence[Tap],
    context: RunContext,
    out_dir: Path | None,
    on_note: OnNote,
) -> EngineRun:
    """Run an engine at ``target``; store the records of ``taps`` in ``out_dir``, if one is named.

    Raises UsageError, FileError or EngineError. Where a folder is named the reason stays there,
    unless the pixel is recorded there already or the folder cannot be written.
    """
    if out_dir is not None:
        _check_unrecorded(out_dir, target, taps)
    announce([source], [target], on_note)
    if out_dir is None:
        return _run(source, target, on_note)
    make_folder(out_dir)
    with failures_noted(out_dir, context, _REMEDY):
        log_command(out_dir, context.command)
        run = _run(source, target, on_note)
        write_run(out_dir, run, context, taps)
    return run


def _run(source: EngineSource, target: Target, on_note: OnNote) -> EngineRun:
    run = run_engine(source, [target])
    for note in run.limits:
        on_note(note)
    return run


def _check_unrecorded(folder: Path, target: Target, taps: Sequence[Tap]) -> None:
    for path in record_paths(folder, target.coords, taps).values():
        if os.path.lexists(path):
            raise FileError(
                f"{path} exists already and is never overwritten; remove it or give another "
                "--out-dir"
            )
