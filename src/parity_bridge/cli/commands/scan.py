"""``scan``: two sides over a whole region, for one experiment or many."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from parity_bridge.bridge.engine_runs import OnNote, ignore_note
from parity_bridge.bridge.question import Question, Source, engine_source
from parity_bridge.bridge.scan import FOLDER, scan
from parity_bridge.bridge.scan_experiments import scan_experiments
from parity_bridge.bridge.scan_settings import ScanSettings
from parity_bridge.cli import options
from parity_bridge.cli.arguments import THRESHOLD_HELP
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
from parity_bridge.cli.shared_options import DEFAULT_ENGINES
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.records.folder import sole_process
from parity_bridge.report.scan.experiments import TABLE, experiments_text, write_experiments
from parity_bridge.report.scan.memo import scan_terminal_text
from parity_bridge.report.scan.writing import MEMO, PAGE, write_scan
from parity_bridge.scan.experiments import NamedExperiment, read_experiments

#: The reference and the other side, each an engine or the file of an image.
_Sides = tuple[EngineChoice | Path, EngineChoice | Path]


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Scan, write and print the report; return the exit status, the highest of all experiments."""
    sides = _sides(arguments)
    stamp = arguments.stamp or options.default_stamp()
    if arguments.resume and arguments.stamp is None and "STAMP" not in os.environ:
        raise UsageError("--resume goes on with a scan that has a name; give its --stamp")
    on_note = ignore_note if arguments.quiet else print_note
    run_scan = _scan_one if arguments.experiments is None else _scan_many
    lines, status = run_scan(arguments, flags, sides, stamp, on_note)
    if not arguments.quiet:
        print_lines(lines)
    return status


def _scan_one(
    arguments: Namespace, flags: list[str], sides: _Sides, stamp: str, on_note: OnNote
) -> tuple[list[str], int]:
    """Scan one experiment; return the lines to print and the exit status."""
    words = (*experiment_flags(arguments, flags), *_roi(arguments))
    question = _question(arguments, sides, words, given=says_experiment(arguments, flags))
    with sole_process(arguments.out_dir / stamp):
        answer = scan(question, _settings(arguments, stamp), on_note)
        write_scan(answer)
    folder = answer.folder / FOLDER
    text = scan_terminal_text(answer.summary, answer.worst, answer.not_tapped)
    lines = [text, f"report: {folder / MEMO}", f"page: {folder / PAGE}"]
    return lines, answer.summary.exit_status


def _scan_many(
    arguments: Namespace, flags: list[str], sides: _Sides, stamp: str, on_note: OnNote
) -> tuple[list[str], int]:
    """Scan a file of experiments; return the lines to print and the exit status."""
    # Every experiment of a file states its own flags: the benchmark is no default.
    words = (*experiment_flags(arguments, flags, ()), *_roi(arguments))
    experiments = read_experiments(arguments.experiments, words, as_original=arguments.as_original)

    def ask(experiment: NamedExperiment) -> Question:
        return _question(arguments, sides, experiment.flags, given=True)

    settings = _settings(arguments, stamp)
    scans = scan_experiments(experiments, ask, settings, arguments.text, on_note)
    written = write_experiments(settings.folder, scans, len(experiments), on_note)
    lines = [experiments_text(written), f"table: {settings.folder / TABLE}"]
    return lines, max(each.exit_status for each in written)


def _settings(arguments: Namespace, stamp: str) -> ScanSettings:
    limits = {name: getattr(arguments, name) for name in THRESHOLD_HELP}
    return ScanSettings(
        folder=arguments.out_dir / stamp,
        stamp=stamp,
        tile=arguments.tile,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        dask=arguments.dask,
        resume=arguments.resume,
        quiet=arguments.quiet,
        thresholds={name: limit for name, limit in limits.items() if limit is not None},
        threshold_file=arguments.thresholds,
    )


def _question(
    arguments: Namespace, sides: _Sides, words: Sequence[str], *, given: bool
) -> Question:
    """Return both sides with ``words``; ``given`` says whether these differ from the benchmark."""
    sources = tuple(_source(arguments, side, words) for side in sides)
    are_images = all(isinstance(side, Path) for side in sides)
    needs_detector = given or any(_is_bare(side) for side in sides)
    return Question(
        arguments.text,
        sources[0],
        sources[1:],
        tolerances=arguments.tolerances,
        detector=_detector(arguments, words) if are_images and needs_detector else None,
        detector_given=given,
    )


def _source(arguments: Namespace, side: EngineChoice | Path, words: Sequence[str]) -> Source:
    if isinstance(side, Path):
        return side
    return engine_source(side, words, arguments.engine_flags, as_original=arguments.as_original)


def _detector(arguments: Namespace, words: Sequence[str]) -> ParsedFlags:
    """Read the flags that say how the detector of two images stands; nothing is computed."""
    return parse_flags(words, as_original=arguments.as_original, needs_structure_factors=False)


def _is_bare(side: EngineChoice | Path) -> bool:
    """Return whether a side is a file of bare numbers, whose shape only flags can state."""
    return isinstance(side, Path) and side.suffix == ".bin"


def _roi(arguments: Namespace) -> tuple[str, ...]:
    return () if arguments.roi is None else ("-roi", *map(str, arguments.roi))


def _sides(arguments: Namespace) -> _Sides:
    """Return the reference and the other side."""
    if arguments.image is None:
        return _engines(arguments)
    if tuple(arguments.engines) != DEFAULT_ENGINES:
        raise UsageError("--engines means nothing with --image; name the engine with --against")
    word = arguments.against or DEFAULT_ENGINES[0]
    if Path(word).exists():
        check_names(arguments, ())
        return Path(word), arguments.image
    if not is_engine(word):
        raise UsageError(
            f"--against {word}: there is no such file or engine; name an image, or one of "
            f"{', '.join(registered_engines())}"
        )
    check_names(arguments, (word,))
    choice = as_other(engine_choice(arguments, word))
    return (as_reference(choice) if word == DEFAULT_ENGINES[0] else choice), arguments.image


def _engines(arguments: Namespace) -> _Sides:
    if arguments.against is not None:
        raise UsageError(f"--against {arguments.against}: against what? name it with --image")
    names = arguments.engines
    if len(names) != len(DEFAULT_ENGINES):
        raise UsageError(f"--engines {','.join(names)}: scan compares two; name two engines")
    check_names(arguments, names)
    reference, other = (engine_choice(arguments, name) for name in names)
    return as_reference(reference), as_other(other)
