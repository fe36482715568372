"""Why two sides differ: inputs, stages of the chain, then behaviours; the first that suffices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parity_bridge.comparison.causes import LIBM_CAUSE, Cause
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.result import Comparison, PixelComparison
from parity_bridge.explain.differences.describe import describe_difference
from parity_bridge.explain.explanation import FieldDifference, Finding, Reason, Trial
from parity_bridge.explain.finding_sentences import (
    agreement_sentence,
    hypotheses_sentence,
    inputs_sentence,
    misread_sentence,
    noise_sentence,
    ruled_out_lines,
    shapes_sentence,
    unexplained_sentence,
    without_word_sentence,
)
from parity_bridge.explain.hypothesis_search import OtherSideInputs, SearchResult, search_hypotheses
from parity_bridge.explain.inputs import InputDifferences, differing_inputs
from parity_bridge.explain.left_out_flags import flags_without_which_sides_agree
from parity_bridge.explain.misread_words import WordSearch
from parity_bridge.explain.other_runner import OtherRunner
from parity_bridge.explain.transplant import TransplantResult, transplant
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.noise_budget import NoiseBudget


@dataclass(frozen=True)
class ComparedSides:
    """Two sides, their comparison, and what is known of how they were computed."""

    comparison: Comparison
    #: The other side, at every pixel of ``reference``.
    others: Sequence[PixelTaps]
    #: None where the reference cannot be run: only its records are known.
    reference: ReferenceRunner | None = None
    #: What the reference recorded.
    ours: Sequence[PixelTaps] = ()
    #: The experiment that the other side was given, where it is known.
    experiment: Experiment | None = None
    #: The other side, where it is an engine that can be run again.
    other: OtherRunner | None = None
    #: Noise budgets of the reference by pixel, where they are known.
    noise: Mapping[tuple[int, int], NoiseBudget] = field(default_factory=dict)
    #: Why there is no reference to run.
    reason: str = "the reference cannot be run: its records come without metadata"

    @property
    def pixels(self) -> tuple[tuple[int, int], ...]:
        """The compared pixels: slow, fast."""
        return tuple(pixel.pixel_coords for pixel in self.comparison.pixels)


def explain(case: ComparedSides) -> Finding:
    """Find the reason; raises what ``Engine.observe`` raises where the reference cannot be run."""
    comparison = case.comparison
    if comparison.verdict == "parity":
        sentence = agreement_sentence(comparison)
        return Finding(reason="agreement", sentence=sentence, pixels=case.pixels)
    inputs = differing_inputs(
        comparison, case.reference, case.others, case.experiment, comparison.tolerances
    )
    words = _word_search(case, inputs)
    return _given_finding(case, inputs, words) or _computed_finding(case, inputs, words)


def _given_finding(
    case: ComparedSides, inputs: InputDifferences, words: WordSearch | None
) -> Finding | None:
    """Return the reason where it lies in what the sides were given; None where it does not."""
    if inputs.is_sufficient:
        return _inputs_finding(case, inputs)
    misread = None if words is None else words.misread_words()
    if misread is not None:
        return _words_finding(case, misread_sentence(case.comparison, misread), misread)
    differs = any(pixel.differing for pixel in case.comparison.pixels)
    if differs or case.comparison.verdict != "shapes differ":
        return None
    if words is not None and (agreeing := words.agreeing_without()):
        return _words_finding(case, without_word_sentence(case.comparison, agreeing), agreeing)
    return _shapes_finding(case, inputs)


def _computed_finding(
    case: ComparedSides, inputs: InputDifferences, words: WordSearch | None
) -> Finding:
    """Find the reason in what the sides computed."""
    comparison, tolerances = case.comparison, case.comparison.tolerances
    differing = [pixel for pixel in comparison.pixels if pixel.differing]
    libm = _libm_cause(differing)
    if case.reference is None:
        return _finding_from_records(case, inputs, libm)
    transplant_result = transplant(case.reference, case.others, tolerances, case.noise)
    if _is_noise(differing) and (transplant_result.differing or libm is not None):
        return _noise_finding(case, inputs, transplant_result, libm)
    search_result = search_hypotheses(
        case.reference, case.others, tolerances, _other_side_inputs(case, inputs), case.other
    )
    if search_result.sufficient:
        return _hypotheses_finding(case, inputs, transplant_result, search_result)
    if words is not None and (agreeing := words.agreeing_without()):
        return _words_finding(case, without_word_sentence(comparison, agreeing), agreeing)
    flags = _agreeing_without_flags(case, inputs, transplant_result)
    return _unexplained_finding(case, inputs, transplant_result, search_result, flags)


def _agreeing_without_flags(
    case: ComparedSides, inputs: InputDifferences, transplant_result: TransplantResult
) -> Sequence[Trial]:
    """Return the flags to blame, where no transplant can say which stage differs."""
    if case.other is None or case.reference is None or case.other.hears_words:
        return ()
    if inputs.evidence or not transplant_result.not_tried:
        return ()
    tolerances = case.comparison.tolerances
    return flags_without_which_sides_agree(case.reference, case.other, tolerances)


def _word_search(case: ComparedSides, inputs: InputDifferences) -> WordSearch | None:
    """Return the search for a word, where both sides can be run with the words that were typed."""
    if case.other is None or case.reference is None or inputs.evidence:
        return None
    if not (case.other.hears_words and case.reference.experiment.typed):
        return None
    return WordSearch(case.reference, case.other, case.comparison.tolerances)


def _words_finding(case: ComparedSides, sentence: str, trials: Sequence[Trial]) -> Finding:
    return Finding(
        reason="words",
        sentence=sentence,
        names=tuple((item.name,) for trial in trials for item in trial.hypotheses),
        pixels=case.pixels,
        trials=tuple(trials),
    )


def _other_side_inputs(case: ComparedSides, inputs: InputDifferences) -> OtherSideInputs | None:
    """Return the inputs of the other side where they are known and differ."""
    if case.experiment is None or not inputs.evidence:
        return None
    return OtherSideInputs(case.experiment, inputs.clause)


def _no_reference_note(case: ComparedSides) -> tuple[str, ...]:
    if case.reference is not None:
        return ()
    return (f"transplants and behaviours: {case.reason}",)


def _shapes_finding(case: ComparedSides, inputs: InputDifferences) -> Finding:
    result = TransplantResult()
    if case.reference is not None and _is_sampled_differently(case):
        result = transplant(case.reference, case.others, case.comparison.tolerances, case.noise)
    return Finding(
        reason="shapes",
        sentence=shapes_sentence(case.comparison, result),
        pixels=case.pixels,
        inputs=inputs.evidence,
        transplants=result.transplants,
        stages=tuple(item.stage for item in result.differing),
        differences=result.differences,
        not_tried=result.not_tried,
    )


def _is_sampled_differently(case: ComparedSides) -> bool:
    """Return whether the sides took different numbers of subpixels at any pixel."""
    return any(ours != theirs for ours, theirs in (p.oversample for p in case.comparison.pixels))


def _inputs_finding(case: ComparedSides, inputs: InputDifferences) -> Finding:
    was_run = case.reference is not None and case.experiment is not None and not inputs.not_tried
    return Finding(
        reason="inputs",
        sentence=inputs_sentence(case.comparison, inputs, was_run=was_run),
        names=(inputs.names,),
        pixels=case.pixels,
        inputs=inputs.evidence,
        not_tried=inputs.not_tried or _no_reference_note(case),
    )


def _finding_from_records(
    case: ComparedSides, inputs: InputDifferences, libm: Cause | None
) -> Finding:
    """Return what can be found where the reference cannot be run again."""
    result = TransplantResult(not_tried=(*inputs.not_tried, *_no_reference_note(case)))
    if libm is not None and _is_noise([p for p in case.comparison.pixels if p.differing]):
        return _noise_finding(case, inputs, result, libm)
    return _unexplained_finding(case, inputs, result, None)


def _is_noise(differing: Sequence[PixelComparison]) -> bool:
    return bool(differing) and all(pixel.is_noise for pixel in differing)


def _libm_cause(differing: Sequence[PixelComparison]) -> Cause | None:
    """Return the cause in the C libraries of the sides where every differing pixel has it."""
    causes = [cause for pixel in differing for cause in pixel.causes if cause.name == LIBM_CAUSE]
    return causes[0] if causes and len(causes) == len(differing) else None


def _noise_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    libm: Cause | None,
) -> Finding:
    return Finding(
        reason="noise",
        sentence=noise_sentence(case.comparison, transplant_result, libm),
        names=() if libm is None else ((libm.name,),),
        pixels=case.pixels,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        differences=transplant_result.differences,
        not_tried=tuple(dict.fromkeys((*inputs.not_tried, *transplant_result.not_tried))),
    )


def _hypotheses_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    search_result: SearchResult,
) -> Finding:
    chosen = search_result.sufficient[0]
    kinds = {item.kind for item in chosen.hypotheses}
    reason: Reason = "behaviours" if kinds <= {"behaviour", "inputs"} else "slips"
    return Finding(
        reason=reason,
        sentence=hypotheses_sentence(case.comparison, inputs, search_result),
        names=tuple(
            tuple(item.name for item in trial.hypotheses) for trial in search_result.sufficient
        ),
        pixels=case.pixels,
        deciding=search_result.deciding,
        held_against=search_result.held_against,
        largest_ulps=chosen.largest_ulps,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        differences=transplant_result.differences,
        trials=search_result.trials,
        ruled_out=tuple(ruled_out_lines(inputs, search_result)),
        not_tried=(*inputs.not_tried, *transplant_result.not_tried, *search_result.not_tried),
    )


def _unexplained_finding(
    case: ComparedSides,
    inputs: InputDifferences,
    transplant_result: TransplantResult,
    search_result: SearchResult | None,
    agreeing: Sequence[Trial] = (),
) -> Finding:
    trials = () if search_result is None else search_result.trials
    left_out = () if search_result is None else search_result.not_tried
    differences = transplant_result.differences or _first_differences(case)
    return Finding(
        reason="unexplained",
        sentence=unexplained_sentence(
            case.comparison, transplant_result, search_result, differences, agreeing
        ),
        pixels=case.pixels,
        inputs=inputs.evidence,
        transplants=transplant_result.transplants,
        stages=tuple(item.stage for item in transplant_result.differing),
        differences=differences,
        trials=trials,
        ruled_out=tuple(ruled_out_lines(inputs, search_result)),
        not_tried=(*inputs.not_tried, *transplant_result.not_tried, *left_out),
    )


def _first_differences(case: ComparedSides) -> tuple[FieldDifference, ...]:
    """Describe the first differing field of the chain, where no stage could be tried."""
    divergences = (pixel.first_divergence for pixel in case.comparison.pixels)
    first = next((item for item in divergences if item is not None), None)
    if first is None:
        return ()
    ours = {side.pixel: side for side in case.ours}
    pairs = [(ours[other.pixel], other) for other in case.others if other.pixel in ours]
    figure = f"{first.tap}.{first.field}"
    return (describe_difference(pairs, figure, case.comparison.tolerances, noise=case.noise),)
