"""What all tests share, and the score of the fault collection, at the end of runs that have one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Nothing may depend on how quick the machine is.
settings.register_profile(
    "any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any_machine")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background so, and the tests' own processes inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores already; torch's threads would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def fault_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files that the flags of ``faults.py`` name."""
    from tests.explain.faults import write_inputs

    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    return tmp_path


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans draw nothing: of a small one that takes most of the time."""
    monkeypatch.setattr("parity_bridge.report.scan.writing.figures", lambda *_seen: iter(()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests of ``test_faults.py`` recorded, over all workers."""
    reports = [
        report
        for found in terminalreporter.stats.values()
        for report in found
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    told = [pair for report in reports for pair in report.user_properties]
    faults = [value for name, value in told if name == "fault" and isinstance(value, tuple)]
    if not faults:
        return
    detected, localised, explained = (sum(fault[i] for fault in faults) for i in range(3))
    named = sum(fault[2] for fault in faults if fault[3])
    nameable = sum(fault[3] for fault in faults)
    nameless = [fault[4] for fault in faults if not fault[3]]
    clean = [value for name, value in told if name == "clean" and isinstance(value, tuple)]
    experiments, alarms = (sum(pair[i] for pair in clean) for i in range(2))
    terminalreporter.write_line(
        f"faults: {detected} of {len(faults)} detected, {localised} localised, {explained} "
        f"explained (of {nameable} that have a name {named} were named; of {len(nameless)} without "
        f"{sum(nameless)} have a kind of difference); {alarms} false alarms at {experiments} clean "
        "experiments"
    )
