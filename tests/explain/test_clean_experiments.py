"""Experiments over all flags at which two sound engines agree, or only float32 tells them apart.

The port computes each in float64 and in float32. No difference may be alleged: in float64 none of
any bit, in float32 none beyond its tolerances or, where there is one, a name for it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from parity_bridge.api import Parity, compare
from parity_bridge.bridge.chosen_engine import choose_engine
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.experiment.flags.random_command_lines import random_command_line
from tests.experiment.strategies import experiments
from tests.explain.test_faults import Record

#: Reasons that allege no mistake.
_CLEAN = ("agreement", "noise")
_MOST_EVALUATIONS = 2_000


def drawn(seed: int) -> Experiment | None:
    """Return the experiment of the command line of ``seed``; None where it describes none."""
    line = random_command_line(Random(seed))  # noqa: S311 - no secret
    line.write_files(Path())
    try:
        experiment = parse_flags(line.words, as_original=True).experiment
        (seen,) = CCore().observe(experiment, [(0, 0)])
    except BridgeError:
        return None
    return experiment if len(seen.evaluations) <= _MOST_EVALUATIONS else None


def pixels_of(experiment: Experiment) -> list[tuple[int, int]]:
    """Return the first pixel and the last one."""
    slow, fast = CCore().scanner(experiment).pixels
    return list(dict.fromkeys([(0, 0), (slow - 1, fast - 1)]))


def outcome(parity: Parity) -> str:
    """Return why the engines differ, in a word, with what would be alleged."""
    if parity.agrees:
        return "agreement"
    finding = parity.finding
    assert finding is not None
    return finding.reason if finding.reason in _CLEAN else f"{finding.reason}: {finding.sentence}"


class Examination:
    """Experiments, what came of each in both dtypes, and the alarms."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.alarms: list[tuple[str, str]] = []
        self.experiments = 0

    def examine(self, experiment: Experiment) -> None:
        """Compare the engines at ``experiment``, in float64 and in float32."""
        self.experiments += 1
        for dtype in ("float64", "float32"):
            port = choose_engine("torch", dtype=dtype)
            came = outcome(compare(experiment, pixels_of(experiment), "c", port))
            self.outcomes[dtype, came.partition(":")[0]] += 1
            if came not in _CLEAN:
                self.alarms.append((dtype, came))

    def check(self, record: Record) -> None:
        """Check that float64 agreed everywhere, and that float32 had nothing but noise."""
        print(f"{self.experiments} experiments: {dict(self.outcomes)}")  # noqa: T201 - the score
        record("clean", (2 * self.experiments, len(self.alarms)))
        assert self.alarms == []
        assert self.outcomes["float64", "agreement"] == self.experiments


def examined_lines(count: int, first: int) -> Examination:
    """Examine the first ``count`` command lines that describe an experiment, from a seed on."""
    examination, seed = Examination(), first
    while examination.experiments < count:
        experiment = drawn(seed)
        if experiment is not None:
            examination.examine(experiment)
        seed += 1
    return examination


@pytest.mark.usefixtures("empty_folder")
def test_five_command_lines_raise_no_alarm(record_property: Record) -> None:
    examined_lines(5, 10_000).check(record_property)


@pytest.mark.corpus
@pytest.mark.usefixtures("empty_folder")
def test_three_hundred_command_lines_raise_no_alarm(record_property: Record) -> None:
    examined_lines(300, 0).check(record_property)


@pytest.mark.corpus
@pytest.mark.usefixtures("empty_folder")
def test_extreme_experiments_raise_no_alarm(record_property: Record) -> None:
    """Values at the ends of their ranges: sums beyond float32, lattice factors below it."""
    examination = Examination()

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(experiment=experiments())
    def examine(experiment: Experiment) -> None:
        try:
            (seen,) = CCore().observe(experiment, [(0, 0)])
        except BridgeError:
            return
        if len(seen.evaluations) <= _MOST_EVALUATIONS:
            examination.examine(experiment)

    examine()
    examination.check(record_property)
    assert examination.experiments >= 200
