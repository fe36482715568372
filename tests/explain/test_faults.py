"""A collection of defective ports: each is seen, the right figure named first, the reason found."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import runner_of_run as reference_of
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.run import EngineRun, observe
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.explanation import Finding
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.experiment.strategies import experiments
from tests.explain.faults import FAULTS, Fault
from tests.explain.run_findings import explain_runs

ALL = tuple(TAPS_BY_ID.values())
Record = Callable[[str, object], None]
Pixels = tuple[tuple[int, int], ...]


pytestmark = pytest.mark.usefixtures("fault_inputs")


def look(name: str, fault: Fault, flags: str, told: tuple[str, ...] = ()) -> EngineRun:
    return run(name, f"{fault.flags} {flags}", fault.pixels, fault.in_frame, told)


def run(
    name: str, flags: str, pixels: Pixels, in_frame: bool, told: tuple[str, ...] = ()
) -> EngineRun:
    choice = EngineChoice(name, behaviours=told, in_frame=in_frame, check_finite=name == "c")
    targets = [Target(pixel) for pixel in pixels]
    return observe(choice, parse_flags(shlex.split(flags)), targets)


@cache
def noise_of(flags: str, pixels: Pixels, in_frame: bool) -> dict[tuple[int, int], NoiseBudget]:
    """Of the reference, which many faults share."""
    again = reference_of(run("c", flags, pixels, in_frame), ALL)
    assert again is not None
    return {budget.pixel_coords: budget for budget in noise_budgets(again)}


def figures(run: EngineRun) -> list[PixelTaps]:
    return [
        PixelTaps.from_observation(seen, run.engine.implementation, ALL)
        for seen in run.observations
    ]


def examined(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> tuple[Comparison, Finding]:
    """The comparison with the defective port, and the explanation."""
    reference = look("c", fault, fault.reference_flags)
    with monkeypatch.context() as planted:
        if fault.inject is not None:
            fault.inject(planted)
        port = look("torch", fault, fault.port_flags, fault.port_behaviours)
    others = figures(port)
    noise = noise_of(f"{fault.flags} {fault.reference_flags}", fault.pixels, fault.in_frame)
    comparison = compare_runs(figures(reference), others, tolerances_for(), noise)
    return comparison, explain_runs(reference, port, comparison, others, noise)


#: Each fourth fault in the ordinary suite; ``make corpus`` has all.
CASES = [
    pytest.param(fault, id=fault.name, marks=() if place % 4 == 0 else (pytest.mark.corpus,))
    for place, fault in enumerate(FAULTS)
]


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_is_detected_localised_and_explained(
    fault: Fault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    comparison, finding = examined(fault, monkeypatch)
    detected = comparison.exit_status == 3
    firsts = [pixel.first_divergence for pixel in comparison.pixels if pixel.first_divergence]
    localised = (fault.tap, fault.field) in {(first.tap, first.field) for first in firsts[:1]}
    if fault.expected_names is None:
        explained = finding.reason == "unexplained" and finding.stages == fault.stages
    else:
        explained = tuple(sorted(fault.expected_names)) in {
            tuple(sorted(names)) for names in finding.names
        }
    has_name = fault.expected_names is not None
    clauses = [item.clause for item in finding.differences if item.clause]
    record_property("fault", (detected, localised, explained, has_name, bool(clauses)))
    assert detected, "the fault changed nothing"
    assert localised, f"first divergence {firsts[0].tap} {firsts[0].field}"
    assert explained, finding.sentence
    assert has_name or all(item.formula and item.functions for item in finding.differences)


def test_there_is_no_false_alarm(record_property: Record) -> None:
    """Both engines at random experiments: every figure of every tap agrees bit for bit.

    ``make corpus`` examines hundreds of them, in both types (``test_clean_experiments.py``).
    """
    counted = {"experiments": 0, "alarms": 0}

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(experiment=experiments())
    def examine(experiment: Experiment) -> None:
        try:
            ours = CCore().observe(experiment, [(0, 0)])
        except UsageError:
            return
        theirs = TorchPort().observe(experiment, [(0, 0)])
        sides = [
            [PixelTaps.from_observation(item, name, ALL) for item in seen]
            for name, seen in (("c", ours), ("pytorch", theirs))
        ]
        comparison = compare_runs(sides[0], sides[1], tolerances_for())
        counted["experiments"] += 1
        counted["alarms"] += comparison.exit_status != 0
        assert comparison.exit_status == 0, comparison.pixels[0].first_divergence

    examine()
    record_property("clean", (counted["experiments"], counted["alarms"]))
    assert counted["experiments"] >= 50
