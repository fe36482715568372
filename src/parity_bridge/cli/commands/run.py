"""``run``: compare engines at the same pixels; the report folder is complete or not written."""

from __future__ import annotations

from argparse import Namespace

from parity_bridge.bridge.compare import compare
from parity_bridge.bridge.explain import explain
from parity_bridge.bridge.question import EngineSource, Question, engine_source
from parity_bridge.bridge.record_folder import RecordFolder
from parity_bridge.cli import options
from parity_bridge.cli.choices import (
    as_other,
    as_reference,
    check_names,
    engine_choice,
    experiment_flags,
)
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.cli.run_progress import run_progress
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import write_environment
from parity_bridge.records.metadata import RunContext
from parity_bridge.report.witnesses import answer_terminal_text
from parity_bridge.report.writing import MEMO, report_folder, write_answer


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Compare and explain, write and print the report, return the exit status."""
    question = _question(arguments, flags)
    stamp = arguments.stamp or options.default_stamp()
    context = RunContext(question.command, utc_now(), stamp)
    with report_folder(arguments.out_dir / stamp, context) as folder:
        with run_progress(len(question.targets)) as on_progress:
            records = RecordFolder(folder, context, question.taps, question.tolerances, on_progress)
            answer = explain(compare(question, print_note, records), question)
        write_environment(folder)
        write_answer(folder, answer)
    memo = arguments.out_dir / stamp / MEMO
    print_lines((answer_terminal_text(answer), f"report: {memo}"))
    return answer.exit_status


def _question(arguments: Namespace, flags: list[str]) -> Question:
    check_names(arguments, arguments.engines)
    words = experiment_flags(arguments, flags)
    reference, *others = (engine_choice(arguments, name) for name in arguments.engines)

    def source(choice: EngineChoice) -> EngineSource:
        return engine_source(
            choice, words, arguments.engine_flags, as_original=arguments.as_original
        )

    return Question(
        arguments.text,
        source(as_reference(reference)),
        tuple(source(as_other(other)) for other in others),
        tuple(arguments.targets),
        arguments.taps,
        arguments.tolerances,
    )
