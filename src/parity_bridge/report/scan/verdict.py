"""The verdict of a scan and the reason for it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.report.divergence import first_divergence_section
from parity_bridge.report.findings import finding_line, finding_section
from parity_bridge.report.markdown import escaped
from parity_bridge.report.wording import plural
from parity_bridge.scan.summary import ScanSummary


def banner_sentence(summary: ScanSummary) -> str:
    """Return the verdict and, where the images' values say it, the reason, in one sentence."""
    reason = summary.image_reason
    verdict = scan_verdict_sentence(summary)
    if reason is None or not reason.is_sufficient:
        return verdict
    return f"{verdict}; {reason.clause}"


def scan_verdict_sentence(summary: ScanSummary) -> str:
    """Return the verdict in one sentence."""
    names = f"{summary.reference.name} and {summary.other.name}"
    at = f"{plural(summary.pixels, 'pixel')}"
    match summary.verdict:
        case "parity":
            how = _agreement_text(summary)
            what = "in intensity" if summary.f_cell is None else "in intensity and all of Tap 4"
            return f"parity: {names} agree {what} {how} at {at}"
        case "values differ":
            return f"no parity: {names} disagree, {_differing_counts_text(summary)} of {at}"
        case "thresholds met":
            return (
                f"all thresholds are met; {names} differ {_differing_counts_text(summary)} of {at}"
            )
        case "thresholds missed":
            missed = ", ".join(item.name for item in summary.thresholds if not item.met)
            differing = _differing_counts_text(summary)
            return f"no parity: {missed} missed; {names} differ {differing} of {at}"


def finding_text(summary: ScanSummary, worst: PairAnswer | None, not_tapped: str) -> str:
    """Return as Markdown why the two sides differ; empty where no pixel differs.

    ``worst`` are the taps of the worst pixels, or ``not_tapped`` says why there are none.
    """
    return "\n\n".join(part for part in _finding_parts(summary, worst, not_tapped) if part)


def short_finding_text(summary: ScanSummary, worst: PairAnswer | None, not_tapped: str) -> str:
    """Return the same in one line, for a terminal."""
    if not summary.worst:
        return ""
    reason = summary.image_reason
    if reason is not None:
        return f"{'why' if reason.is_sufficient else 'unexplained'}: {reason.clause}"
    if worst is None:
        return not_tapped
    return _taps_agree_sentence(summary) if worst.finding is None else finding_line(worst.finding)


def _finding_parts(
    summary: ScanSummary, worst: PairAnswer | None, not_tapped: str
) -> Iterator[str]:
    if not summary.worst:
        return
    yield _image_reason_text(summary)
    if worst is None:
        is_said = summary.image_reason is not None and summary.other.kind == "image"
        yield "" if is_said else escaped(not_tapped)
        return
    if worst.comparison.exit_status == 0:
        yield escaped(_taps_agree_sentence(summary))
        return
    yield _demoted_heading(first_divergence_section(worst))
    yield _demoted_heading(finding_section(worst.finding))


def _image_reason_text(summary: ScanSummary) -> str:
    """Return what the values of the images say, and what that rests on; empty where nothing."""
    reason = summary.image_reason
    if reason is None:
        return ""
    clause = f"**{escaped(reason.clause)}.**"
    if reason.is_sufficient:
        clause += f" I are the photons of {escaped(summary.reference.name)}."
    return "\n\n".join((clause, *map(escaped, reason.evidence)))


def _taps_agree_sentence(summary: ScanSummary) -> str:
    return (
        f"Tapped one by one, the worst pixels agree in every figure of every tap: "
        f"{summary.other.name} differs only where it computes whole regions."
        if summary.beyond_tolerance_intensity or summary.differing_f_cell
        else "Tapped one by one, the worst pixels agree within the tolerances in every tap."
    )


def _agreement_text(summary: ScanSummary) -> str:
    """Say how closely two sides agree; exactly only where every digit was compared."""
    if summary.differing_intensity or _differs_in_tap4(summary):
        return f"within the tolerances for {summary.tolerances}"
    return "as rounded to float64" if summary.rounded else "exactly"


def _demoted_heading(section: str) -> str:
    """Return ``section`` with its heading one level down."""
    return section.replace("## ", "### ", 1) if section.startswith("## ") else section


def _differs_in_tap4(summary: ScanSummary) -> bool:
    """Say whether Tap 4 differs at all, within its tolerance or beyond."""
    return any(item.differing for item in summary.f_cell or ())


def _differing_counts_text(summary: ScanSummary) -> str:
    counts = [f"in intensity at {summary.beyond_tolerance_intensity}"]
    if summary.differing_f_cell is not None:
        counts.append(f"in Tap 4 at {summary.differing_f_cell}")
    return " and ".join(counts)
