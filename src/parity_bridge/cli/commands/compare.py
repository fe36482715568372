"""``compare``: records with records."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.bridge.compare import compare
from parity_bridge.bridge.question import Question
from parity_bridge.bridge.record_folder import RecordFolder
from parity_bridge.cli import options
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.comparison.trace_logs import compare_logs
from parity_bridge.errors import UsageError
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import LOG_SUFFIX, as_json
from parity_bridge.report.memo import memo
from parity_bridge.report.writing import report_folder, write_answer


def execute(arguments: Namespace, _flags: list[str]) -> int:
    """Compare two folders of records, two records or two TRACE logs; return the exit status."""
    folder = _report_folder(arguments)
    if arguments.reference.suffix == arguments.other.suffix == LOG_SUFFIX:
        if arguments.json or folder or arguments.taps or arguments.tolerances:
            raise UsageError("TRACE logs are compared as they are printed; give A and B only")
        text, status = compare_logs(arguments.reference, arguments.other)
    else:
        pair = _compare_records(arguments, folder)
        text = (as_json(pair.comparison) if arguments.json else memo(pair)).rstrip("\n")
        status = pair.comparison.exit_status
    print_lines((text,))
    return status


def _compare_records(arguments: Namespace, target: Path | None) -> PairAnswer:
    """Compare two sides; write a report to ``target`` where it is given."""
    question = Question(
        arguments.text,
        arguments.reference,
        (arguments.other,),
        taps=arguments.taps,
        tolerances=arguments.tolerances,
    )
    if target is None:
        return compare(question, print_note).against[0]
    context = RunContext(question.command, utc_now(), target.name)
    with report_folder(target, context) as folder:
        records = RecordFolder(folder, context, question.taps, question.tolerances)
        answer = compare(question, print_note, records)
        write_answer(folder, answer)
    return answer.against[0]


def _report_folder(arguments: Namespace) -> Path | None:
    if arguments.out_dir is None:
        if arguments.stamp is not None:
            raise UsageError(f"--stamp {arguments.stamp} names a report; give --out-dir too")
        return None
    folder: Path = arguments.out_dir / (arguments.stamp or options.default_stamp())
    return folder
