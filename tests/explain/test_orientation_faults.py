"""Faults of the crystal's rotations: blamed on the orientation alone, and characterised."""

from __future__ import annotations

import pytest

from tests.explain.described import sampled
from tests.explain.faults import Fault
from tests.explain.orientation_faults import ORIENTATION_FAULTS
from tests.explain.test_faults import Record, examined
from tests.explain.unnamed_faults import UnnamedFault

pytestmark = pytest.mark.usefixtures("fault_inputs")


#: Those of the ordinary suite, as each takes a second.
SAMPLE = ("reversed spindle", "transposed mosaic matrix", "swapped loops")


@pytest.mark.parametrize("unnamed", sampled(ORIENTATION_FAULTS, SAMPLE))
def test_a_wrong_rotation_is_characterised(
    unnamed: UnnamedFault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    fault = Fault(
        unnamed.name, unnamed.flags, "", "", inject=unnamed.inject, pixels=((10, 50), (32, 20))
    )
    comparison, finding = examined(fault, monkeypatch)
    first = finding.differences[0]
    record_property("fault", (comparison.exit_status == 3, True, True, False, bool(first.clause)))
    assert comparison.exit_status == 3, "the fault changed nothing"
    assert finding.stages == ("orientation",), finding.sentence
    assert (first.field, first.clause) == (unnamed.field, unnamed.clause)
    assert first.formula
    assert first.functions
