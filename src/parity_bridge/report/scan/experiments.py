"""Scans of many experiments: the report of each, and all of them in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from parity_bridge.bridge.scan import FOLDER
from parity_bridge.bridge.scan_experiments import ExperimentScan
from parity_bridge.errors import BridgeError
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.schema import SCHEMA_VERSION, Schema, Version
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.markdown import Markdown, Row, escaped, plain_table, table
from parity_bridge.report.scan.writing import MEMO, write_scan
from parity_bridge.report.wording import number_text, plural
from parity_bridge.scan.summary import ScanSummary

TABLE = "experiments.md"
RECORD = "experiments.json"


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


def write_experiments(
    folder: Path, scans: Iterable[ExperimentScan], expected: int, on_note: Callable[[str], None]
) -> list[ExperimentScan]:
    """Write the report of each of ``scans`` as it comes, and the table anew, into ``folder``.

    Returns the scans, with the error of those whose report could not be written. Raises FileError
    where the table cannot be written.
    """
    written: list[ExperimentScan] = []
    for scan in scans:
        written.append(_write_answer(scan, on_note))
        _write_table(folder, written, expected)
    return written


def experiments_text(scans: Sequence[ExperimentScan]) -> str:
    """Return the table and the verdict for a person at a terminal."""
    return f"{plain_table(list(_table_rows(scans)))}\n{_verdict_text(scans)}"


def _write_answer(scan: ExperimentScan, on_note: Callable[[str], None]) -> ExperimentScan:
    if scan.answer is None:
        return scan
    try:
        write_scan(scan.answer)
    except BridgeError as error:
        on_note(f"{scan.experiment.name}: {error}")
        return replace(scan, summary=None, answer=None, error=error)
    # The maps of a scan are large, and drawn by now.
    return replace(scan, answer=None)


def _write_table(folder: Path, scans: Sequence[ExperimentScan], expected: int) -> None:
    record = Experiments(experiments=tuple(map(_scanned_experiment, scans)))
    write_text(folder / RECORD, as_json(record))
    rows = table([_link_row(row) for row in _table_rows(scans)])
    verdict = _verdict_text(scans)
    if len(scans) < expected:
        verdict = f"not finished: {len(scans)} of {expected} experiments so far"
    title = f"# Scans of {plural(expected, 'experiment')}"
    write_text(folder / TABLE, f"{title}\n\n**{verdict}.**\n\n{rows}\n")


def _scanned_experiment(scan: ExperimentScan) -> ScannedExperiment:
    return ScannedExperiment(
        name=scan.experiment.name,
        nanobragg_flags=tuple(scan.experiment.flags),
        exit_status=scan.exit_status,
        summary=scan.summary,
        failure=None if scan.error is None else str(scan.error),
    )


def _table_rows(scans: Sequence[ExperimentScan]) -> Iterator[Row]:
    for scan in scans:
        summary = scan.summary
        if summary is None:
            yield {"experiment": scan.experiment.name, "verdict": f"failed: {scan.error}"}
            continue
        yield {
            "experiment": scan.experiment.name,
            "verdict": summary.verdict,
            "Tap 4 differs at": number_text(summary.differing_f_cell),
            "intensity differs at": str(summary.differing_intensity),
            "correlation": number_text(summary.correlation),
            "sum_ratio": number_text(summary.sum_ratio),
            "max_abs_diff": number_text(summary.max_abs_diff),
            "rmse": number_text(summary.rmse),
        }


def _link_row(row: Row) -> Row:
    name = row["experiment"]
    if row["verdict"].startswith("failed"):
        return row
    return {**row, "experiment": Markdown(f"[{escaped(name)}]({quote(name)}/{FOLDER}/{MEMO})")}


def _verdict_text(scans: Sequence[ExperimentScan]) -> str:
    good = sum(scan.exit_status == 0 for scan in scans)
    whole = plural(len(scans), "experiment")
    return f"{'parity' if good == len(scans) else 'no parity'}: {good} of {whole} without a miss"
