"""``explain``: why two sides disagree, each an engine that is run or a folder of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.behaviours import Behaviours
from parity_bridge.commands.request import ExplainRequest
from parity_bridge.compare import compare_runs
from parity_bridge.engine_choice import EngineChoice, Target
from parity_bridge.engine_run import notes, observe
from parity_bridge.errors import UsageError
from parity_bridge.explain.explain import Case, explain
from parity_bridge.explain.explanation import Finding
from parity_bridge.explain.reference import Reference
from parity_bridge.explain.runs import with_behaviours
from parity_bridge.nanobragg_flags import BENCHMARK_FLAGS, parse_flags, to_flags
from parity_bridge.noise import noise_budgets
from parity_bridge.report.explanations import finding_section, first_divergence_section
from parity_bridge.report.reading import read_side
from parity_bridge.report.view import Report, Side, verdict_sentence
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import BY_ID, choose_taps
from parity_bridge.tolerances import tolerances_for

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment
    from parity_bridge.report.metadata import Metadata


@dataclass(frozen=True)
class _Party:
    """One side: its figures, and how they were made where that is known."""

    pixels: tuple[PixelTaps, ...]
    experiment: Experiment | None = None
    behaviours: Behaviours = Behaviours()
    in_frame: bool = False
    engine: str | None = None
    dtype: str = "float64"
    device: str = "cpu"
    metadata: tuple[Metadata, ...] = ()


def explain_request(
    request: ExplainRequest, on_note: Callable[[str], None]
) -> tuple[Report, Finding]:
    """Look at both sides, compare them, and say why they disagree.

    Raises UsageError, FileError or EngineError as the engines and readers do.
    """
    other = None if isinstance(request.other, EngineChoice) else _recorded(request.other)
    reference = (
        _run(request.reference, request, other, on_note)
        if isinstance(request.reference, EngineChoice)
        else _recorded(request.reference)
    )
    if isinstance(request.other, EngineChoice):
        other = _run(request.other, request, reference, on_note)
    if other is None:
        raise UsageError("name two sides, each an engine or a folder of records")
    return _explained(request, reference, other)


def text_of(report: Report, finding: Finding) -> str:
    """The finding as it is printed."""
    parts = (
        f"# Why {report.comparison.other} differs from {report.comparison.reference}",
        f"**Verdict: {verdict_sentence(report)}.**",
        first_divergence_section(report),
        finding_section(finding),
    )
    return "\n\n".join(part for part in parts if part)


def _explained(
    request: ExplainRequest, reference: _Party, other: _Party
) -> tuple[Report, Finding]:
    taps = tuple(dict.fromkeys(tap for pixel in other.pixels for tap in pixel.taps))
    again = _again(reference, other, choose_taps(taps))
    noise = {budget.pixel_coords: budget for budget in noise_budgets(again)} if again else {}
    tolerances = tolerances_for(other.dtype, other.device, request.tolerances)
    comparison = compare_runs(reference.pixels, other.pixels, tolerances, noise)
    common = {pixel.pixel_coords for pixel in comparison.pixels}
    others = tuple(pixel for pixel in other.pixels if pixel.pixel in common)
    case = Case(comparison, others, again, other.experiment)
    finding = explain(case)
    shown = with_behaviours(request.command, finding)
    report = Report(
        Side(reference.pixels, reference.metadata, noise), Side(other.pixels, other.metadata),
        comparison, finding,
    )  # fmt: skip
    return report, finding.model_copy(update={"command": shown})


def _again(reference: _Party, other: _Party, taps: Sequence[object]) -> Reference | None:
    """The C core as the reference was made; None where that is not known."""
    if reference.experiment is None or reference.engine != "c":
        return None
    seen = {pixel.pixel for pixel in reference.pixels}
    pixels = tuple(pixel.pixel for pixel in other.pixels if pixel.pixel in seen)
    chosen = tuple(tap for tap in BY_ID.values() if tap in taps)
    return Reference(
        reference.experiment, pixels, reference.behaviours, reference.in_frame, chosen
    )


def _recorded(folder: Path) -> _Party:
    side = read_side(folder)
    if not side.metadata:
        return _Party(side.pixels)
    made = side.metadata[0]
    return _Party(
        side.pixels,
        made.experiment,
        made.behaviours,
        made.in_frame,
        made.engine,
        made.dtype,
        made.device,
        side.metadata,
    )


def _run(
    choice: EngineChoice,
    request: ExplainRequest,
    counterpart: _Party | None,
    on_note: Callable[[str], None],
) -> _Party:
    """Run an engine at the pixels asked for, or at those of the other side's records."""
    targets = request.targets
    if not targets and counterpart is not None:
        targets = tuple(Target(pixel.pixel, pixel.tag) for pixel in counterpart.pixels)
    if not targets:
        raise UsageError("give at least one --pixel SLOW FAST")
    own = request.engine_flags.get(choice.name, ())
    parsed = parse_flags([*_flags(request, counterpart), *own])
    for note in notes(parsed, [target.coords for target in targets]):
        on_note(note)
    run = observe(choice, parsed, targets)
    taps = tuple(BY_ID.values())
    seen = tuple(
        replace(PixelTaps.of(item, run.engine.implementation, taps), tag=run.tag(item))
        for item in run.observations
    )
    return _Party(
        seen,
        parsed.experiment,
        Behaviours.parse(choice.behaviours),
        choice.in_frame,
        choice.name,
        choice.dtype,
        choice.device,
    )


def _flags(request: ExplainRequest, counterpart: _Party | None) -> tuple[str, ...]:
    """Flags after ``--``, else those with which the records were made, else the benchmark's."""
    if request.flags is not None:
        return request.flags
    if counterpart is not None and counterpart.experiment is not None:
        return tuple(to_flags(counterpart.experiment))
    if counterpart is not None:
        raise UsageError(
            "the records do not say how they were made; give the nanoBragg flags after --"
        )
    return BENCHMARK_FLAGS
