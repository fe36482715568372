"""An engine compared with the reference in a program or a test: an answer that prints itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.answer import Answer
from parity_bridge.bridge.explain import find_full_reason
from parity_bridge.bridge.reproduction import run_command
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.folder import remove_folder
from parity_bridge.records.metadata import RunContext
from parity_bridge.report.failure_text import failure_text
from parity_bridge.report.wording import verdict_sentence
from parity_bridge.report.writing import write_report

if TYPE_CHECKING:
    from parity_bridge.bridge.answer import PairAnswer
    from parity_bridge.bridge.question import Question
    from parity_bridge.comparison.result import Comparison, Difference
    from parity_bridge.explain.explanation import Finding


@dataclass(frozen=True)
class Parity:
    """An engine against the reference: the comparison, and why they disagree where they do."""

    question: Question
    pair: PairAnswer

    @property
    def comparison(self) -> Comparison:
        """Verdict, exit status, and every field of every tap."""
        return self.pair.comparison

    @property
    def taps(self) -> tuple[str, ...]:
        """Names of the requested taps."""
        return self.question.taps

    @property
    def agrees(self) -> bool:
        """Whether the two are at parity."""
        return self.pair.agrees

    @property
    def first_divergence(self) -> Difference | None:
        """The earliest figure of the chain that differs, at the first pixel that has it."""
        firsts = (pixel.first_divergence for pixel in self.comparison.pixels)
        return next((first for first in firsts if first is not None), None)

    @cached_property
    def finding(self) -> Finding | None:
        """Why the two disagree; None where they agree."""
        return None if self.agrees else find_full_reason(self.pair)

    def __bool__(self) -> bool:
        """Whether the two are at parity."""
        return self.agrees

    def __repr__(self) -> str:
        """Return the verdict; ``str`` says more, and all records would fill many screens."""
        return f"<Parity {verdict_sentence(self.pair)}>"

    def __str__(self) -> str:
        """Return the verdict where they agree; else also first divergence, worst figure, reason."""
        if self.agrees:
            return verdict_sentence(self.pair)
        return failure_text(replace(self.pair, finding=self.finding))


def write_parity_report(parity: Parity, folder: Path, name: str) -> Path:
    """Write the report that ``run`` would have left to ``folder / name``, replacing it.

    Raises FileError where that cannot be written.
    """
    target = folder.absolute() / name
    remove_folder(target)
    context = RunContext(run_command(parity.question), utc_now(), name)
    finding = parity.finding
    if finding is not None:
        finding = finding.model_copy(update={"command": context.command})
    answer = Answer((replace(parity.pair, finding=finding),))
    write_report(target, answer, parity.question, context)
    return target
