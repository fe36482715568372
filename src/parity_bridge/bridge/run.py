"""``run``: engines at the same pixels, compared, in one report folder or none at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parity_bridge.bridge.question import RunRequest
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.engine import engine_class, tolerance_case
from parity_bridge.engines.run import EngineRun, notes, observe
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.explain.runs import explain_runs, reference_of
from parity_bridge.explain.showing import showing
from parity_bridge.files.atomic_write import copy_file, write_text
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import write_environment
from parity_bridge.records.folder import check_not_existing, make_folder, staged_folder
from parity_bridge.records.journal import log_command, log_failure
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, write_noise, write_run
from parity_bridge.report.provenance import without_stamp
from parity_bridge.report.rendering import (
    SIDES,
    TOLERANCES,
    explanation_file,
    load,
    side_folders,
    write_rendered,
)
from parity_bridge.report.view import PairAnswer
from parity_bridge.report.witnesses import Witnesses
from parity_bridge.taps.registry import choose_taps

_REMEDY = (
    "mend what is named above (`trace --engine NAME` runs one engine alone), then run the command "
    "again under another --stamp"
)


@dataclass(frozen=True)
class Outcome:
    """Where the report lies and what it says."""

    folder: Path
    witnesses: Witnesses

    @property
    def report(self) -> PairAnswer:
        """The reference and the first of the others."""
        return self.witnesses.against[0]


def run(request: RunRequest, on_note: Callable[[str], None]) -> Outcome:
    """Compute, record, compare, explain and report; ``on_note`` hears what the flags' reader says.

    Raises EngineError where an engine failed, and leaves a folder with the reason; any other error
    leaves nothing.
    """
    target = request.out_dir / request.stamp
    check_not_existing(target)
    for other in request.others:
        case = tolerance_case(engine_class(other.name))
        tolerances_for(other.dtype, other.device, request.tolerances, case)
    parsed = _parse_all(request)
    pixels = [target.coords for target in request.targets]
    for note in dict.fromkeys(note for flags in parsed.values() for note in notes(flags, pixels)):
        on_note(note)
    with staged_folder(target) as folder:
        log_command(folder, request.command)
        result = _fill(folder, request, parsed)
    if isinstance(result, EngineError):
        raise result
    return Outcome(target, result)


def _parse_all(request: RunRequest) -> dict[str, ParsedFlags]:
    """What each engine is told, by name."""
    return {
        choice.name: parse_flags([*request.flags, *request.engine_flags.get(choice.name, ())])
        for choice in (request.reference, *request.others)
    }


def _fill(
    folder: Path, request: RunRequest, parsed: dict[str, ParsedFlags]
) -> Witnesses | EngineError:
    """Fill a report folder, with records or with the reason why there are none."""
    occasion = RunContext(request.command, utc_now(), request.stamp)
    try:
        runs = [
            observe(choice, parsed[choice.name], request.targets)
            for choice in (request.reference, *request.others)
        ]
    except EngineError as error:
        log_failure(folder, occasion, error, _REMEDY)
        return error
    _write_records(folder, request, runs, occasion)
    write_environment(folder)
    if request.tolerances is not None:
        copy_file(request.tolerances, folder / TOLERANCES, "tolerance file")
    witnesses = load(folder)
    reports = tuple(
        _explained(folder, request, runs[0], other, report)
        for other, report in zip(runs[1:], witnesses.against, strict=True)
    )
    witnesses = replace(witnesses, against=reports)
    write_rendered(folder, witnesses)
    return witnesses


def _explained(
    folder: Path, request: RunRequest, reference: EngineRun, other: EngineRun, report: PairAnswer
) -> PairAnswer:
    """``report`` and why the two disagree, where they do."""
    if report.comparison.exit_status == 0:
        return report
    finding = explain_runs(reference, other, report.comparison, report.other.pixels)
    given = reference.parsed.experiment, other.parsed.experiment
    shown = showing(without_stamp(request.command), finding, *given)
    finding = finding.model_copy(update={"command": shown})
    file = explanation_file(side_folders(folder), other.engine.folder)
    write_text(folder / file, as_json(finding))
    return replace(report, finding=finding)


def _write_records(
    folder: Path, request: RunRequest, runs: Sequence[EngineRun], occasion: RunContext
) -> None:
    taps = choose_taps(request.taps)
    names = [engine_run.engine.folder for engine_run in runs]
    told = [engine_run.engine.implementation for engine_run in runs]
    if len(set(names)) < len(names) or len(set(told)) < len(told):
        raise UsageError(
            f"two of the engines have one folder or implementation, {', '.join((*names, *told))}; "
            "give each class a folder of its own and a name of its own in records"
        )
    for name, engine_run in zip(names, runs, strict=True):
        make_folder(folder / name)
        write_run(folder / name, engine_run, occasion, taps)
    write_text(folder / SIDES, json.dumps(names) + "\n")
    reference = reference_of(runs[0], taps)
    if reference is not None:
        write_noise(folder / names[0], noise_budgets(reference))
