"""The worst pixels of a scan, compared in all taps to find why they differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parity_bridge.bridge.answer import Answer
from parity_bridge.bridge.compare import compare
from parity_bridge.bridge.explain import explain
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.reproduction import run_command
from parity_bridge.bridge.scan_sides import ScanSides
from parity_bridge.engines.choice import Target
from parity_bridge.errors import BridgeError, EngineError
from parity_bridge.scan.sides import EngineSide
from parity_bridge.scan.summary import ScanSummary

#: Evaluations that all tapped pixels may have together; each costs about a millisecond.
MOST_EVALUATIONS = 20_000


@dataclass(frozen=True)
class WorstPixels:
    """The taps of the worst pixels, or why they were not recorded."""

    #: None where nothing was run.
    question: Question | None = None
    answer: Answer | None = None
    #: One sentence; empty where there is an answer.
    reason: str = ""
    #: Of an engine that failed there.
    failure: EngineError | None = None

    def __repr__(self) -> str:
        """State the verdict, or the reason why there is none."""
        verdict = self.reason if self.answer is None else f"{self.answer.verdict}"
        return f"<WorstPixels {verdict}>"


def tap_worst_pixels(question: Question, sides: ScanSides, summary: ScanSummary) -> WorstPixels:
    """Compare the taps of the worst pixels of ``summary``, as far as that is affordable.

    Raises FileError where something cannot be read.
    """
    if not summary.worst:
        return WorstPixels(reason="No pixel differs.")
    if not all(isinstance(source, EngineSource) for source in question.sources):
        return WorstPixels(
            reason="An image has no taps: only its values can say why its pixels differ."
        )
    pixels = affordable_pixels(sides.reference, [pixel.pixel_coords for pixel in summary.worst])
    if not pixels:
        return WorstPixels(
            reason=f"A pixel has more than {MOST_EVALUATIONS} evaluations; tap one with `run "
            "--state frame --pixel SLOW FAST`, or fewer subpixels, sources, phi steps or mosaic "
            "domains."
        )
    asked = _question_at(question, pixels)
    try:
        return WorstPixels(asked, explain(compare(asked), asked))
    except BridgeError as error:
        if error.exit_status == 5:
            raise
        failure = error if isinstance(error, EngineError) else None
        reason = f"The worst pixels could not be tapped: {error}."
        return WorstPixels(asked, reason=reason, failure=failure)


def affordable_pixels(side: object, pixels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the first of ``pixels``, as many as ``MOST_EVALUATIONS`` of an engine allow."""
    if not isinstance(side, EngineSide):
        return pixels
    each = int(side.derived["steps"]) * int(side.derived["detector_thicksteps"])
    return pixels[: MOST_EVALUATIONS // each]


def _question_at(question: Question, pixels: list[tuple[int, int]]) -> Question:
    """Ask for the same sides at ``pixels``, in the state that a run over the frame reaches."""
    reference, *others = (
        replace(source, choice=replace(source.choice, in_frame=True))
        for source in question.sources
        if isinstance(source, EngineSource)
    )
    targets = tuple(Target(pixel, f"worst-{place}") for place, pixel in enumerate(pixels, start=1))
    asked = Question("", reference, tuple(others), targets, ("all",), question.tolerances)
    return replace(asked, command=run_command(asked, ("--state", "frame")))
