"""``explain``: why two sides disagree; each is an engine that is run or a folder of records."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from parity_bridge.bridge.compare import compare
from parity_bridge.bridge.explain import explain_pair
from parity_bridge.bridge.question import Question, Source, engine_source
from parity_bridge.cli.choices import (
    as_other,
    as_reference,
    check_names,
    engine_choice,
    experiment_flags,
    is_engine,
    registered_engines,
    says_experiment,
)
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.explanation_text import explanation_text


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Compare both sides, print why they disagree, return the exit status of the comparison."""
    question = _question(arguments, flags)
    pair = explain_pair(compare(question, print_note).against[0], question)
    if arguments.json and pair.finding is not None:
        print_lines((as_json(pair.finding).rstrip("\n"),))
    else:
        print_lines((explanation_text(pair),))
    return pair.comparison.exit_status


def _question(arguments: Namespace, flags: list[str]) -> Question:
    reference, other = (_side(arguments, word) for word in (arguments.reference, arguments.other))
    if isinstance(reference, EngineChoice):
        reference = as_reference(reference)
    if isinstance(other, EngineChoice):
        other = as_other(other)
    engines = [side.name for side in (reference, other) if isinstance(side, EngineChoice)]
    check_names(arguments, engines)
    given = says_experiment(arguments, flags) or len(engines) == 2
    words = experiment_flags(arguments, flags) if given else None
    return Question(
        arguments.text,
        _source(arguments, reference, words),
        (_source(arguments, other, words),),
        tuple(arguments.targets),
        tolerances=arguments.tolerances,
    )


def _source(arguments: Namespace, side: EngineChoice | Path, words: Sequence[str] | None) -> Source:
    """Return a side with ``words``; without these an engine gets those of the other's records."""
    if isinstance(side, Path):
        return side
    return engine_source(
        side,
        words,
        arguments.engine_flags,
        as_original=arguments.as_original,
        state_given=arguments.state is not None,
    )


def _side(arguments: Namespace, word: str) -> EngineChoice | Path:
    """Return the engine ``word``, or the folder or file of that name where no engine has it."""
    if is_engine(word):
        return engine_choice(arguments, word)
    if Path(word).exists():
        return Path(word)
    raise UsageError(
        f"{word!r} is neither an engine nor a folder of records; choose one of "
        f"{', '.join(registered_engines())}"
    )
