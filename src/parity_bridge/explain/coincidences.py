"""What reproduces the other side at the compared pixels and yet explains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from parity_bridge.comparison.agreement import differing_figures
from parity_bridge.explain.explanation import Hypothesis
from parity_bridge.explain.trial_runner import Candidate, TrialRunner

if TYPE_CHECKING:
    from parity_bridge.explain.further_pixels import FurtherPixels

#: Taps after the sum, of which every figure is 0 where one factor is.
_FINISHED = ("intensity_post_scale", "final_output")


class Coincidence(NamedTuple):
    """A set of hypotheses, and the pixel that refutes it."""

    hypotheses: tuple[Hypothesis, ...]
    #: Slow, fast; None where the set reproduces an image of 0, as any factor of 0 would.
    pixel: tuple[int, int] | None = None

    @classmethod
    def of_zeros(cls, sets: Sequence[tuple[Candidate, ...]]) -> list[Self]:
        """Return ``sets`` as what would give an image of 0 too."""
        return [cls(tuple(item.hypothesis for item in chosen)) for chosen in sets]

    @classmethod
    def refuted(
        cls, sets: Sequence[tuple[Candidate, ...]], further: FurtherPixels
    ) -> Iterator[Self]:
        """Yield each of ``sets``, which ``further`` refutes, with the first pixel that does."""
        for chosen in sets:
            pixel = further.first_failing(chosen)
            if pixel is not None:
                yield cls(tuple(item.hypothesis for item in chosen), pixel)


def shows_only_zeros(trial_runner: TrialRunner) -> bool:
    """Return whether all that differs is an intensity of 0 at every pixel of the other side."""
    pairs = zip(trial_runner.reference.pixel_taps, trial_runner.others, strict=True)
    figures = [item for pair in pairs for item in differing_figures(*pair, trial_runner.loosest)]
    return bool(figures) and all(tap_id in _FINISHED and value == 0.0 for tap_id, value in figures)
