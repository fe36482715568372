"""Behaviours and slips that make the C core's intensities those of an image.

Sets are found at a few pixels and held against every pixel of the region; pixels at which a set
fails are added, and the search begins again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.comparison.tolerances import EXACT, Tolerances
from parity_bridge.engines.c_core import CCore
from parity_bridge.explain.hypothesis_search import behaviour_candidates, slip_candidates
from parity_bridge.explain.hypothesis_set_search import HypothesisSetSearch
from parity_bridge.explain.images.intensity_runner import (
    IntensityRunner,
    IntensityTrialRunner,
    intensity_taps,
)
from parity_bridge.explain.trial_runner import Candidate, TrialRunner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import Region

#: Searches with more and more pixels, and how many pixels each adds.
_ROUNDS = 3
_ADDED = 6
#: Sets that are held against the whole region.
_MOST_SETS = 8
#: Evaluations of a region that are affordable for each set.
_MOST_OF_REGION = 300_000_000

HypothesisSet = tuple[Candidate, ...]


@dataclass(frozen=True)
class IntensityCase:
    """An image, and the experiment that it may be of."""

    experiment: Experiment
    behaviours: Behaviours
    #: Photons over ``region``, (slow, fast).
    image: NDArray[np.floating]
    region: Region
    #: Pixels (slow, fast) of the region at which the sides differ most.
    pixels: tuple[tuple[int, int], ...]
    tolerances: Tolerances
    #: Where the reference was computed, over ``region``; None: everywhere.
    computed: NDArray[np.bool_] | None = None
    threads: int = 1

    def value(self, pixel: tuple[int, int]) -> float:
        """Return the photons of the image at a pixel."""
        slow, fast = self.region.slow.start, self.region.fast.start
        return float(np.float32(self.image[pixel[0] - slow, pixel[1] - fast]))


@dataclass(frozen=True)
class IntensityMatch:
    """The sets that reproduce an image, the likelier first."""

    sets: tuple[HypothesisSet, ...]
    #: Pixels at which they were compared, and whether these are the whole region.
    pixels: int
    is_whole: bool
    #: Whether the first set gives every float32.
    is_exact: bool


def search_intensities(case: IntensityCase) -> IntensityMatch | None:
    """Return the smallest sets of hypotheses that reproduce the image; None where none does.

    Raise what the C core raises where it cannot be run as the reference was.
    """
    for _ in range(_ROUNDS):
        search = _PixelSearch(case)
        sets = search.sets()
        if not sets:
            return None
        if not search.region_is_affordable:
            return IntensityMatch(tuple(sets), len(case.pixels), False, search.is_exact)
        checks = [_RegionCheck(case, search.trial_runner, chosen) for chosen in sets]
        passed = [check for check in checks if not check.failing]
        if passed:
            return _match_of_region(case, passed)
        # The set that fails at fewest pixels says which to add.
        failing = min((check.failing for check in checks), key=len)
        case = replace(case, pixels=tuple(dict.fromkeys((*case.pixels, *failing[:_ADDED]))))
    return None


def _match_of_region(case: IntensityCase, passed: Sequence[_RegionCheck]) -> IntensityMatch:
    exact = [check for check in passed if check.is_exact]
    sets = tuple(check.chosen for check in exact or passed)
    return IntensityMatch(sets, case.image.size, True, bool(exact))


class _PixelSearch:
    """The search at the pixels of a case."""

    def __init__(self, case: IntensityCase) -> None:
        self._case = case
        self._runner = IntensityRunner(case.experiment, case.pixels, case.behaviours, in_frame=True)
        self.is_exact = True
        self.trial_runner = self._trial_runner(EXACT)

    @property
    def region_is_affordable(self) -> bool:
        """Whether the whole region has few enough evaluations to be held against."""
        each = self._runner.evaluation_count / len(self._runner.pixels)
        return each * self._case.image.size <= _MOST_OF_REGION

    def sets(self) -> list[HypothesisSet]:
        """Return the sets that suffice: to the bit if any does, else within the tolerances.

        There are none where the reference suffices as it is.
        """
        for tolerances in (EXACT, self._case.tolerances):
            self.is_exact = tolerances is EXACT
            self.trial_runner = self._trial_runner(tolerances)
            if self.trial_runner.suffices(()):
                return []
            if singles := self._sufficient_singles():
                return _likelier_first(singles)
        return _likelier_first(HypothesisSetSearch(self.trial_runner, self._effective()).sufficient)

    def _trial_runner(self, tolerances: Tolerances) -> TrialRunner:
        others = [intensity_taps(pixel, self._case.value(pixel)) for pixel in self._runner.pixels]
        return IntensityTrialRunner(self._runner, others, tolerances)

    def _candidates(self) -> Iterator[Candidate]:
        yield from behaviour_candidates(self._runner)
        # A transposed image is recognized from its values.
        yield from (item for item in slip_candidates(self._runner) if not item.swaps_pixels)

    def _sufficient_singles(self) -> list[HypothesisSet]:
        return [(item,) for item in self._candidates() if self.trial_runner.suffices((item,))]

    def _effective(self) -> list[Candidate]:
        """Return the hypotheses that change any intensity here."""
        unchanged = TrialRunner(self._runner, self._runner.pixel_taps, EXACT)
        return [item for item in self._candidates() if not unchanged.suffices((item,))]


def _likelier_first(sets: Sequence[HypothesisSet]) -> list[HypothesisSet]:
    """Return at most ``_MOST_SETS`` of the sets, those with a mean last: an each fits as well."""
    return sorted(sets, key=_takes_a_mean)[:_MOST_SETS]


def _takes_a_mean(chosen: HypothesisSet) -> bool:
    return any(item.hypothesis.name.endswith("=mean") for item in chosen)


class _RegionCheck:
    """The C core under a set over the whole region, held against the image."""

    def __init__(
        self, case: IntensityCase, trial_runner: TrialRunner, chosen: HypothesisSet
    ) -> None:
        self.chosen = chosen
        tolerance = case.tolerances.of("final_output", "image")
        computed = hypothesis_frame(case, trial_runner, chosen, case.region)
        image = case.image.astype(np.float32)
        kept = np.True_ if case.computed is None else case.computed
        self.is_exact = not (exceeds_tolerance(computed, image, None) & kept).any()
        beyond = exceeds_tolerance(computed.astype(np.float64), image.astype(np.float64), tolerance)
        start = np.array([case.region.slow.start, case.region.fast.start])
        places = np.argwhere(beyond & kept) + start
        #: Pixels (slow, fast) at which the set fails.
        self.failing: list[tuple[int, int]] = [(int(slow), int(fast)) for slow, fast in places]


def hypothesis_frame(
    case: IntensityCase, trial_runner: TrialRunner, chosen: HypothesisSet, region: Region | None
) -> NDArray[np.float32]:
    """Return the C core's photons over ``region`` under a set; None: the whole detector."""
    changes = trial_runner.changes(chosen)
    experiment = changes.pop("experiment")
    return CCore().frame(experiment, region, threads=case.threads, **changes).image
