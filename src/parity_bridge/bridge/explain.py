"""``explain``: why two sides disagree, each an engine that is run or a folder of records."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.question import ExplainRequest
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.engine import tolerance_case
from parity_bridge.engines.run import notes, observe
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags, to_flags
from parity_bridge.explain.explain import ComparedSides, explain
from parity_bridge.explain.explanation import Finding
from parity_bridge.explain.runs import Made, reference_again
from parity_bridge.explain.showing import showing
from parity_bridge.records.reading import read_side
from parity_bridge.report.divergence import first_divergence_section
from parity_bridge.report.findings import finding_section
from parity_bridge.report.memo import shapes_section
from parity_bridge.report.view import PairAnswer, Side, verdict_sentence
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID, choose_taps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.records.metadata import Metadata
    from parity_bridge.taps.noise_budget import NoiseBudget


@dataclass(frozen=True)
class _Party:
    """One side: its figures, and how they were made where that is known."""

    pixels: tuple[PixelTaps, ...]
    experiment: Experiment | None = None
    behaviours: Behaviours = REFERENCE
    in_frame: bool = False
    engine: str | None = None
    dtype: str = "float64"
    device: str = "cpu"
    case: str | None = None
    metadata: tuple[Metadata, ...] = ()
    noise: Mapping[tuple[int, int], NoiseBudget] = field(default_factory=dict)

    @property
    def made(self) -> Made | None:
        """How it was made; None where that is not known."""
        if self.experiment is None or self.engine is None:
            return None
        return Made(self.experiment, self.engine, self.behaviours, self.in_frame)


def explain_request(
    request: ExplainRequest, on_note: Callable[[str], None]
) -> tuple[PairAnswer, Finding]:
    """Look at both sides, compare them, and say why they disagree.

    Raises UsageError, FileError or EngineError as the engines and readers do.
    """
    of_records = not isinstance(request.reference, EngineChoice) and not isinstance(
        request.other, EngineChoice
    )
    if of_records and request.targets:
        raise UsageError("--pixel means nothing where both sides are records; leave it out")
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
    if isinstance(request.reference, EngineChoice):
        reference = _like(reference, other)
    elif isinstance(request.other, EngineChoice):
        other = _like(other, reference)
    return _explained(request, reference, other)


def text_of(report: PairAnswer, finding: Finding) -> str:
    """The finding as it is printed."""
    parts = (
        f"# Why {report.comparison.other} differs from {report.comparison.reference}",
        f"**Verdict: {verdict_sentence(report)}.**",
        first_divergence_section(report),
        finding_section(finding),
        shapes_section(report),
    )
    return "\n\n".join(part for part in parts if part)


def _explained(
    request: ExplainRequest, reference: _Party, other: _Party
) -> tuple[PairAnswer, Finding]:
    taps = tuple(dict.fromkeys(tap for pixel in other.pixels for tap in pixel.taps))
    case = other.case or reference.case
    tolerances = tolerances_for(other.dtype, other.device, request.tolerances, case)
    comparison = compare_runs(reference.pixels, other.pixels, tolerances, reference.noise)
    common = {pixel.pixel_coords for pixel in comparison.pixels}
    others = tuple(pixel for pixel in other.pixels if pixel.pixel in common)
    again, why_not = reference_again(
        reference.pixels, reference.made, [side.pixel for side in others], choose_taps(taps)
    )
    noise = dict(reference.noise)
    if again is not None and not noise and comparison.exit_status != 0:
        noise = {budget.pixel_coords: budget for budget in noise_budgets(again)}
        comparison = compare_runs(reference.pixels, other.pixels, tolerances, noise)
    finding = explain(ComparedSides(comparison, others, again, other.experiment, why_not))
    shown = request.command
    if again is not None:
        shown = _shown(request, finding, again, other)
    finding = finding.model_copy(update={"command": shown})
    sides = (
        Side(reference.pixels, reference.metadata, noise),
        Side(other.pixels, other.metadata),
    )
    return PairAnswer(*sides, comparison, finding), finding


def _shown(request: ExplainRequest, finding: Finding, again: ReferenceRunner, other: _Party) -> str:
    """The command that shows a finding, with the C core in the place of the reference's records."""
    command = showing(request.command, finding, again.experiment, other.experiment)
    if command == request.command or isinstance(request.reference, EngineChoice):
        return command
    words = shlex.split(command)
    at = next(at for at, word in enumerate(words) if Path(word) == request.reference)
    found = {name.partition("=")[0] for names in finding.names[:1] for name in names}
    told = [
        word
        for name, value in again.behaviours.switched.items()
        if name not in found
        for word in ("--behaviour", f"c:{name}={str(value).lower()}")
    ]
    return shlex.join([*words[:at], "c", *words[at + 1 : at + 2], *told, *words[at + 2 :]])


def _like(run: _Party, recorded: _Party) -> _Party:
    """An engine that was run, with no other taps than the records have."""
    taps = dict.fromkeys(tap for pixel in recorded.pixels for tap in pixel.taps)
    return replace(run, pixels=tuple(pixel.select_taps(taps) for pixel in run.pixels))


def _recorded(folder: Path) -> _Party:
    side = read_side(folder)
    if not side.metadata:
        return _Party(side.pixels, noise=side.noise)
    made = side.metadata[0]
    return _Party(
        side.pixels,
        made.experiment,
        made.behaviours,
        made.in_frame,
        made.engine,
        made.dtype,
        made.device,
        made.tolerances,
        side.metadata,
        side.noise,
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
    if not request.state_given and counterpart is not None:
        choice = replace(choice, in_frame=counterpart.in_frame)
    run = observe(choice, parsed, targets)
    seen = run.pixel_taps(tuple(TAPS_BY_ID.values()))
    return _Party(
        seen,
        parsed.experiment,
        Behaviours.parse(choice.behaviours),
        choice.in_frame,
        choice.name,
        choice.dtype,
        choice.device,
        tolerance_case(run.engine),
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
