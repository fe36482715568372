"""Why two sides disagree: inputs, stages of the chain, then behaviours; the first that suffices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference import Reference
from parity_bridge.comparison.result import Comparison
from parity_bridge.explain.explanation import Finding, Hypothesis, Reason, Trial
from parity_bridge.explain.inputs import InputsFound, differing_inputs
from parity_bridge.explain.search import GivenInputs, Searched, search
from parity_bridge.explain.transplant import Transplanted, transplant
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class Case:
    """Two sides and what is known of how they were made."""

    comparison: Comparison
    #: The other side, at every pixel of ``reference``.
    others: Sequence[PixelTaps]
    #: None where the reference cannot be run: only its records are known.
    reference: Reference | None = None
    #: What the other side was given, where that is known.
    experiment: Experiment | None = None
    #: Why there is no reference to run.
    why_not: str = "the reference cannot be run: its records come without metadata"


def explain(case: Case) -> Finding:
    """Find the reason; raises what the reference raises where it cannot be run as it stands."""
    comparison, tolerances = case.comparison, case.comparison.tolerances
    pixels = tuple(pixel.pixel_coords for pixel in comparison.pixels)
    differing = [pixel for pixel in comparison.pixels if pixel.differing]
    if comparison.verdict == "parity":
        names = f"{comparison.other} and {comparison.reference}"
        sentence = f"{names} agree; nothing is to be explained."
        return Finding(reason="agreement", sentence=sentence, pixels=pixels)
    inputs = differing_inputs(comparison, case.reference, case.others, case.experiment, tolerances)
    if inputs.is_sufficient:
        return _by_inputs(case, inputs, pixels)
    if not differing and comparison.verdict == "shapes differ":
        return _by_shapes(case, inputs, pixels)
    if case.reference is None:
        not_tried = (*inputs.not_tried, *_why_not(case))
        return _unexplained(case, inputs, Transplanted(not_tried=not_tried), None, pixels)
    done = transplant(case.reference, case.others, tolerances)
    if done.differing and differing and all(pixel.is_noise for pixel in differing):
        return _by_noise(case, inputs, done, pixels)
    searched = search(case.reference, case.others, tolerances, _given(case, inputs))
    found = _by_hypotheses if searched.sufficient else _unexplained
    return found(case, inputs, done, searched, pixels)


def _by_shapes(case: Case, inputs: InputsFound, pixels: tuple[tuple[int, int], ...]) -> Finding:
    names = f"{case.comparison.other} and {case.comparison.reference}"
    sampled = [pixel.oversample for pixel in case.comparison.pixels]
    unlike = next((pair for pair in sampled if pair[0] != pair[1]), None)
    told = (
        "did not record the same; what both recorded agrees"
        if unlike is None
        else f"took {unlike[1]} and {unlike[0]} subpixels along each edge; nothing was compared"
    )
    return Finding(
        reason="shapes", sentence=f"{names} {told}.", pixels=pixels, inputs=inputs.evidence
    )


def _given(case: Case, inputs: InputsFound) -> GivenInputs | None:
    """What the other side was given, where that is not the same."""
    if case.experiment is None or not inputs.evidence:
        return None
    return GivenInputs(case.experiment, inputs.clause)


def _by_inputs(case: Case, inputs: InputsFound, pixels: tuple[tuple[int, int], ...]) -> Finding:
    names = case.comparison.reference, case.comparison.other
    shown = (
        f"with the inputs of {names[1]} {names[0]} reproduces it {_everywhere(len(pixels))}"
        if case.reference is not None and case.experiment is not None and not inputs.not_tried
        else "every recorded figure before the first lookup agrees, and nothing could be run to "
        "show that this is all"
    )
    return Finding(
        reason="inputs",
        sentence=f"{inputs.label}: {inputs.clause}; {shown}.",
        names=(inputs.names,),
        pixels=pixels,
        inputs=inputs.evidence,
        not_tried=inputs.not_tried or _why_not(case),
    )


def _why_not(case: Case) -> tuple[str, ...]:
    if case.reference is not None:
        return ()
    return (f"transplants and behaviours: {case.why_not}",)


def _by_noise(
    case: Case, inputs: InputsFound, done: Transplanted, pixels: tuple[tuple[int, int], ...]
) -> Finding:
    where = f" in its {_listed([item.what for item in done.differing])}"
    return Finding(
        reason="noise",
        sentence=f"{_subject(case)} rounds otherwise{where}: no figure differs by more than "
        "changes of one unit in the last place of the inputs would make it.",
        pixels=pixels,
        inputs=inputs.evidence,
        transplants=done.transplants,
        stages=tuple(item.stage for item in done.differing),
        not_tried=(*inputs.not_tried, *done.not_tried),
    )


def _by_hypotheses(
    case: Case,
    inputs: InputsFound,
    done: Transplanted,
    searched: Searched,
    pixels: tuple[tuple[int, int], ...],
) -> Finding:
    chosen = searched.sufficient[0]
    kinds = {item.kind for item in chosen.hypotheses}
    reason: Reason = "behaviours" if kinds <= {"behaviour", "inputs"} else "slips"
    does = _listed([item.does for item in chosen.hypotheses])
    names = " and ".join(f"`{item.name}`" for item in chosen.hypotheses)
    tolerances = case.comparison.tolerances
    within = (
        f"to {chosen.largest_ulps} ULP"
        if tolerances.are_exact
        else f"within the tolerances of {tolerances.file or tolerances.case}"
    )
    if inputs.evidence and all(item.kind != "inputs" for item in chosen.hypotheses):
        within += f" (that {inputs.clause} makes no difference here)"
    sentence = (
        f"{_subject(case)} {does}; with {names} the C core reproduces it "
        f"{_everywhere(len(pixels))} {within}"
    )
    return Finding(
        reason=reason,
        sentence=f"{sentence}{_or_else(searched.sufficient)}.",
        names=tuple(tuple(item.name for item in trial.hypotheses) for trial in searched.sufficient),
        pixels=pixels,
        largest_ulps=chosen.largest_ulps,
        inputs=inputs.evidence,
        transplants=done.transplants,
        stages=tuple(item.stage for item in done.differing),
        trials=searched.trials,
        ruled_out=tuple(_ruled_out(inputs, searched)),
        not_tried=(*inputs.not_tried, *done.not_tried, *searched.not_tried),
    )


def _unexplained(
    case: Case,
    inputs: InputsFound,
    done: Transplanted,
    searched: Searched | None,
    pixels: tuple[tuple[int, int], ...],
) -> Finding:
    trials = () if searched is None else searched.trials
    left_out = () if searched is None else searched.not_tried
    return Finding(
        reason="unexplained",
        sentence=f"{_where_it_lies(case, done)}; {_tried(searched)}.",
        pixels=pixels,
        inputs=inputs.evidence,
        transplants=done.transplants,
        stages=tuple(item.stage for item in done.differing),
        trials=trials,
        ruled_out=tuple(_ruled_out(inputs, searched)),
        not_tried=(*inputs.not_tried, *done.not_tried, *left_out),
    )


def _tried(searched: Searched | None) -> str:
    if searched is None:
        return "nothing more could be tried"
    text = "no behaviour of contract §7 or known slip, alone or together, reproduces it"
    if searched.nearest is None:
        return text
    names = " and ".join(f"`{item.name}`" for item in searched.nearest.hypotheses)
    return f"{text}, though with {names} it is `{searched.nearest.left}` that differs first"


def _where_it_lies(case: Case, done: Transplanted) -> str:
    """Which stages differ, or what differs first where that is not known."""
    first = f"{_subject(case)} differs first in `{_first(case)}`"
    if any(pixel.rounding_sensitive for pixel in case.comparison.pixels if pixel.differing):
        first += ", and some nearest indices lie within their noise of a half"
    if not done.differing:
        return first
    computed = _listed([f"{item.what} (`{item.left}`)" for item in done.differing])
    return f"{first}; given its own values before them, it computes its {computed} otherwise"


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _first(case: Case) -> str:
    firsts = [pixel.first_divergence for pixel in case.comparison.pixels]
    first = next((item for item in firsts if item is not None), None)
    return "the recorded shapes" if first is None else f"{first.tap}.{first.field}"


def _subject(case: Case) -> str:
    return case.comparison.other


def _everywhere(count: int) -> str:
    words = {1: "at the pixel", 2: "at both pixels"}
    return words.get(count, f"at all {count} pixels")


def _or_else(sufficient: Sequence[Trial]) -> str:
    """Other sets of the same size that these pixels cannot tell from the first."""
    others = [
        " and ".join(f"`{item.name}`" for item in trial.hypotheses) for trial in sufficient[1:]
    ]
    return f" (these pixels cannot tell it from {', '.join(others)})" if others else ""


def _ruled_out(inputs: InputsFound, searched: Searched | None) -> list[str]:
    lines = []
    if inputs.evidence:
        lines.append(f"the inputs alone, though they differ: {inputs.clause}")
    else:
        lines.append("different inputs: flags and structure factors are the same where recorded")
    if searched is None:
        return lines
    failed = [
        trial.hypotheses[0]
        for trial in searched.trials
        if trial.matters and not trial.is_sufficient and len(trial.hypotheses) == 1
    ]
    if failed:
        lines.append(f"alone, and they change these pixels: {_names(failed)}")
    if searched.pointless:
        lines.append(f"no effect at these pixels: {_names(searched.pointless)}")
    return lines


def _names(hypotheses: Sequence[Hypothesis]) -> str:
    return ", ".join(item.name for item in hypotheses)
