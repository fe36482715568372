"""The part of the memo that says why the two sides disagree."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.explain.explanation import FieldDifference, Finding, Trial
from parity_bridge.report.markdown import Markdown, code, code_block, code_cell, escaped, table
from parity_bridge.report.wording import plural


def finding_section(finding: Finding | None) -> str:
    """Return why the two sides disagree, and the evidence; empty without a reason to give."""
    if finding is None:
        return ""
    agrees = finding.reason == "agreement"
    if agrees and finding.compared_again_in is None:
        return ""
    title = "Explanation" if finding.is_sufficient else "Unexplained"
    title = "What float32 hides" if agrees else title
    evidence = (
        (_differing_stages_sentence(finding),)
        if finding.is_sufficient or agrees
        else (
            "\n".join(f"- {escaped(line)}" for line in finding.inputs),
            _transplants_table(finding),
            _bullet_list("Ruled out", finding.ruled_out),
        )
    )
    parts = (
        f"## {title}",
        f"**{escaped(finding.sentence)}**",
        "\n".join(f"- {line}" for line in _difference_lines(finding)),
        *evidence,
        _held_against_sentence(finding),
        # Those of words are no hypotheses about the reference.
        "" if finding.reason == "words" else _trials_table(finding.trials),
        _bullet_list("Not tried", finding.not_tried),
        code_block(finding.command, "sh") if finding.command else "",
    )
    return "\n\n".join(part for part in parts if part)


def finding_line(finding: Finding) -> str:
    """Return in one line why the two sides disagree, or what is not explained."""
    return f"{'why' if finding.is_sufficient else 'unexplained'}: {finding.sentence}"


def formula_lines(finding: Finding) -> list[str]:
    """Return, for a terminal, what the reference computes where nothing explains a difference."""
    if finding.is_sufficient:
        return []
    return [
        f"reference: {item.field}{_formula_text(item)}"
        for item in finding.differences
        if item.formula or item.functions
    ]


def _difference_lines(finding: Finding) -> list[str]:
    """Return each differing field in Markdown: kind of difference, formula and functions."""
    return [
        f"{code(item.field)} ({escaped(item.definition)}): "
        f"{escaped(item.clause or 'no simple relation')}. Reference{escaped(_formula_text(item))}"
        for item in finding.differences
    ]


def _formula_text(item: FieldDifference) -> str:
    """Return formula, contract section and functions of a field, after what they belong to."""
    where = [f"contract §{item.section}"] if item.section else []
    where += [f"C core: {', '.join(item.functions)}"] if item.functions else []
    return f": {item.formula or item.definition} ({'; '.join(where)})"


def _differing_stages_sentence(finding: Finding) -> str:
    """Return in a sentence the stages that the two sides compute differently."""
    differing = [item for item in finding.transplants if not item.agrees]
    if not differing:
        return ""
    named = ", ".join(f"{escaped(item.what)} ({_left_code(item.left)})" for item in differing)
    return (
        f"Transplants: given the other side's own values of all stages before, the C core computes "
        f"the same in every stage except {named}."
    )


def _held_against_sentence(finding: Finding) -> str:
    """Return the further pixels at which the reason was found to hold; empty without any."""
    if not finding.held_against:
        return ""
    listed = ", ".join(f"{slow} {fast}" for slow, fast in finding.held_against)
    return f"The other side was run at further pixels, where this holds too: {listed}."


def _transplants_table(finding: Finding) -> str:
    if not finding.transplants:
        return ""
    rows = [
        {
            "from the other side's own values before, the C core computes its": item.what,
            "": "the same" if item.agrees else _differently_cell(item.left),
        }
        for item in finding.transplants
    ]
    return f"Transplants:\n\n{table(rows)}"


def _trials_table(trials: Sequence[Trial]) -> str:
    effective_trials = [trial for trial in trials if trial.matters]
    if not effective_trials:
        return ""
    best = sorted(effective_trials, key=lambda trial: -trial.reproduced)
    rows = [
        {
            "the reference with": _hypotheses_cell(trial),
            "reproduces": f"{trial.reproduced} of {plural(trial.pixels, 'pixel')}",
            "first figure left": "-" if trial.left is None else code_cell(trial.left),
        }
        for trial in best
    ]
    return f"Hypotheses that change the reference at these pixels:\n\n{table(rows)}"


def _left_code(left: str | None) -> str:
    return code("None" if left is None else left)


def _differently_cell(left: str | None) -> Markdown:
    return Markdown(f"differently: {code_cell('None' if left is None else left)}")


def _hypotheses_cell(trial: Trial) -> Markdown:
    return Markdown(" and ".join(code_cell(item.name) for item in trial.hypotheses))


def _bullet_list(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n\n" + "\n".join(f"- {escaped(line)}" for line in lines) if lines else ""
