"""A scan written into its folder: the worst pixels' report, pictures, page and memo."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from parity_bridge.bridge.scan import FOLDER, REMEDY, SUMMARY
from parity_bridge.errors import EngineError
from parity_bridge.files.atomic_write import write_bytes, write_text
from parity_bridge.records.folder import make_folder, remove_folder
from parity_bridge.records.journal import failures_noted
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.scan.figures import figures
from parity_bridge.report.scan.memo import memo
from parity_bridge.report.scan.page import page
from parity_bridge.report.scan.verdict import finding_text
from parity_bridge.report.writing import report_folder, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from parity_bridge.bridge.scan import ScanAnswer

MEMO = "scan_comparison.md"
PAGE = "scan.html"
FIGURES = "figures"
#: The report on the worst pixels.
WORST = "worst"


def write_scan(scan: ScanAnswer) -> None:
    """Write everything that shows a scan; its summary comes last and marks the rest complete.

    Raises FileError where a file cannot be written; the reason is noted where that is possible.
    """
    folder = scan.folder / FOLDER
    with failures_noted(scan.folder, scan.context, REMEDY):
        _write_worst(folder / WORST, scan)
        make_folder(folder / FIGURES)
        drawn = []
        for name, picture in figures(scan.summary, scan.maps):
            write_bytes(folder / FIGURES / name, picture)
            drawn.append(f"{FIGURES}/{name}")
        links: dict[str, str] = {"memo": MEMO, "summary": SUMMARY}
        if scan.worst is not None:
            links["taps of the worst pixels"] = f"{WORST}/f_cell_comparison.md"
        why = finding_text(scan.summary, scan.worst, scan.not_tapped)
        write_text(folder / PAGE, page(scan.summary, scan.maps, why, links))
        text = memo(scan.summary, drawn, scan.worst, scan.not_tapped, scan.context.command)
        write_text(folder / MEMO, text)
        write_text(folder / SUMMARY, as_json(scan.summary))


def _write_worst(folder: Path, scan: ScanAnswer) -> None:
    """Write the report that ``run`` leaves of the worst pixels, or of the engine that failed."""
    worst = scan.worst_pixels
    if worst.question is None:
        return
    remove_folder(folder)
    context = replace(scan.context, command=worst.question.command, stamp=folder.name)
    if worst.answer is not None:
        write_report(folder, worst.answer, worst.question, context)
    elif worst.failure is not None:
        with suppress(EngineError), report_folder(folder, context):
            raise worst.failure
