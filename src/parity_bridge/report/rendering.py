"""A report folder from its JSON records: the one path by which verdict and Markdown come about."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.atomic_write import write_text
from parity_bridge.compare import compare_runs
from parity_bridge.comparison import Comparison
from parity_bridge.errors import FileError
from parity_bridge.explain.explanation import Finding
from parity_bridge.report.memo import memo
from parity_bridge.report.reading import Recorded, read_own_side, read_side
from parity_bridge.report.records import as_json, read_model
from parity_bridge.report.summary import summary
from parity_bridge.report.view import Report, Side
from parity_bridge.tolerances import tolerances_for

SUMMARY_JSON = "summary.json"
EXPLANATION = "explanation.json"
TOLERANCES = "tolerances.toml"
#: Folders of a report on records of any making; those of ``run`` have the engines' names.
OF_RECORDS = ("a", "b")


def render(folder: Path) -> Report:
    """Read both sides' records, compare them, write memo, summary and ``summary.json``.

    Raises FileError for records that cannot be read, UsageError where there is nothing to compare.
    """
    report = load(folder)
    write_rendered(folder, report)
    return report


def write_rendered(folder: Path, report: Report) -> None:
    """Write everything that is derived from the records into the existing ``folder``."""
    for name, text in rendered(report).items():
        write_text(folder / name, text)


def rendered(report: Report) -> dict[str, str]:
    """Everything that is derived from the records, by file name."""
    return {
        SUMMARY_JSON: as_json(report.comparison),
        "f_cell_comparison.md": memo(report),
        "f_cell_summary.md": summary(report),
    }


def load(folder: Path) -> Report:
    """The records of a report folder, the comparison they give and the explanation beside it."""
    names = side_folders(folder)
    # What is of our own making is held against its schema.
    read = read_side if names == OF_RECORDS else read_own_side
    own, explained = folder / TOLERANCES, folder / EXPLANATION
    return report_of(
        *(read(folder / name) for name in names),
        overrides=own if own.exists() else None,
        finding=read_model(explained, Finding) if explained.exists() else None,
    )


def side_folders(folder: Path) -> tuple[str, ...]:
    """The folders of the two sides of a report, the reference first; raises FileError."""
    found = sorted(path.name for path in folder.iterdir() if any(path.glob("*_metadata.json")))
    names = OF_RECORDS if all((folder / name).is_dir() for name in OF_RECORDS) else tuple(found)
    if len(names) != len(OF_RECORDS):
        raise FileError(
            f"{folder} is not a report: it holds records in {len(names)} folders and not in two"
        )
    return names


def report_of(
    reference: Recorded,
    other: Recorded,
    *,
    overrides: Path | None = None,
    finding: Finding | None = None,
) -> Report:
    """Two sides from files and the comparison they give."""
    return Report(_side(reference), _side(other), _compare(reference, other, overrides), finding)


def _side(recorded: Recorded) -> Side:
    return Side(recorded.pixels, recorded.metadata, recorded.noise)


def _compare(reference: Recorded, other: Recorded, overrides: Path | None) -> Comparison:
    case = other.metadata[0] if other.metadata else None
    tolerances = (
        tolerances_for(case.dtype, case.device, overrides)
        if case
        else tolerances_for(overrides=overrides)
    )
    return compare_runs(reference.pixels, other.pixels, tolerances, reference.noise)
