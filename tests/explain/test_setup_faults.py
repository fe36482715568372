"""Faults of the setup: each is named by its roots, and what follows from them is not blamed."""

from __future__ import annotations

import pytest

from parity_bridge.comparison.reference_runner import runner_of_run
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.explain.transplant import TransplantResult, transplant
from tests.explain.described import sampled
from tests.explain.faults import Fault
from tests.explain.setup_fault import SetupFault
from tests.explain.setup_faults import SETUP_FAULTS
from tests.explain.test_faults import ALL, examined, figures, look

pytestmark = pytest.mark.usefixtures("fault_inputs")

#: One of each part of the setup; ``make corpus`` has all.
SAMPLE = (
    "2θ axis of MOSFLM",
    "pixel count rounded up",
    "size not from the count",
    "beam centre swapped",
    "pix0 not rotated",
    "volume without the skew",
    "sources rounded down",
    "one domain more",
    "2θ axis and volume",
)
CASES = sampled(SETUP_FAULTS, SAMPLE)


def transplanted(setup_fault: SetupFault, monkeypatch: pytest.MonkeyPatch) -> TransplantResult:
    """What the stages come to, without the search for hypotheses."""
    fault = Fault(setup_fault.name, setup_fault.flags, "", "")
    reference = runner_of_run(look("c", fault, ""), ALL)
    assert reference is not None
    with monkeypatch.context() as planted:
        setup_fault.inject(planted)
        port = look("torch", fault, "")
    return transplant(reference, figures(port), tolerances_for())


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_of_the_setup_is_named_by_its_roots(
    fault: SetupFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = transplanted(fault, monkeypatch)
    named = {item.field: item.clause for item in result.differences}
    assert named == {f"config_snapshot.derived.{name}": text for name, text in fault.roots.items()}
    assert all(item.formula and item.functions and item.part for item in result.differences)
    followers = {name for item in result.differences for name in item.followed_by}
    assert set(fault.followers) <= followers
    assert not followers & set(fault.roots)
    assert [item.stage for item in result.differing] == ["setup"], "a later stage is blamed"
    assert not result.not_tried


@pytest.mark.corpus
@pytest.mark.parametrize("fault", SETUP_FAULTS, ids=[fault.name for fault in SETUP_FAULTS])
def test_its_explanation_names_them_too(fault: SetupFault, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the noise budgets, as ``run`` and ``explain`` have them."""
    _, finding = examined(Fault(fault.name, fault.flags, "", "", inject=fault.inject), monkeypatch)
    assert finding.stages == ("setup",)
    named = {item.field: item.clause for item in finding.differences}
    assert named == {f"config_snapshot.derived.{name}": text for name, text in fault.roots.items()}
    if finding.reason == "unexplained":
        first, *_ = named
        assert f" differs first in `{first}`" in finding.sentence
    if finding.reason in ("unexplained", "shapes"):
        assert all(f"`{name}`" in finding.sentence for name in named)


@pytest.mark.corpus
def test_a_field_that_follows_from_a_fault_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = next(item for item in SETUP_FAULTS if item.name == "2θ axis and volume")
    _, finding = examined(Fault(fault.name, fault.flags, "", "", inject=fault.inject), monkeypatch)
    assert (
        "(`config_snapshot.derived.twotheta_axis`: the opposite sign; sdet_vector, odet_vector, "
        "pix0_vector, Sclose and Sbeam follow from it)"
    ) in finding.sentence
