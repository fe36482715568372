"""Why two sides of an answer disagree, and the command that reproduces it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.answer import Answer, PairAnswer, Side
from parity_bridge.bridge.compare import reference_runner, with_noise
from parity_bridge.bridge.float64_comparison import in_float64
from parity_bridge.bridge.reproduction import without_stamp
from parity_bridge.explain.explain import ComparedSides
from parity_bridge.explain.explain import explain as explain_sides
from parity_bridge.explain.other_runner import OtherRunner
from parity_bridge.explain.reproduction_command import reproduction_command
from parity_bridge.taps.registry import choose_taps

if TYPE_CHECKING:
    from parity_bridge.bridge.question import Question
    from parity_bridge.comparison.reference_runner import ReferenceRunner
    from parity_bridge.explain.explanation import Finding


def explain(answer: Answer, question: Question) -> Answer:
    """Add a finding for each side that disagrees with the reference.

    Raises what the C core raises where it cannot be run as the reference was.
    """
    against = tuple(
        pair if pair.agrees else explain_pair(pair, question) for pair in answer.against
    )
    return replace(answer, against=against)


def explain_pair(pair: PairAnswer, question: Question) -> PairAnswer:
    """Add the finding, whatever the verdict, and the command that reproduces it."""
    runner, reason = reference_runner(pair)
    pair = with_noise(pair, runner)
    finding = in_float64(pair, _pair_finding(pair, runner, reason), find_reason)
    command = without_stamp(question.command)
    if pair.reference.run is not None or runner is not None:
        command = _reproducing_command(command, question, finding, pair)
    return replace(pair, finding=finding.model_copy(update={"command": command}))


def find_full_reason(pair: PairAnswer) -> Finding:
    """Find why two sides disagree, in float64 too where one computed in float32 and can."""
    return in_float64(pair, find_reason(pair), find_reason)


def find_reason(pair: PairAnswer) -> Finding:
    """Find why two sides disagree; raises what the C core raises where it cannot be run again."""
    return _pair_finding(pair, *reference_runner(pair))


def _pair_finding(pair: PairAnswer, runner: ReferenceRunner | None, reason: str) -> Finding:
    common = {pixel.pixel_coords for pixel in pair.comparison.pixels}
    others = tuple(side for side in pair.other.pixels if side.pixel in common)
    given = None if pair.other.provenance is None else pair.other.provenance.experiment
    return explain_sides(
        ComparedSides(
            pair.comparison,
            others,
            runner,
            ours=tuple(pair.reference.pixels),
            experiment=given,
            other=_other_runner(pair.other),
            noise=pair.reference.noise,
            reason=reason,
        )
    )


def _other_runner(side: Side) -> OtherRunner | None:
    """Return ``side`` as an engine that can be run again; None where it is records."""
    return None if side.run is None else OtherRunner(side.run, choose_taps(side.tap_ids))


def _reproducing_command(
    command: str, question: Question, finding: Finding, pair: PairAnswer
) -> str:
    """Change ``command`` so that it reproduces ``finding``, with the C core for the records."""
    reference, other = (side.provenance for side in pair.sides)
    given = tuple(None if side is None else side.experiment for side in (reference, other))
    shown = reproduction_command(command, finding, *given)
    if shown == command or reference is None or not isinstance(question.reference, Path):
        return shown
    words = shlex.split(shown)
    at = next(at for at, word in enumerate(words) if Path(word) == question.reference)
    found = {name.partition("=")[0] for names in finding.names[:1] for name in names}
    switches = [
        word
        for name, value in reference.behaviours.switched.items()
        if name not in found
        for word in ("--behaviour", f"c:{name}={str(value).lower()}")
    ]
    return shlex.join([*words[:at], "c", *words[at + 1 : at + 2], *switches, *words[at + 2 :]])
