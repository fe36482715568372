"""Faults that have no name: none is given a wrong one, and each is said to be what it is."""

from __future__ import annotations

import pytest

from tests.explain.described import check_described, sampled
from tests.explain.test_faults import Record
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


@pytest.mark.parametrize("unnamed", sampled(UNNAMED, SAMPLE))
def test_a_fault_without_a_name_is_characterised(
    unnamed: UnnamedFault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    check_described(unnamed, monkeypatch, record_property)


def test_nearly_all_of_them_have_a_kind() -> None:
    assert sum(fault.clause is not None for fault in UNNAMED) >= 0.9 * len(UNNAMED)


def test_the_sample_is_of_these_faults() -> None:
    assert set(SAMPLE) <= {fault.name for fault in UNNAMED}
