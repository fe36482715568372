"""The user's own experiment for ``locate``, and pixels of it."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.checks import check_pixels
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, to_flags
from parity_bridge.locate.experiments.candidate import PIXELS_FAST, PIXELS_SLOW
from parity_bridge.locate.experiments.choose import ChosenExperiment

#: What the user's own experiment is called in reports.
GIVEN = "given"


def given_experiment(
    parsed: ParsedFlags, pixels: Sequence[tuple[int, int]] = ()
) -> ChosenExperiment:
    """Return the user's experiment at ``pixels`` (slow, fast) and others spread over the detector.

    One pixel has one value of many a figure, and one value is found anywhere: pixels are added
    until there are as many as in a chosen experiment. Raises UsageError for a pixel outside.
    """
    experiment = parsed.experiment
    check_pixels(pixels, *CCore().scanner(experiment).pixels)
    spread = [pixel for pixel in spread_pixels(experiment) if pixel not in pixels]
    added = spread[: max(0, PIXELS_SLOW * PIXELS_FAST - len(pixels))]
    notes: tuple[str, ...] = ()
    if pixels and added:
        notes = (f"{len(added)} pixels more, so that figures have many values",)
    words = experiment.typed or to_flags(experiment)
    return ChosenExperiment(
        GIVEN, "the flags of the command line", tuple(words), parsed, (*pixels, *added), notes
    )


def spread_pixels(experiment: Experiment) -> list[tuple[int, int]]:
    """Return at most 6 x 8 pixels (slow, fast), evenly spread over the region of interest."""
    roi = CCore().scanner(experiment).roi
    return [
        (slow, fast)
        for slow in _spread(roi.slow, PIXELS_SLOW)
        for fast in _spread(roi.fast, PIXELS_FAST)
    ]


def _spread(places: range, count: int) -> list[int]:
    """Return ``count`` of ``places``, or all of them, each in the middle of its share."""
    count = min(count, len(places))
    return [places[(2 * number + 1) * len(places) // (2 * count)] for number in range(count)]
