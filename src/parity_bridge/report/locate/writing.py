"""The report of ``locate`` in a folder: the record, and what is rendered from it."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.bridge.engine_runs import OnNote, ignore_note
from parity_bridge.bridge.locate import LocateQuestion, locate
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.private_folder import private_folder
from parity_bridge.files.reading import read_file
from parity_bridge.files.timestamps import utc_now
from parity_bridge.locate.record import LocateRecord
from parity_bridge.records.environment import write_environment
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, read_model
from parity_bridge.report.locate.memo import locate_memo
from parity_bridge.report.locate.quickfix import quickfix_text
from parity_bridge.report.writing import report_folder

RECORD = "locate.json"
MEMO = "locate.md"
QUICKFIX = "locate.quickfix"
#: Folder of the files that the chosen experiments read.
INPUTS = "inputs"


def locate_into(
    target: Path | None, question: LocateQuestion, on_note: OnNote = ignore_note
) -> LocateRecord:
    """Locate, and write the report ``target`` where one is named.

    Raises as ``bridge.locate.locate``, and FileError where ``target`` exists or cannot be written.
    """
    if target is None:
        with private_folder() as inputs:
            return locate(question, inputs, on_note)
    with report_folder(target, RunContext(question.command, utc_now(), target.name)) as folder:
        inputs = folder / INPUTS
        inputs.mkdir()
        record = locate(question, inputs, on_note)
        write_environment(folder)
        write_located(folder, record)
    return record


def write_located(folder: Path, record: LocateRecord) -> None:
    """Write the record and what is rendered from it; raises FileError."""
    write_text(folder / RECORD, as_json(record))
    for name, text in rendered_files(record).items():
        write_text(folder / name, text)


def rendered_files(record: LocateRecord) -> dict[str, str]:
    """Return everything that is derived from the record, by file name; no file is empty."""
    files = {MEMO: locate_memo(record), QUICKFIX: quickfix_text(record)}
    return {name: text for name, text in files.items() if text}


def is_located(folder: Path) -> bool:
    """Return whether the report in ``folder`` is one of ``locate``."""
    return (folder / RECORD).is_file()


def check_located(folder: Path) -> list[str]:
    """Render a report again from its record; return the names of the files that differ.

    Raises FileError where the record or a file derived from it cannot be read.
    """
    record = read_model(folder / RECORD, LocateRecord)
    return [
        name
        for name, text in rendered_files(record).items()
        if read_file(folder / name, "report file") != text.encode()
    ]
