"""The interface for programs: experiments, engines, and what comparing them gives.

    from parity_bridge.api import Experiment, compare, engine, explain, scan

Nothing is printed, and only ``scan`` writes anything: the report, into a folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from parity_bridge.bridge.chosen_engine import (
    ChosenEngine,
    as_chosen,
    choose_engine,
    pixel_question,
)
from parity_bridge.bridge.compare import compare as compare_sides
from parity_bridge.bridge.question import EngineSource, Question, Source
from parity_bridge.bridge.reproduction import scan_command
from parity_bridge.bridge.sides import ignore_note
from parity_bridge.errors import UsageError
from parity_bridge.experiment import model
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, read_experiment
from parity_bridge.report.parity import Parity

if TYPE_CHECKING:
    from parity_bridge.bridge.scan import ScanAnswer
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.explain.explanation import Finding

__all__ = ["ChosenEngine", "Experiment", "Parity", "compare", "engine", "explain", "scan"]

engine = choose_engine


class Experiment(model.Experiment):
    """What is simulated; equal to any ``experiment.model.Experiment`` with the same fields."""

    @classmethod
    def from_nanobragg(cls, flags: str | Sequence[str]) -> Self:
        """Read a nanoBragg command line: a string, split as a shell does, or words.

        The notes of its reader are dropped. Raises as ``nanobragg_flags.parse_flags``.
        """
        read = read_experiment(flags)
        return cls(**{name: getattr(read, name) for name in type(read).model_fields})


def compare(
    experiment: model.Experiment,
    pixels: Sequence[tuple[int, int]],
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
    question = pixel_question(
        experiment,
        pixels,
        as_chosen(reference),
        as_chosen(other),
        taps=taps,
        tolerances=tolerances,
    )
    return Parity(question, compare_sides(question).against[0])


def explain(parity: Parity) -> Finding | None:
    """Find why the two engines disagree; None where they agree. See docs/explain.md."""
    return parity.finding


def scan(
    experiment: model.Experiment,
    folder: str | Path,
    reference: str | ChosenEngine | Path = "c",
    other: str | ChosenEngine | Path = "torch",
    *,
    tolerances: Path | None = None,
    **settings: Any,
) -> ScanAnswer:
    """Compare two engines, or the images in two files, at every pixel of the detector or ``-roi``.

    The report lies in ``folder``; ``settings`` are those of ``ScanSettings``: ``resume``, ``tile``,
    ``threads``, ``dask``, ``thresholds`` and so on. Raises as ``bridge.scan.scan`` does.
    """
    # Seldom needed, and slow to import.
    from parity_bridge.bridge.scan import scan as scan_region  # noqa: PLC0415
    from parity_bridge.bridge.scan_settings import ScanSettings  # noqa: PLC0415
    from parity_bridge.report.scan.writing import write_scan  # noqa: PLC0415

    folder, given = Path(folder), ParsedFlags(experiment, ())
    sources = tuple(_scan_source(side, given) for side in (reference, other))
    are_images = all(isinstance(source, Path) for source in sources)
    question = Question(
        command="",
        reference=sources[0],
        others=sources[1:],
        tolerances=tolerances,
        detector=given if are_images else None,
        detector_given=True,
    )
    question = replace(question, command=scan_command(question, folder))
    answer = scan_region(
        question, ScanSettings(folder, folder.name, quiet=True, **settings), ignore_note
    )
    write_scan(answer)
    return answer


def _scan_source(which: str | ChosenEngine | Path, given: ParsedFlags) -> Source:
    if isinstance(which, Path):
        return which
    chosen = choose_engine(which) if isinstance(which, str) else which
    if not chosen.is_named:
        raise UsageError(
            "a scan makes its engines anew in every worker; name one as package.module:Class"
        )
    return EngineSource(chosen.choice, given)
