"""``compare`` and ``check-report``: records against records, and a memo against its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity_bridge.bridge.question import CompareRequest
from parity_bridge.comparison.trace_logs import compare_logs
from parity_bridge.errors import FileError, UsageError
from parity_bridge.files.atomic_write import copy_file
from parity_bridge.files.reading import read_file
from parity_bridge.records.folder import check_not_existing, make_folder, staged_folder
from parity_bridge.records.journal import log_command
from parity_bridge.records.pixel_records import LOG_SUFFIX, as_json
from parity_bridge.records.reading import RecordedSide, read_side
from parity_bridge.report.memo import memo
from parity_bridge.report.rendering import (
    OF_RECORDS,
    TOLERANCES,
    load,
    rendered,
    report_of,
    write_rendered,
)
from parity_bridge.report.view import PairAnswer
from parity_bridge.taps.registry import choose_taps


def compare(request: CompareRequest) -> tuple[str, int]:
    """Compare two sides; what is to be printed, and the exit status.

    Raises FileError for what cannot be read, UsageError where nothing can be compared, ShapeError
    where the two are of different pixels.
    """
    if request.reference.suffix == request.other.suffix == LOG_SUFFIX:
        if request.as_json or request.folder is not None or request.taps or request.tolerances:
            raise UsageError("TRACE logs are compared as they are printed; give A and B only")
        return compare_logs(request.reference, request.other)
    report = _compare_records(request)
    status = report.comparison.exit_status
    if request.as_json:
        return as_json(report.comparison).rstrip("\n"), status
    return memo(report).rstrip("\n"), status


def _compare_records(request: CompareRequest) -> PairAnswer:
    """Compare two folders of records, or two records; keep a report where one was asked for."""
    if request.folder is not None:
        check_not_existing(request.folder)
    sides = tuple(
        _chosen(read_side(source), request.taps) for source in (request.reference, request.other)
    )
    report = report_of(sides[0], sides[1], overrides=request.tolerances)
    if request.folder is not None:
        with staged_folder(request.folder) as folder:
            log_command(folder, request.command)
            _keep(folder, request, sides)
            # From the copies, so that the report says nothing that is not in them.
            witnesses = load(folder)
            write_rendered(folder, witnesses)
            report = witnesses.against[0]
    return report


def check_report(folder: Path) -> list[str]:
    """Make everything again that a report derives from its records; what has drifted, by name.

    Raises FileError where the records or what was made from them cannot be read.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; name a report")
    return [
        name
        for name, text in rendered(load(folder)).items()
        if read_file(folder / name, "report file") != text.encode()
    ]


def _chosen(side: RecordedSide, names: tuple[str, ...]) -> RecordedSide:
    if not names:
        return side
    wanted = {tap.tap_id for tap in choose_taps(names)}
    pixels = tuple(pixel.select_taps(wanted) for pixel in side.pixels)
    if not any(pixel.taps for pixel in pixels):
        raise UsageError(f"{side.source} holds none of the taps {', '.join(names)}")
    return replace(side, pixels=pixels, taps=frozenset(wanted))


def _keep(folder: Path, request: CompareRequest, sides: Sequence[RecordedSide]) -> None:
    """Copies of the records that were compared, so that the report stands alone."""
    for name, side in zip(OF_RECORDS, sides, strict=True):
        make_folder(folder / name)
        for path in side.files:
            copy_file(path, folder / name / path.name, "record")
    if request.tolerances is not None:
        copy_file(request.tolerances, folder / TOLERANCES, "tolerance file")
