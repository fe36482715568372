"""``scan`` of one experiment or of many, each in a folder of its own and all in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parity_bridge.bridge.question import ScanRequest
from parity_bridge.bridge.scan import FOLDER, MEMO, PAGE, crew_of, scan, scan_into
from parity_bridge.errors import BridgeError
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.schema import SCHEMA_VERSION, Schema, Version
from parity_bridge.records.folder import check_not_existing, make_folder
from parity_bridge.records.journal import log_command
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.scan.memo import scan_terminal_text
from parity_bridge.report.view import Row, number_text, plural, table
from parity_bridge.scan.experiments import NamedExperiment, read_experiments
from parity_bridge.scan.summary import ScanSummary

if TYPE_CHECKING:
    from parity_bridge.scan.executor import WorkerPool

TABLE = "experiments.md"
RECORD = "experiments.json"

OnNote = Callable[[str], None]


class ScannedExperiment(Schema):
    """One experiment of many: its summary, or why there is none."""

    name: str
    nanobragg_flags: tuple[str, ...]
    exit_status: int
    summary: ScanSummary | None
    failure: str | None


class Experiments(Schema):
    """All of them, in the order of the file."""

    schema_version: Version = SCHEMA_VERSION
    experiments: tuple[ScannedExperiment, ...]


@dataclass(frozen=True)
class _Result:
    named: NamedExperiment
    summary: ScanSummary | None
    error: BridgeError | None

    @property
    def exit_status(self) -> int:
        """Of the error, or of the verdict."""
        if self.error is not None:
            return self.error.exit_status
        return 0 if self.summary is None else self.summary.exit_status


def scan_all(request: ScanRequest, on_note: OnNote) -> tuple[list[str], int]:
    """Scan what was asked for; the lines to print, and the exit status, the gravest of all.

    Raises BridgeError; of many experiments one that fails does not stop the others.
    """
    if request.experiments is None:
        outcome = scan(request, on_note)
        text = scan_terminal_text(outcome.summary, outcome.worst, outcome.not_tapped)
        folder = outcome.folder / FOLDER
        lines = [text, f"report: {folder / MEMO}", f"page: {folder / PAGE}"]
        return lines, outcome.summary.exit_status
    results = _scan_each(request, read_experiments(request.experiments, request.flags), on_note)
    target = request.out_dir / request.stamp
    status = max(result.exit_status for result in results)
    lines = [table(list(_rows(results)), "simple"), _verdict(results), f"table: {target / TABLE}"]
    return lines, status


def _scan_each(
    request: ScanRequest, named: list[NamedExperiment], on_note: OnNote
) -> list[_Result]:
    target = request.out_dir / request.stamp
    if not request.resume:
        check_not_existing(target)
    make_folder(target)
    log_command(target, request.command)
    results = []
    with crew_of(request) as crew:
        for item in named:
            results.append(_scan_one(request, item, crew, on_note))
            _write(request, results, len(named))
    return results


def _scan_one(
    request: ScanRequest, named: NamedExperiment, crew: WorkerPool, on_note: OnNote
) -> _Result:
    def note(text: str) -> None:
        on_note(f"{named.name}: {text}")

    own = replace(request, flags=tuple(named.flags), flags_given=True)
    target = request.out_dir / request.stamp / named.name
    # An experiment that an earlier run never came to is begun.
    own = replace(own, resume=request.resume and target.exists())
    try:
        return _Result(named, scan_into(target, own, crew, note).summary, None)
    except BridgeError as error:
        note(str(error))
        return _Result(named, None, error)


def _write(request: ScanRequest, results: list[_Result], expected: int) -> None:
    target = request.out_dir / request.stamp
    record = Experiments(
        experiments=tuple(
            ScannedExperiment(
                name=result.named.name,
                nanobragg_flags=tuple(result.named.flags),
                exit_status=result.exit_status,
                summary=result.summary,
                failure=None if result.error is None else str(result.error),
            )
            for result in results
        )
    )
    write_text(target / RECORD, as_json(record))
    rows = table([_linked(row) for row in _rows(results)])
    verdict = _verdict(results)
    if len(results) < expected:
        verdict = f"not finished: {len(results)} of {expected} experiments so far"
    title = f"# Scans of {plural(expected, 'experiment')}"
    write_text(target / TABLE, f"{title}\n\n**{verdict}.**\n\n{rows}\n")


def _rows(results: list[_Result]) -> Iterator[Row]:
    for result in results:
        found = result.summary
        if found is None:
            yield {"experiment": result.named.name, "verdict": f"failed: {result.error}"}
            continue
        yield {
            "experiment": result.named.name,
            "verdict": found.verdict,
            "Tap 4 differs at": number_text(found.differing_f_cell),
            "intensity differs at": str(found.differing_intensity),
            "correlation": number_text(found.correlation),
            "sum_ratio": number_text(found.sum_ratio),
            "max_abs_diff": number_text(found.max_abs_diff),
            "rmse": number_text(found.rmse),
        }


def _linked(row: Row) -> Row:
    name = row["experiment"]
    if row["verdict"].startswith("failed"):
        return row
    return {**row, "experiment": f"[{name}]({name}/{FOLDER}/{MEMO})"}


def _verdict(results: list[_Result]) -> str:
    good = sum(result.exit_status == 0 for result in results)
    whole = plural(len(results), "experiment")
    return f"{'parity' if good == len(results) else 'no parity'}: {good} of {whole} without a miss"
