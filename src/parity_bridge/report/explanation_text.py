"""The text that ``explain`` prints: the verdict, where two sides differ first, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity_bridge.report.divergence import first_divergence_section
from parity_bridge.report.findings import finding_section
from parity_bridge.report.markdown import escaped
from parity_bridge.report.memo import shapes_section
from parity_bridge.report.wording import verdict_sentence

if TYPE_CHECKING:
    from parity_bridge.bridge.answer import PairAnswer


def explanation_text(pair: PairAnswer) -> str:
    """Return the finding of a pair as Markdown."""
    parts = (
        f"# Why {escaped(pair.comparison.other)} differs from {escaped(pair.comparison.reference)}",
        f"**Verdict: {escaped(verdict_sentence(pair))}.**",
        first_divergence_section(pair),
        finding_section(pair.finding),
        shapes_section(pair),
    )
    return "\n\n".join(part for part in parts if part)
