"""Faults that have no name: none is given a wrong one, and each is said to be what it is."""

from __future__ import annotations

import pytest

from tests.explain.faults import Fault
from tests.explain.test_faults import Record, examined
from tests.explain.unnamed_faults import UNNAMED, UnnamedFault

pytestmark = pytest.mark.usefixtures("fault_inputs")

#: One of each stage; ``make corpus`` has all.
SAMPLE = (
    "one subpixel along fast",
    "q with 2π",
    "indices h k l as l k h",
    "interference squared",
    "F squared too early",
    "polarization without 1/2",
    "steps of oversample alone",
    "fluence doubled",
)
CASES = [
    pytest.param(fault, id=fault.name, marks=() if fault.name in SAMPLE else (pytest.mark.corpus,))
    for fault in UNNAMED
]


@pytest.mark.parametrize("unnamed", CASES)
def test_a_fault_without_a_name_is_characterised(
    unnamed: UnnamedFault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    fault = Fault(unnamed.name, unnamed.flags, "", "", inject=unnamed.inject)
    comparison, finding = examined(fault, monkeypatch)
    first = finding.differences[0]
    record_property("fault", (comparison.exit_status == 3, True, True, False, bool(first.clause)))
    assert comparison.exit_status == 3, "the fault changed nothing"
    assert finding.reason == "unexplained", finding.sentence
    assert finding.names == ()
    assert (first.field, first.clause) == (unnamed.field, unnamed.clause)
    assert first.formula
    assert first.functions


def test_nearly_all_of_them_have_a_kind() -> None:
    assert sum(fault.clause is not None for fault in UNNAMED) >= 0.9 * len(UNNAMED)


def test_the_sample_is_of_these_faults() -> None:
    assert set(SAMPLE) <= {fault.name for fault in UNNAMED}
