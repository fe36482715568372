"""The interface for programs: experiments, engines, and what comparing them gives.

    from parity_bridge.api import Experiment, compare, engine, explain, scan

Nothing is printed and nothing is written, but by ``scan``, which keeps what it saw in a folder.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.result import Comparison, Difference
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.engine import Engine, engine_for_choice, tolerance_case
from parity_bridge.engines.run import EngineRun, observe_with
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, to_flags
from parity_bridge.explain.explain import ComparedSides
from parity_bridge.explain.explain import explain as explain_case
from parity_bridge.explain.explanation import Finding
from parity_bridge.explain.runs import Made, explain_runs, reference_again, reference_of
from parity_bridge.report.failure_text import failure_text
from parity_bridge.report.view import PairAnswer, Side, verdict_sentence
from parity_bridge.taps.registry import choose_taps

if TYPE_CHECKING:
    from parity_bridge.bridge.scan import ScanOutcome
    from parity_bridge.taps.noise_budget import NoiseBudget

__all__ = ["ChosenEngine", "Experiment", "Parity", "compare", "engine", "explain", "scan"]

#: slow, fast.
Pixel = tuple[int, int]


@dataclass(frozen=True)
class ChosenEngine:
    """An engine ready to be compared, and how it was chosen."""

    choice: EngineChoice
    instance: Engine
    #: Whether it was made by its name, so that it can be made again.
    is_named: bool = True


def engine(
    which: str | Engine,
    *,
    dtype: str = "float64",
    device: str = "cpu",
    behaviours: Sequence[str] = (),
    in_frame: bool = False,
    c_bin: str | Path | None = None,
) -> ChosenEngine:
    """An engine by its name, as ``package.module:Class``, or one that was made already.

    ``behaviours`` are what it is to do otherwise than the reference, ``omega=last`` say (contract
    §7); ``in_frame`` begins pixels as a run over the whole frame would come to them; ``c_bin`` is
    the executable of ``nanobragg-program``. Raises UsageError for an engine, dtype, device or
    behaviour that is not there, EngineError for an engine that cannot be loaded.
    """
    Behaviours.parse(list(behaviours))
    if not isinstance(which, str):
        if (dtype, device) != ("float64", "cpu"):
            raise UsageError("an engine that was made already has its dtype and device; make it so")
        dtype = str(getattr(which, "dtype", dtype)).removeprefix("torch.")
        device = str(getattr(which, "device", device))
    name = which if isinstance(which, str) else which.name
    choice = EngineChoice(
        name,
        dtype,
        device,
        tuple(behaviours),
        in_frame,
        check_finite=False,
        c_bin=None if c_bin is None else str(c_bin),
    )
    if isinstance(which, str):
        return ChosenEngine(choice, engine_for_choice(choice))
    return ChosenEngine(choice, which, is_named=False)


@dataclass(frozen=True)
class Parity:
    """An engine against the reference: the comparison, and why they disagree where they do."""

    other: EngineRun
    report: PairAnswer
    #: Names of the taps that were compared.
    taps: tuple[str, ...]
    #: None where the reference's records were read.
    reference: EngineRun | None = None
    #: The file of tolerances that replaced some of the shipped ones.
    tolerances: Path | None = None
    #: The folder that they were read from, and how they were made.
    stored: Path | None = None
    made: Made | None = None

    @property
    def comparison(self) -> Comparison:
        """Verdict, exit status, and every field of every tap."""
        return self.report.comparison

    @property
    def agrees(self) -> bool:
        """Whether the two are at parity."""
        return self.comparison.exit_status == 0

    @property
    def first_divergence(self) -> Difference | None:
        """The earliest figure of the chain that differs, at the first pixel that has it."""
        firsts = (pixel.first_divergence for pixel in self.comparison.pixels)
        return next((first for first in firsts if first is not None), None)

    @cached_property
    def finding(self) -> Finding | None:
        """Why the two disagree; None where they agree."""
        if self.agrees:
            return None
        if self.reference is not None:
            return explain_runs(
                self.reference, self.other, self.comparison, self.report.other.pixels
            )
        return self._finding_from_records()

    def __bool__(self) -> bool:
        """Whether the two are at parity."""
        return self.agrees

    def __str__(self) -> str:
        """A line where they agree; else counts, first divergence, worst figure and the reason."""
        if self.agrees:
            return verdict_sentence(self.report)
        return failure_text(replace(self.report, finding=self.finding))

    def _finding_from_records(self) -> Finding:
        common = {pixel.pixel_coords for pixel in self.comparison.pixels}
        others = tuple(seen for seen in self.report.other.pixels if seen.pixel in common)
        again, why_not = reference_again(
            self.report.reference.pixels,
            self.made,
            [seen.pixel for seen in others],
            choose_taps(self.taps),
        )
        given = self.other.parsed.experiment
        return explain_case(ComparedSides(self.comparison, others, again, given, why_not))


def compare(
    experiment: Experiment,
    pixels: Sequence[Pixel],
    reference: str | Engine | ChosenEngine = "c",
    other: str | Engine | ChosenEngine = "torch",
    *,
    taps: Sequence[str] = ("all",),
    tolerances: Path | None = None,
) -> Parity:
    """Run both engines at ``pixels`` (slow, fast) and compare ``taps`` (names of docs/taps.md).

    ``tolerances`` is a TOML file that replaces some of the shipped ones. Raises UsageError where
    there is nothing to compare, both are one engine or the experiment makes no sense, EngineError
    where an engine fails, FileError for a file that cannot be read.
    """
    runs = [observed(_chosen(which), experiment, pixels) for which in (reference, other)]
    names = [run.engine.implementation for run in runs]
    if names[0] == names[1]:
        raise UsageError(
            f"both engines are called {names[0]!r} in records; give the class of one of them an "
            "implementation and a folder of its own"
        )
    ours, theirs = (run.pixel_taps(choose_taps(taps)) for run in runs)
    case = tolerance_case(runs[1].engine, runs[0].engine)
    choice = runs[1].choice
    allowed = tolerances_for(choice.dtype, choice.device, tolerances, case)
    comparison = compare_runs(ours, theirs, allowed)
    noise: dict[Pixel, NoiseBudget] = {}
    if comparison.exit_status != 0:
        again = reference_of(runs[0], choose_taps(taps))
        budgets = () if again is None else noise_budgets(again)
        noise = {budget.pixel_coords: budget for budget in budgets}
        comparison = compare_runs(ours, theirs, allowed, noise)
    report = PairAnswer(Side(ours, noise=noise), Side(theirs), comparison)
    return Parity(runs[1], report, tuple(taps), reference=runs[0], tolerances=tolerances)


def explain(parity: Parity) -> Finding | None:
    """Why the two engines disagree; None where they agree. See docs/explain.md."""
    return parity.finding


def scan(
    experiment: Experiment,
    folder: str | Path,
    reference: str | ChosenEngine | Path = "c",
    other: str | ChosenEngine | Path = "torch",
    **settings: Any,
) -> ScanOutcome:
    """Compare two engines, or the images in two files, at every pixel of the detector or ``-roi``.

    The report lies in ``folder``; ``settings`` are those of ``ScanRequest``: ``resume``, ``tile``,
    ``threads``, ``dask``, ``thresholds`` and so on. Raises as ``commands.scan.scan`` does.
    """
    from parity_bridge.bridge.question import ScanRequest  # noqa: PLC0415 - seldom needed
    from parity_bridge.bridge.scan import scan as run_scan  # noqa: PLC0415

    if "experiments" in settings:
        raise UsageError("one experiment is scanned at a time; call scan for each")
    folder, flags = Path(folder), to_flags(experiment)
    sides = _side(reference), _side(other)
    request = ScanRequest(
        command=_scan_command(*sides, folder, flags),
        reference=sides[0],
        other=sides[1],
        flags=tuple(flags),
        flags_given=True,
        out_dir=folder.parent,
        stamp=folder.name,
        quiet=True,
        **settings,
    )
    return run_scan(request, lambda _note: None)


def _scan_command(
    reference: EngineChoice | Path, other: EngineChoice | Path, folder: Path, flags: Sequence[str]
) -> str:
    """The command that does the same, as far as engines and experiment go."""
    words = ["python", "-m", "parity_bridge", "scan"]
    names = [
        side.name if isinstance(side, EngineChoice) else str(side) for side in (reference, other)
    ]
    if isinstance(other, Path):
        words += ["--image", names[1], "--against", names[0]]
    else:
        words += ["--engines", ",".join(names), "--dtype", other.dtype, "--device", other.device]
    place = ["--out-dir", str(folder.parent), "--stamp", folder.name]
    return shlex.join([*words, *place, "--", *flags])


def observed(chosen: ChosenEngine, experiment: Experiment, pixels: Sequence[Pixel]) -> EngineRun:
    """``chosen`` at ``pixels`` (slow, fast); raises UsageError for none, and as ``compare``."""
    if not pixels:
        raise UsageError("there is nothing to compare: give at least one pixel (slow, fast)")
    targets = [Target((int(slow), int(fast))) for slow, fast in pixels]
    return observe_with(chosen.instance, chosen.choice, ParsedFlags(experiment, ()), targets)


def _chosen(which: str | Engine | ChosenEngine) -> ChosenEngine:
    return which if isinstance(which, ChosenEngine) else engine(which)


def _side(which: str | ChosenEngine | Path) -> EngineChoice | Path:
    if isinstance(which, Path):
        return which
    chosen = engine(which) if isinstance(which, str) else which
    if not chosen.is_named:
        raise UsageError(
            "a scan makes its engines anew in every worker; name one as package.module:Class"
        )
    return chosen.choice
