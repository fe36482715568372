"""A report folder from its JSON records: the one path by which verdict and Markdown come about."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.atomic_write import write_text
from parity_bridge.compare import Comparison, compare_runs
from parity_bridge.report.memo import memo
from parity_bridge.report.records import as_json, read_metadata, read_records
from parity_bridge.report.summary import summary
from parity_bridge.report.view import Report, Side
from parity_bridge.tolerances import tolerances_for


def render(folder: Path, reference: str = "c_taps", other: str = "py_taps") -> Report:
    """Read both engines' records, compare them, write memo, summary and ``summary.json``.

    ``reference`` and ``other`` name the engines' folders inside ``folder``. Raises FileError for
    records that cannot be read, UsageError where there is nothing to compare.
    """
    report = load(folder, reference, other)
    write_text(folder / "summary.json", as_json(report.comparison))
    write_text(folder / "f_cell_comparison.md", memo(report))
    write_text(folder / "f_cell_summary.md", summary(report))
    return report


def load(folder: Path, reference: str = "c_taps", other: str = "py_taps") -> Report:
    """The records of a report folder and the comparison they give."""
    ours, theirs = _side(folder / reference), _side(folder / other)
    return Report(ours, theirs, _compare(ours, theirs))


def _side(folder: Path) -> Side:
    return Side(tuple(read_records(folder)), tuple(read_metadata(folder)))


def _compare(ours: Side, theirs: Side) -> Comparison:
    case = theirs.metadata[0] if theirs.metadata else None
    tolerances = tolerances_for(case.dtype, case.device) if case else tolerances_for()
    return compare_runs(ours.records, theirs.records, tolerances)
