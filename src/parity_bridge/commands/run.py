"""``run``: both engines at the same pixels, compared, in one report folder or none at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from parity_bridge.atomic_write import copy_file, write_text
from parity_bridge.commands.request import RunRequest
from parity_bridge.engine_run import EngineRun, notes, observe
from parity_bridge.errors import EngineError
from parity_bridge.explain.runs import explain_runs, reference_of
from parity_bridge.explain.showing import showing
from parity_bridge.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.noise import noise_budgets
from parity_bridge.report.environment import environment
from parity_bridge.report.folder import check_free, make_folder, staged
from parity_bridge.report.journal import note_command, note_failure
from parity_bridge.report.metadata import Occasion
from parity_bridge.report.provenance import without_stamp
from parity_bridge.report.records import as_json, write_noise, write_run
from parity_bridge.report.rendering import EXPLANATION, TOLERANCES, load, write_rendered
from parity_bridge.report.view import Report
from parity_bridge.taps.registry import choose_taps
from parity_bridge.timestamps import utc_now
from parity_bridge.tolerances import tolerances_for

_REMEDY = (
    "mend what is named above (`trace --engine NAME` runs one engine alone), then run the command "
    "again under another --stamp"
)


@dataclass(frozen=True)
class Outcome:
    """Where the report lies and what it says."""

    folder: Path
    report: Report


def run(request: RunRequest, on_note: Callable[[str], None]) -> Outcome:
    """Compute, record, compare, explain and report; ``on_note`` hears what the flags' reader says.

    Raises EngineError where an engine failed, and leaves a folder with the reason; any other error
    leaves nothing.
    """
    target = request.out_dir / request.stamp
    check_free(target)
    tolerances_for(request.other.dtype, request.other.device, request.tolerances)
    parsed = _parse_all(request)
    pixels = [target.coords for target in request.targets]
    for note in dict.fromkeys(note for flags in parsed.values() for note in notes(flags, pixels)):
        on_note(note)
    with staged(target) as folder:
        note_command(folder, request.command)
        result = _fill(folder, request, parsed)
    if isinstance(result, EngineError):
        raise result
    return Outcome(target, result)


def _parse_all(request: RunRequest) -> dict[str, ParsedFlags]:
    """What each engine is told, by name."""
    return {
        choice.name: parse_flags([*request.flags, *request.engine_flags.get(choice.name, ())])
        for choice in (request.reference, request.other)
    }


def _fill(
    folder: Path, request: RunRequest, parsed: dict[str, ParsedFlags]
) -> Report | EngineError:
    """Fill a report folder, with records or with the reason why there are none."""
    occasion = Occasion(request.command, utc_now(), request.stamp)
    try:
        reference, other = (
            observe(choice, parsed[choice.name], request.targets)
            for choice in (request.reference, request.other)
        )
    except EngineError as error:
        note_failure(folder, occasion, error, _REMEDY)
        return error
    _write_records(folder, request, (reference, other), occasion)
    _write_environment(folder)
    if request.tolerances is not None:
        copy_file(request.tolerances, folder / TOLERANCES, "tolerance file")
    report = load(folder)
    if report.comparison.exit_status != 0:
        finding = explain_runs(reference, other, report.comparison, report.other.pixels)
        given = reference.parsed.experiment, other.parsed.experiment
        shown = showing(without_stamp(request.command), finding, *given)
        finding = finding.model_copy(update={"command": shown})
        report = replace(report, finding=finding)
        write_text(folder / EXPLANATION, as_json(finding))
    write_rendered(folder, report)
    return report


def _write_records(
    folder: Path, request: RunRequest, runs: tuple[EngineRun, EngineRun], occasion: Occasion
) -> None:
    taps = choose_taps(request.taps)
    for engine_run in runs:
        own = folder / engine_run.engine.folder
        make_folder(own)
        write_run(own, engine_run, occasion, taps)
    reference = reference_of(runs[0], taps)
    if reference is not None:
        write_noise(folder / runs[0].engine.folder, noise_budgets(reference))


def _write_environment(folder: Path) -> None:
    make_folder(folder / "env")
    write_text(folder / "env" / "trace_env.json", json.dumps(environment(), indent=2) + "\n")
