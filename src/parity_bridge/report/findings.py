"""The part of the memo that says why the two sides disagree."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.explain.explanation import Finding, Trial
from parity_bridge.report.wording import plural, table


def finding_section(finding: Finding | None) -> str:
    """Return why the two sides disagree, and the evidence; empty without a reason to give."""
    if finding is None or finding.reason == "agreement":
        return ""
    title = "Explanation" if finding.is_sufficient else "Unexplained"
    evidence = (
        (_differing_stages_sentence(finding),)
        if finding.is_sufficient
        else (
            "\n".join(f"- {line}" for line in finding.inputs),
            _transplants_table(finding),
            _bullet_list("Ruled out", finding.ruled_out),
        )
    )
    parts = (
        f"## {title}",
        f"**{finding.sentence}**",
        *evidence,
        _trials_table(finding.trials),
        _bullet_list("Not tried", finding.not_tried),
        f"```sh\n{finding.command}\n```" if finding.command else "",
    )
    return "\n\n".join(part for part in parts if part)


def finding_line(finding: Finding) -> str:
    """Return in one line why the two sides disagree, or what is not explained."""
    return f"{'why' if finding.is_sufficient else 'unexplained'}: {finding.sentence}"


def _differing_stages_sentence(finding: Finding) -> str:
    """Return in a sentence the stages that the two sides compute differently."""
    differing = [item for item in finding.transplants if not item.agrees]
    if not differing:
        return ""
    named = ", ".join(f"{item.what} (`{item.left}`)" for item in differing)
    return (
        f"Transplants: given the other side's own values of all stages before, the C core computes "
        f"every stage alike but for {named}."
    )


def _transplants_table(finding: Finding) -> str:
    if not finding.transplants:
        return ""
    rows = [
        {
            "from the other side's own values before, the C core computes its": item.what,
            "": "the same" if item.agrees else f"differently: `{item.left}`",
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
            "the reference with": " and ".join(f"`{item.name}`" for item in trial.hypotheses),
            "reproduces": f"{trial.reproduced} of {plural(trial.pixels, 'pixel')}",
            "first figure left": "-" if trial.left is None else f"`{trial.left}`",
        }
        for trial in best
    ]
    return f"Hypotheses that change the reference at these pixels:\n\n{table(rows)}"


def _bullet_list(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""
