"""Ports with one of the named slips: each is detected, localised and named, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.custom_geometry import written_out
from parity_bridge.explain.input_slips import apply_slips
from parity_bridge.explain.setup_slips import setup_slips
from tests.explain.faults import Fault
from tests.explain.slip_faults import NAMED
from tests.explain.test_faults import Record, examined

#: One of each way to plant a slip, for the ordinary suite.
SAMPLE = ("phi in the middle of its step", "mosaic matrices transposed in use", "2θ about y")
PLAIN = "-cell 50 60 70 80 95 100 -default_F 10 -N 6 -detpixels 16 -pixel 0.5 -oversample 1"


def check_named(fault: Fault, monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    comparison, finding = examined(fault, monkeypatch)
    detected = comparison.exit_status != 0
    first = next(pixel.first_divergence for pixel in comparison.pixels if pixel.first_divergence)
    localised = (first.tap, first.field) == (fault.tap, fault.field)
    named = fault.expected_names in finding.names
    record("fault", (detected, localised, named, True, True))
    assert detected, "the fault changed nothing"
    assert localised, f"first divergence {first.tap} {first.field}"
    assert named, finding.sentence
    if len(finding.names) > 1:
        assert finding.deciding is not None, finding.sentence


@pytest.mark.usefixtures("fault_inputs")
@pytest.mark.parametrize("name", SAMPLE)
def test_a_slip_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    (fault,) = (fault for fault in NAMED if fault.name == name)
    check_named(fault, monkeypatch, record_property)


@pytest.mark.corpus
@pytest.mark.usefixtures("fault_inputs")
@pytest.mark.parametrize("fault", NAMED, ids=[fault.name for fault in NAMED])
def test_every_slip_is_named(
    fault: Fault, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    check_named(fault, monkeypatch, record_property)


def test_the_names_of_faults_are_their_own() -> None:
    assert len({fault.name for fault in NAMED}) == len(NAMED)
    assert set(SAMPLE) <= {fault.name for fault in NAMED}


@pytest.mark.parametrize(
    "flags",
    ["-adxv -Xbeam 3 -Ybeam 5", "-denzo", "", "-Xbeam 2", "-xds -Xclose 2", "-dials -ORGX 3"],
)
def test_a_convention_written_out_has_the_same_geometry(flags: str) -> None:
    turned = f"{PLAIN} {flags} -detector_rotx 3 -detector_rotz 2 -twotheta 7"
    experiment = parse_flags(turned.split()).experiment
    assert written_out(experiment).detector.convention == "custom"
    ours, theirs = (
        ReferenceRunner(item, ((5, 7),)).observations[0].derived["pix0_vector"]
        for item in (experiment, written_out(experiment))
    )
    assert theirs == pytest.approx(ours, rel=1e-13, abs=1e-16)


def test_the_order_of_a_single_rotation_is_no_slip() -> None:
    experiment = parse_flags([*PLAIN.split(), "-misset", "0", "20", "0"]).experiment
    for name in ("-misset z first", "-misset inverted"):
        assert apply_slips(experiment, [name]) == experiment


def test_rotations_inverted_turn_back() -> None:
    flags = [*PLAIN.split(), "-misset", "11", "22", "33"]
    experiment = parse_flags(flags).experiment
    angles = apply_slips(experiment, ["-misset inverted"]).crystal.misset
    again = apply_slips(apply_slips(experiment, ["-misset inverted"]), ["-misset inverted"])
    assert angles != pytest.approx((-11.0, -22.0, -33.0), abs=0.5)
    assert again.crystal.misset == pytest.approx((11.0, 22.0, 33.0), rel=1e-12)


def test_a_slip_of_the_setup_is_tried_where_it_changes_something() -> None:
    still = ReferenceRunner(parse_flags(PLAIN.split()).experiment, ((0, 0),))
    named = {item.name for item, _ in setup_slips(still.observations[0].derived)}
    assert named == {
        "N + 1 cells", "N - 1 cells", "sources reversed", "pixel corner", "half a pixel further",
        "pixels counted from 1", "volume of the axes",
    }  # fmt: skip


def test_sources_are_replaced_by_those_given() -> None:
    runner = ReferenceRunner(parse_flags(PLAIN.split()).experiment, ((3, 5),))
    (before,) = runner.observations
    rows = [[1.0, 0.0, 0.0, 0.5, 2e-10]]
    (after,) = runner.observe(derived={"source_list": rows})
    assert after.derived["source_list"] == rows
    ray = before.evaluations["position"][0] / before.evaluations["airpath"][0]
    expected = (ray - np.array([-1.0, 0.0, 0.0])) / 2e-10
    assert after.evaluations["q"][0] == pytest.approx(expected, rel=1e-14)
