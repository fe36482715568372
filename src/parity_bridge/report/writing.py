"""Answers written into the folder of a report, and reports checked against their records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.compare import compare_sides, with_own_noise
from parity_bridge.bridge.record_folder import RecordFolder, own_tolerances
from parity_bridge.bridge.recorded_answer import read_answer, write_findings
from parity_bridge.errors import EngineError, FileError
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.reading import read_file
from parity_bridge.records.environment import write_environment
from parity_bridge.records.folder import staged_folder
from parity_bridge.records.journal import log_command, log_failure
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.witnesses import answer_memo, answer_summary

if TYPE_CHECKING:
    from parity_bridge.bridge.answer import Answer
    from parity_bridge.bridge.question import Question
    from parity_bridge.records.metadata import RunContext

MEMO = "f_cell_comparison.md"
SUMMARY = "f_cell_summary.md"
SUMMARY_JSON = "summary.json"

_REMEDY = (
    "mend what is named above (`trace --engine NAME` runs one engine alone), then run the command "
    "again under another --stamp"
)


@contextmanager
def report_folder(target: Path, context: RunContext) -> Iterator[Path]:
    """Yield an empty folder that becomes the report ``target`` when the block ends well.

    An engine that fails in the block leaves the reason there; after any other error nothing stays.
    Raises FileError where ``target`` exists or cannot be written.
    """
    failure = None
    with staged_folder(target) as folder:
        log_command(folder, context.command)
        try:
            yield folder
        except EngineError as error:
            log_failure(folder, context, error, _REMEDY)
            failure = error
    if failure is not None:
        raise failure


def write_report(target: Path, answer: Answer, question: Question, context: RunContext) -> None:
    """Write the records of ``answer`` and all that is rendered from them as the report ``target``.

    Raises UsageError where two sides would lie in one folder, FileError where it cannot be written.
    """
    reference, *others = answer.sides
    with report_folder(target, context) as folder:
        records = RecordFolder(folder, context, question.taps, question.tolerances)
        sides = records.store([with_own_noise(reference), *others])
        recorded = compare_sides(sides, own_tolerances(folder))
        against = tuple(
            replace(pair, finding=before.finding)
            for pair, before in zip(recorded.against, answer.against, strict=True)
        )
        write_environment(folder)
        write_answer(folder, replace(recorded, against=against))


def write_answer(folder: Path, answer: Answer) -> None:
    """Write findings, memo and summaries beside the records that ``answer`` is of."""
    write_findings(folder, answer)
    for name, text in rendered_files(answer).items():
        write_text(folder / name, text)


def rendered_files(answer: Answer) -> dict[str, str]:
    """Return everything that is derived from the records, by file name."""
    first = answer.against[0].comparison
    return {
        SUMMARY_JSON: as_json(answer.comparisons if len(answer.against) > 1 else first),
        MEMO: answer_memo(answer),
        SUMMARY: answer_summary(answer),
    }


def check_report(folder: Path) -> list[str]:
    """Render a report again from its records; return the names of the files that differ.

    Raises FileError where the records or the files derived from them cannot be read.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; name a report")
    return [
        name
        for name, text in rendered_files(read_answer(folder)).items()
        if read_file(folder / name, "report file") != text.encode()
    ]
