"""Faults of each stage without a name: none is given a wrong one, nearly all are described."""

from __future__ import annotations

import pytest

from tests.explain.described import check_described, sampled
from tests.explain.stage_faults import STAGES
from tests.explain.test_faults import Record
from tests.explain.unnamed_faults import UnnamedFault

pytestmark = pytest.mark.usefixtures("fault_inputs")

#: For the ordinary suite; ``make corpus`` has all.
SAMPLE = ("wavelengths in nm", "polarization divided out", "fluence left out")


@pytest.mark.parametrize("unnamed", sampled(STAGES, SAMPLE))
def test_a_fault_of_a_stage_is_described(
    unnamed: UnnamedFault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    check_described(unnamed, monkeypatch, record_property)


def test_most_of_them_have_a_kind() -> None:
    assert sum(fault.clause is not None for fault in STAGES) >= 0.75 * len(STAGES)
