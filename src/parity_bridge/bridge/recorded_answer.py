"""The answer that the records in a report folder give, and the findings stored with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from parity_bridge.bridge.answer import Answer
from parity_bridge.bridge.compare import compare_sides
from parity_bridge.bridge.record_folder import (
    explanation_file,
    own_tolerances,
    read_sides,
    side_folders,
)
from parity_bridge.explain.explanation import Finding
from parity_bridge.files.atomic_write import write_text
from parity_bridge.records.pixel_records import as_json, read_model


def read_answer(folder: Path) -> Answer:
    """Compare the records in a report folder and read the findings stored with them.

    Raises FileError for records that cannot be read, UsageError where there is nothing to compare.
    """
    names = side_folders(folder)
    answer = compare_sides(read_sides(folder), own_tolerances(folder))
    against = tuple(
        replace(pair, finding=_read_finding(folder / explanation_file(names, name)))
        for name, pair in zip(names[1:], answer.against, strict=True)
    )
    return replace(answer, against=against)


def write_findings(folder: Path, answer: Answer) -> None:
    """Write the finding of every pair that has one; raises FileError."""
    names = side_folders(folder)
    for name, pair in zip(names[1:], answer.against, strict=True):
        if pair.finding is not None:
            write_text(folder / explanation_file(names, name), as_json(pair.finding))


def _read_finding(path: Path) -> Finding | None:
    return read_model(path, Finding) if path.exists() else None
