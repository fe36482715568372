"""Whether an experiment tells things apart: computed with the C core, never assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours, behaviour_choices
from parity_bridge.locate.experiments.candidate import ALL_PIXELS, Candidate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation

#: Yields the name of a mistake and the experiment that has it, for every one that is to show.
Mistakes = Callable[["Experiment"], Iterable[tuple[str, "Experiment"]]]

#: Different values that a figure needs, so that finding it among a port's values is no chance.
FEWEST_VALUES = 20


def hidden_from(candidate: Candidate, mistakes: Mistakes) -> list[str]:
    """Return what ``candidate`` does not tell apart: behaviours, mistakes, figures of few values.

    An empty list accepts it. Raises what the C core raises for an experiment that makes no sense.
    """
    experiment = candidate.parsed().experiment
    observations = CCore().observe(experiment, ALL_PIXELS)
    image = _outcome(observations)
    hidden = [
        word
        for word in _switches(candidate.shows)
        if np.array_equal(image, _outcome_of(experiment, Behaviours.parse([word])))
    ]
    hidden += [
        name
        for name, changed in mistakes(experiment)
        if np.array_equal(image, _outcome_of(changed, REFERENCE))
    ]
    return hidden + list(_figures_of_few_values(observations, candidate.varies))


def _switches(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for choice in behaviour_choices(name)[1:]:
            yield f"{name}={choice}"


def _outcome_of(experiment: Experiment, behaviours: Behaviours) -> NDArray[np.float64]:
    return _outcome(CCore().observe(experiment, ALL_PIXELS, behaviours=behaviours))


def _outcome(observations: Sequence[Observation]) -> NDArray[np.float64]:
    """Return the image, and how many lookups each pixel made: one behaviour changes these only."""
    return np.array(
        [(one.totals["intensity"], one.f_cell.counts["total_lookups"]) for one in observations]
    )


def _figures_of_few_values(
    observations: Iterable[Observation], figures: Iterable[str]
) -> Iterator[str]:
    rows = np.concatenate([one.evaluations for one in observations])
    for figure in dict.fromkeys(figures):
        values = rows[figure]
        if len(np.unique(values[np.isfinite(values)])) < FEWEST_VALUES:
            yield figure
