"""Words that the other side, a program that hears them as typed, reads differently than we do.

Our own reader may be wrong about a word, and so may the program: the same experiment in plain
flags shows which. Then word after word is tried by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from parity_bridge.comparison.agreement import first_differing_field
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from parity_bridge.explain.explanation import Hypothesis, Trial
from parity_bridge.explain.other_runner import OtherRunner
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: Most flags of a command line that are tried; each takes runs of the program.
_MOST_FLAGS = 60

_PLAIN = Hypothesis(
    kind="word", name="the words as typed", does="reads the same experiment in plain flags"
)


class WordSearch:
    """Runs both sides with the same words, and compares them with each other."""

    def __init__(
        self, reference: ReferenceRunner, hearer: OtherRunner, tolerances: Tolerances
    ) -> None:
        self._reference, self._hearer, self._tolerances = reference, hearer, tolerances

    def misread_words(self) -> list[Trial] | None:
        """Return a trial for each flag typed that the two sides may read differently.

        Return None unless the other side, given the same experiment in plain flags, agrees: then
        nothing but the words can be the reason. The trials are of command lines without the flag,
        in which the sides agree, or, where there are none, of the plain flags with the flag after
        them, in which they differ.
        """
        plain = self._reference.experiment.with_typed(())
        try:
            agrees = self._trial(_PLAIN, plain, self._reference.pixel_taps).is_sufficient
        except BridgeError:
            return None
        if not agrees:
            return None
        flags = to_flags(plain)
        added = ((group, (*flags, *group)) for group in self._groups)
        return self.agreeing_without() or [
            trial for trial in self._trials(added) if not trial.is_sufficient
        ]

    def agreeing_without(self) -> list[Trial]:
        """Return a trial for each flag typed without which the two sides agree.

        Trials in which all intensities are 0 show nothing, and are left out.
        """
        typed = self._groups
        left_out = (
            (group, tuple(word for other in typed if other is not group for word in other))
            for group in typed
        )
        return [trial for trial in self._trials(left_out) if trial.is_sufficient and trial.matters]

    @property
    def _groups(self) -> list[tuple[str, ...]]:
        """Each flag typed with the words that follow it."""
        typed = self._reference.experiment.typed
        starts = [place for place, word in enumerate(typed) if is_flag_word(word)][:_MOST_FLAGS]
        return [
            tuple(typed[start:end])
            for start, end in zip(starts, [*starts[1:], len(typed)], strict=False)
        ]

    def _trials(self, lines: Iterator[tuple[tuple[str, ...], tuple[str, ...]]]) -> Iterator[Trial]:
        """Run both sides with each command line that both can read."""
        for group, words in lines:
            name = " ".join(group)
            hypothesis = Hypothesis(kind="word", name=name, does=f"reads `{name}` differently")
            try:
                read = parse_flags(words, as_original=True)
                experiment = read.experiment.with_typed(words)
                reruns = self._reference.rerun(experiment=experiment)
                yield self._trial(hypothesis, experiment, reruns)
            except BridgeError:
                continue

    def _trial(
        self, hypothesis: Hypothesis, experiment: Experiment, reruns: Sequence[PixelTaps]
    ) -> Trial:
        others = self._hearer.figures(experiment, self._reference.pixels)
        left = [
            first_differing_field(rerun, other, self._tolerances)
            for rerun, other in zip(reruns, others, strict=True)
        ]
        return Trial(
            hypotheses=(hypothesis,),
            reproduced=left.count(None),
            pixels=len(left),
            matters=any(map(_holds_anything, reruns)),
            left=next((name for name in left if name is not None), None),
        )


def _holds_anything(pixel_taps: PixelTaps) -> bool:
    """Return whether any figure of the final tap is not 0."""
    final = pixel_taps.taps.get("final_output")
    return final is None or bool(final.pixel.get("intensity"))
