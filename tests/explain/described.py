"""What is asked of a fault that has no name: described, and given no wrong name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import pytest

from tests.explain.faults import Fault
from tests.explain.test_faults import Record, examined
from tests.explain.unnamed_faults import UnnamedFault


class Named(Protocol):
    @property
    def name(self) -> str: ...


def sampled(faults: Sequence[Named], sample: Collection[str]) -> list[Any]:
    """Return the parameters of a test: ``sample`` in the ordinary suite, all in ``make corpus``."""
    return [
        pytest.param(fault, id=fault.name, marks=() if fault.name in sample else pytest.mark.corpus)
        for fault in faults
    ]


def check_described(
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
