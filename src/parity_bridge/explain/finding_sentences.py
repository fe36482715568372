"""The sentences of a finding, in the words that a user reads."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.comparison.causes import Cause
from parity_bridge.comparison.result import Comparison
from parity_bridge.explain.coincidences import Coincidence
from parity_bridge.explain.explanation import (
    DecidingPixel,
    FieldDifference,
    Hypothesis,
    Transplant,
    Trial,
)
from parity_bridge.explain.hypothesis_search import SearchResult
from parity_bridge.explain.inputs import InputDifferences
from parity_bridge.explain.transplant import TransplantResult


def agreement_sentence(comparison: Comparison) -> str:
    """Say that both sides agree."""
    return f"{comparison.other} and {comparison.reference} agree; nothing is to be explained."


def shapes_sentence(comparison: Comparison, transplant_result: TransplantResult) -> str:
    """Say how the recorded shapes differ, and why where the numbers of subpixels do."""
    names = f"{comparison.other} and {comparison.reference}"
    oversamplings = (pixel.oversample for pixel in comparison.pixels)
    differing = next((pair for pair in oversamplings if pair[0] != pair[1]), None)
    if differing is None:
        return f"{names} did not record the same; what both recorded agrees."
    return (
        f"{names} took {differing[1]} and {differing[0]} subpixels along each edge; nothing was "
        f"compared{_stages_text(transplant_result, transplant_result.differences)}."
    )


def inputs_sentence(comparison: Comparison, inputs: InputDifferences, *, was_run: bool) -> str:
    """Say that different inputs explain everything.

    ``was_run`` says whether the reference was run with the other side's inputs to show it.
    """
    reference, other = comparison.reference, comparison.other
    shown = (
        f"with the inputs of {other} {reference} reproduces it {_pixels_text(comparison)}"
        if was_run
        else "every recorded figure before the first lookup agrees, and nothing could be run to "
        "show that this is all"
    )
    return f"{inputs.label}: {inputs.clause}; {shown}."


def misread_sentence(comparison: Comparison, misread: Sequence[Trial]) -> str:
    """Say that the other side reads words differently than we do, as plain flags show."""
    reference, other = comparison.reference, comparison.other
    shown = f"in plain flags the same experiment agrees with {reference} {_pixels_text(comparison)}"
    if not misread:
        return f"{other} reads the words typed differently than parity_bridge does: {shown}."
    if misread[0].is_sufficient:
        words, alternatives = _quoted_names(misread[0].hypotheses), _alternatives_text(misread)
        shown += f", and so do the words typed without {words} on both sides{alternatives}"
    else:
        words = _join_words([_quoted_names(trial.hypotheses) for trial in misread])
        shown += f", and with {words} after them it does not"
    return f"{other} reads {words} differently than parity_bridge does: {shown}."


def without_word_sentence(comparison: Comparison, agreeing: Sequence[Trial]) -> str:
    """Say that the two sides agree once a word is left out; the first of ``agreeing``."""
    reference, other = comparison.reference, comparison.other
    return (
        f"{other} and {reference} make different things of {_quoted_names(agreeing[0].hypotheses)}:"
        f" without it, on both sides, they agree {_pixels_text(comparison)}"
        f"{_alternatives_text(agreeing)}."
    )


def noise_sentence(
    comparison: Comparison, transplant_result: TransplantResult, libm: Cause | None = None
) -> str:
    """Say that only rounding differs, in which stages where known, and why where it is ``libm``."""
    stages = [item.what for item in transplant_result.differing]
    where = f" in its {_join_words(stages)}" if stages else ""
    why = "" if libm is None else f"; {libm.name}: {libm.sentence}"
    return (
        f"{comparison.other} rounds differently{where}: no figure differs by more than changes of "
        f"one unit in the last place of the inputs would make it{why}."
    )


def hypotheses_sentence(
    comparison: Comparison,
    inputs: InputDifferences,
    search_result: SearchResult,
) -> str:
    """Say which hypotheses reproduce the other side, and which pixel would tell several apart."""
    other, sufficient = comparison.other, search_result.sufficient
    within = _within_text(comparison, inputs, sufficient[0])
    shown = f"the C core reproduces it {_pixels_text(comparison)} {within}"
    little = "; so few intensities are little evidence, more pixels would show whether it holds"
    if len(sufficient) == 1:
        chosen = sufficient[0].hypotheses
        doubt = little if search_result.is_little else ""
        return f"{other} {_does_text(chosen)}; with {_quoted_names(chosen)} {shown}{doubt}."
    each = [
        f"{_does_text(trial.hypotheses)} ({_quoted_names(trial.hypotheses)})"
        for trial in sufficient
    ]
    which = "either" if len(each) == 2 else "each"
    return (
        f"these pixels cannot tell whether {other} {', '.join(each[:-1])} or {each[-1]}: with "
        f"{which} {shown}{_deciding_text(search_result.deciding, len(each))}."
    )


def _deciding_text(deciding: DecidingPixel | None, sets: int) -> str:
    """Say which pixel would tell the sets apart; empty where none was tried."""
    if deciding is None:
        return ""
    if deciding.pixel is None:
        return f"; none of {deciding.tried} pixels of the frame tells them apart by its intensity"
    slow, fast = deciding.pixel
    which = "" if deciding.told_apart == sets else f" {deciding.told_apart} of them"
    return f"; pixel {slow} {fast} would tell{which}"


def _does_text(hypotheses: Sequence[Hypothesis]) -> str:
    return _join_words([item.does for item in hypotheses])


def _within_text(comparison: Comparison, inputs: InputDifferences, chosen: Trial) -> str:
    """Say how well the reference reproduces the other side, and what makes no difference."""
    tolerances = comparison.tolerances
    within = f"within the tolerances of {tolerances.file or tolerances.case}"
    if tolerances.are_exact:
        within = f"to {chosen.largest_ulps} ULP"
    if chosen.but_for_rounding:
        within = "but for rounding"
    if inputs.evidence and all(item.kind != "inputs" for item in chosen.hypotheses):
        within += f" (that {inputs.clause} makes no difference here)"
    return within


def unexplained_sentence(
    comparison: Comparison,
    transplant_result: TransplantResult,
    search_result: SearchResult | None,
    differences: Sequence[FieldDifference] = (),
    agreeing: Sequence[Trial] = (),
) -> str:
    """Say what differs and in what way, and that no hypothesis explains it.

    ``agreeing`` are trials of both sides without a flag, in which they agree.
    """
    divergence = _divergence_text(comparison, transplant_result, differences)
    return f"{divergence}{_without_text(comparison, agreeing)}; {_search_summary(search_result)}."


def _without_text(comparison: Comparison, agreeing: Sequence[Trial]) -> str:
    """Say without which flags the sides agree, each left out by itself."""
    if not agreeing:
        return ""
    names = " or ".join(_quoted_names(trial.hypotheses) for trial in agreeing)
    return f"; without {names}, on both sides, they agree {_pixels_text(comparison)}"


def ruled_out_lines(inputs: InputDifferences, search_result: SearchResult | None) -> list[str]:
    """List what cannot be the reason: inputs, and hypotheses that fail or have no effect."""
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
        lines.append(f"alone, and they change these pixels: {_plain_names(failed)}")
    if search_result.without_effect:
        lines.append(f"no effect at these pixels: {_plain_names(search_result.without_effect)}")
    return lines


def _search_summary(search_result: SearchResult | None) -> str:
    if search_result is None:
        return "nothing more could be tried"
    text = _coincidences_text(search_result.coincidences) or (
        "no behaviour of contract §7 or known slip, alone or together, reproduces it"
    )
    if search_result.nearest is None:
        return text
    names = _quoted_names(search_result.nearest.hypotheses)
    return f"{text}, though with {names} it is `{search_result.nearest.left}` that differs first"


def _coincidences_text(coincidences: Sequence[Coincidence]) -> str:
    """Say what reproduces the pixels and yet explains nothing; empty without any."""
    zeros = [_quoted_names(item.hypotheses) for item in coincidences if item.pixel is None]
    if zeros:
        return (
            f"its image is 0 at every pixel that was run, which {' or '.join(zeros)} would explain "
            "as any factor of 0 would: these pixels cannot tell"
        )
    if not coincidences:
        return ""
    names, (slow, fast) = _quoted_names(coincidences[0].hypotheses), coincidences[0].pixel or (0, 0)
    return f"{names} reproduces these pixels by coincidence, and not pixel {slow} {fast}"


def _divergence_text(
    comparison: Comparison,
    transplant_result: TransplantResult,
    differences: Sequence[FieldDifference],
) -> str:
    """Say what differs first and, where that is known, which stages differ."""
    first = f"{comparison.other} differs first in `{_first_figure(comparison, differences)}`"
    first += "".join(_clause_text(item) for item in differences if item.stage is None)
    if any(pixel.rounding_sensitive for pixel in comparison.pixels if pixel.differing):
        first += ", and some nearest indices lie within their noise of a half"
    return first + _stages_text(transplant_result, differences)


def _stages_text(
    transplant_result: TransplantResult, differences: Sequence[FieldDifference]
) -> str:
    """Say which stages differ by themselves; empty where none is known to."""
    if not transplant_result.differing:
        return ""
    stages = _join_words([_stage_text(item, differences) for item in transplant_result.differing])
    return f"; given its own values before them, it computes its {stages} differently"


def _stage_text(stage: Transplant, differences: Sequence[FieldDifference]) -> str:
    """Say what a stage computes differently; the parts of the setup one by one."""
    own = [item for item in differences if item.stage == stage.stage]
    parts = dict.fromkeys(item.part for item in own if item.part is not None)
    if not parts:
        return f"{stage.what} (`{stage.left}`{''.join(map(_clause_text, own))})"
    return _join_words(
        [f"{part} ({_roots_text([item for item in own if item.part == part])})" for part in parts]
    )


def _roots_text(roots: Sequence[FieldDifference]) -> str:
    """Name fields of the setup, how each differs, and which others follow from them."""
    text = _join_words([f"`{root.field}`{_clause_text(root)}" for root in roots])
    followers = list(dict.fromkeys(name for root in roots for name in root.followed_by))
    if followers:
        verb = "follows" if len(followers) == 1 else "follow"
        text += f"; {_join_words(followers)} {verb} from {'it' if len(roots) == 1 else 'them'}"
    return text


def _clause_text(difference: FieldDifference) -> str:
    return f": {difference.clause}" if difference.clause else ""


def _first_figure(comparison: Comparison, differences: Sequence[FieldDifference]) -> str:
    """Return the first figure that differs; of the setup the first that differs by itself."""
    roots = [item.field for item in differences if item.part is not None]
    if roots:
        return roots[0]
    divergences = (pixel.first_divergence for pixel in comparison.pixels)
    first = next((item for item in divergences if item is not None), None)
    return "the recorded shapes" if first is None else f"{first.tap}.{first.field}"


def _pixels_text(comparison: Comparison) -> str:
    count = len(comparison.pixels)
    words = {1: "at the pixel", 2: "at both pixels"}
    return words.get(count, f"at all {count} pixels")


def _alternatives_text(sufficient: Sequence[Trial]) -> str:
    """Name further sets of the same size that these pixels cannot distinguish from the first."""
    others = [_quoted_names(trial.hypotheses) for trial in sufficient[1:]]
    return f" (these pixels cannot tell it from {', '.join(others)})" if others else ""


def _join_words(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _plain_names(hypotheses: Sequence[Hypothesis]) -> str:
    return ", ".join(item.name for item in hypotheses)


def _quoted_names(hypotheses: Sequence[Hypothesis]) -> str:
    return " and ".join(f"`{item.name}`" for item in hypotheses)
