"""Faults of each stage without a name: none is given a wrong one, nearly all are described."""

from __future__ import annotations

import pytest

from tests.explain.faults import Fault
from tests.explain.stage_faults import STAGES
from tests.explain.test_faults import Record, examined
from tests.explain.unnamed_faults import UnnamedFault

pytestmark = pytest.mark.usefixtures("fault_inputs")

#: For the ordinary suite; ``make corpus`` has all.
SAMPLE = ("wavelengths in nm", "polarization divided out", "fluence left out")
CASES = [
    pytest.param(fault, id=fault.name, marks=() if fault.name in SAMPLE else (pytest.mark.corpus,))
    for fault in STAGES
]


@pytest.mark.parametrize("unnamed", CASES)
def test_a_fault_of_a_stage_is_described(
    unnamed: UnnamedFault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    fault = Fault(unnamed.name, unnamed.flags, "", "", inject=unnamed.inject)
    comparison, finding = examined(fault, monkeypatch)
    first = finding.differences[0]
    record_property("fault", (comparison.exit_status == 3, True, True, False, bool(first.clause)))
    assert comparison.exit_status == 3, "the fault changed nothing"
    assert (finding.reason, finding.names) == ("unexplained", ()), finding.sentence
    assert (first.field, first.clause) == (unnamed.field, unnamed.clause)
    assert first.formula
    assert first.functions


def test_most_of_them_have_a_kind() -> None:
    assert sum(fault.clause is not None for fault in STAGES) >= 0.75 * len(STAGES)
