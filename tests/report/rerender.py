"""A report rendered again from the records in its folder."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.bridge.recorded_answer import read_answer
from parity_bridge.report.writing import write_answer


def render(folder: Path) -> PairAnswer:
    """Write what is derived from the records in ``folder``; return the answer of its first pair."""
    answer = read_answer(folder)
    write_answer(folder, answer)
    return answer.against[0]
