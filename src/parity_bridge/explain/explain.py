"""Why two sides disagree: inputs, stages of the chain, then behaviours; the first that suffices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.result import Comparison
from parity_bridge.explain.explanation import Finding, Hypothesis, Reason, Trial
from parity_bridge.explain.hypothesis_search import OtherSideInputs, SearchResult, search_hypotheses
from parity_bridge.explain.inputs import InputDifferences, differing_inputs
from parity_bridge.explain.transplant import TransplantResult, transplant
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class ComparedSides:
    """Two sides and what is known of how they were made."""

    comparison: Comparison
    #: The other side, at every pixel of ``reference``.
    others: Sequence[PixelTaps]
    #: None where the reference cannot be run: only its records are known.
    reference: ReferenceRunner | None = None
    #: What the other side was given, where that is known.
    experiment: Experiment | None = None
    #: Why there is no reference to run.
    reason: str = "the reference cannot be run: its records come without metadata"


def explain(case: ComparedSides) -> Finding:
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
        return _inputs_finding(case, inputs, pixels)
    if not differing and comparison.verdict == "shapes differ":
        return _shapes_finding(case, inputs, pixels)
    if case.reference is None:
        not_tried = (*inputs.not_tried, *_no_reference_note(case))
        return _unexplained_finding(
            case, inputs, TransplantResult(not_tried=not_tried), None, pixels
        )
    transplant_result = transplant(case.reference, case.others, tolerances)
    if transplant_result.differing and differing and all(pixel.is_noise for pixel in differing):
        return _noise_finding(case, inputs, transplant_result, pixels)
    search_result = search_hypotheses(
        case.reference, case.others, tolerances, _other_side_inputs(case, inputs)
    )
    found = _hypotheses_finding if search_result.sufficient else _unexplained_finding
    return found(case, inputs, transplant_result, search_result, pixels)


def _shapes_finding(
    case: ComparedSides, inputs: InputDifferences, pixels: tuple[tuple[int, int], ...]
) -> Finding:
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


def _other_side_inputs(case: ComparedSides, inputs: InputDifferences) -> OtherSideInputs | None:
    """What the other side was given, where that is not the same."""
    if case.experiment is None or not inputs.evidence:
        return None
    return OtherSideInputs(case.experiment, inputs.clause)


def _inputs_finding(
    case: ComparedSides, inputs: InputDifferences, pixels: tuple[tuple[int, int], ...]
) -> Finding:
    names = case.comparison.reference, case.comparison.other
    shown = (
        f"with the inputs of {names[1]} {names[0]} reproduces it {_pixel_count_text(len(pixels))}"
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
        not_tried=inputs.not_tried or _no_reference_note(case),
    )


def _no_reference_note(case: ComparedSides) -> tuple[str, ...]:
    if case.reference is not None:
        return ()
    return (f"transplants and behaviours: {case.reason}",)


def _noise_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    pixels: tuple[tuple[int, int], ...],
) -> Finding:
    where = f" in its {_join_words([item.what for item in transplant_result.differing])}"
    return Finding(
        reason="noise",
        sentence=f"{_subject(case)} rounds otherwise{where}: no figure differs by more than "
        "changes of one unit in the last place of the inputs would make it.",
        pixels=pixels,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        not_tried=(*inputs.not_tried, *transplant_result.not_tried),
    )


def _hypotheses_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    search_result: SearchResult,
    pixels: tuple[tuple[int, int], ...],
) -> Finding:
    chosen = search_result.sufficient[0]
    kinds = {item.kind for item in chosen.hypotheses}
    reason: Reason = "behaviours" if kinds <= {"behaviour", "inputs"} else "slips"
    does = _join_words([item.does for item in chosen.hypotheses])
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
        f"{_pixel_count_text(len(pixels))} {within}"
    )
    return Finding(
        reason=reason,
        sentence=f"{sentence}{_alternatives_text(search_result.sufficient)}.",
        names=tuple(
            tuple(item.name for item in trial.hypotheses) for trial in search_result.sufficient
        ),
        pixels=pixels,
        largest_ulps=chosen.largest_ulps,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        trials=search_result.trials,
        ruled_out=tuple(_ruled_out(inputs, search_result)),
        not_tried=(*inputs.not_tried, *transplant_result.not_tried, *search_result.not_tried),
    )


def _unexplained_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    search_result: SearchResult | None,
    pixels: tuple[tuple[int, int], ...],
) -> Finding:
    trials = () if search_result is None else search_result.trials
    left_out = () if search_result is None else search_result.not_tried
    divergence = _divergence_summary(case, transplant_result)
    return Finding(
        reason="unexplained",
        sentence=f"{divergence}; {_search_summary(search_result)}.",
        pixels=pixels,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        trials=trials,
        ruled_out=tuple(_ruled_out(inputs, search_result)),
        not_tried=(*inputs.not_tried, *transplant_result.not_tried, *left_out),
    )


def _search_summary(search_result: SearchResult | None) -> str:
    if search_result is None:
        return "nothing more could be tried"
    text = "no behaviour of contract §7 or known slip, alone or together, reproduces it"
    if search_result.nearest is None:
        return text
    names = " and ".join(f"`{item.name}`" for item in search_result.nearest.hypotheses)
    return f"{text}, though with {names} it is `{search_result.nearest.left}` that differs first"


def _divergence_summary(case: ComparedSides, transplant_result: TransplantResult) -> str:
    """Which stages differ, or what differs first where that is not known."""
    first = f"{_subject(case)} differs first in `{_first(case)}`"
    if any(pixel.rounding_sensitive for pixel in case.comparison.pixels if pixel.differing):
        first += ", and some nearest indices lie within their noise of a half"
    if not transplant_result.differing:
        return first
    computed = _join_words([f"{item.what} (`{item.left}`)" for item in transplant_result.differing])
    return f"{first}; given its own values before them, it computes its {computed} otherwise"


def _join_words(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _first(case: ComparedSides) -> str:
    firsts = [pixel.first_divergence for pixel in case.comparison.pixels]
    first = next((item for item in firsts if item is not None), None)
    return "the recorded shapes" if first is None else f"{first.tap}.{first.field}"


def _subject(case: ComparedSides) -> str:
    return case.comparison.other


def _pixel_count_text(count: int) -> str:
    words = {1: "at the pixel", 2: "at both pixels"}
    return words.get(count, f"at all {count} pixels")


def _alternatives_text(sufficient: Sequence[Trial]) -> str:
    """Other sets of the same size that these pixels cannot tell from the first."""
    others = [
        " and ".join(f"`{item.name}`" for item in trial.hypotheses) for trial in sufficient[1:]
    ]
    return f" (these pixels cannot tell it from {', '.join(others)})" if others else ""


def _ruled_out(inputs: InputDifferences, search_result: SearchResult | None) -> list[str]:
    lines = []
    if inputs.evidence:
        lines.append(f"the inputs alone, though they differ: {inputs.clause}")
    else:
        lines.append("different inputs: flags and structure factors are the same where recorded")
    if search_result is None:
        return lines
    failed = [
        trial.hypotheses[0]
        for trial in search_result.trials
        if trial.matters and not trial.is_sufficient and len(trial.hypotheses) == 1
    ]
    if failed:
        lines.append(f"alone, and they change these pixels: {_names(failed)}")
    if search_result.without_effect:
        lines.append(f"no effect at these pixels: {_names(search_result.without_effect)}")
    return lines


def _names(hypotheses: Sequence[Hypothesis]) -> str:
    return ", ".join(item.name for item in hypotheses)
