"""Hypotheses: which exist, and which sets of them explain a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours, behaviour_choices
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain import custom_geometry, hypothesis_set_search, input_slips, table_slips
from parity_bridge.explain.behaviour_hypotheses import behaviour_hypotheses
from tests.explain.explained import FLAGS, PIXELS, explained

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_every_choice_has_words() -> None:
    for name in Behaviours.model_fields:
        for choice in behaviour_choices(name):
            chosen = Behaviours.parse([f"{name}={choice}"])
            named = {item.name for item, _ in behaviour_hypotheses(chosen)}
            assert f"{name}={choice}" not in named
    alternatives = sum(len(behaviour_choices(name)) - 1 for name in Behaviours.model_fields)
    assert len(list(behaviour_hypotheses(REFERENCE))) == alternatives


def test_a_slip_that_changes_nothing_is_no_hypothesis() -> None:
    plain = parse_flags(FLAGS).experiment
    named = {item.name for item, _ in input_slips.input_slips(plain)}
    assert "-misset negated" not in named
    assert "-point_pixel left out" not in named
    assert {"-point_pixel added", "MOSFLM half pixel left out", "-pivot sample"} <= named
    reference = ReferenceRunner(plain, ((0, 0),))
    assert list(table_slips.table_slips(reference.factors)) == []


@pytest.mark.parametrize("convention", ["-xds", "-dials"])
def test_a_convention_written_out_as_custom_is_the_same_geometry(convention: str) -> None:
    """So the other pivot of a convention can be given by flags."""
    flags = [*FLAGS, convention, "-detector_rotx", "3", "-detector_roty", "2"]
    experiment = parse_flags(flags).experiment
    written_out = custom_geometry.written_out(experiment)
    ours, theirs = (
        ReferenceRunner(item, ((5, 7),)).pixel_taps[0] for item in (experiment, written_out)
    )
    assert written_out.detector.convention == "custom"
    assert ours.taps["config_snapshot"].pixel == theirs.taps["config_snapshot"].pixel


def test_what_was_read_decides_where_figures_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    from parity_bridge.experiment.model import StructureFactorSource
    from parity_bridge.experiment.structure_factors import load, write_cache

    box = range(-9, 10)
    Path("zeros.hkl").write_text("".join(f"{h} {k} {l} 0\n" for h in box for k in box for l in box))
    write_cache("stale.bin", load(StructureFactorSource(hkl=Path("zeros.hkl"))))
    finding = explained(
        capsys, *PIXELS, "--behaviour", "torch:cache=ignored", "--", *FLAGS, "-nointerpolate",
        "-dump", "stale.bin",
    )  # fmt: skip
    assert finding.names == (("cache=ignored",),)


def test_different_tables_do_not_hide_another_fault(capsys: pytest.CaptureFixture[str]) -> None:
    Path("zeros.hkl").write_text("-9 -9 -9 7\n9 9 9 7\n")
    finding = explained(
        capsys, *PIXELS, "--engine-flags", "torch", "-hkl zeros.hkl", "--behaviour",
        "torch:divide_by_steps=false", "--", *FLAGS, "-default_F", "5",
    )  # fmt: skip
    assert set(finding.names[0]) == {"its own inputs", "divide_by_steps=false"}


def test_sets_of_which_no_part_helps_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Background and weights both change every term of the sum: only together do they show."""
    Path("sources.txt").write_text(
        "-10 0 0 1.0 1.0e-10\n-10 0.1 0 0.25 1.01e-10\n-10 0 -0.1 3.0 0.99e-10\n"
    )
    behaviours = ("background=undivided", "omega=each", "weights=used")
    words = [word for name in behaviours for word in ("--behaviour", f"torch:{name}")]
    finding = explained(
        capsys, *PIXELS, *words, "--", *FLAGS, "-sourcefile", "sources.txt", "-water", "0.001"
    )
    assert {frozenset(names) for names in finding.names} == {frozenset(behaviours)}


def test_sets_that_pixels_cannot_tell_apart_are_all_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At an index of -4.5 rounding half to even, half up and toward 0 give the same."""
    tie = "-cell 5.625 -lambda 1 -N 1 -distance 60 -detpixels 1 -pixel 2 -default_F 3"
    flags = [*tie.split(), "-oversample", "1", "-Xbeam", "-80", "-Ybeam", "0"]
    behaviours = ["--behaviour", "torch:rounding=half_up"]
    finding = explained(capsys, "--pixel", "0", "0", *behaviours, "--", *flags)
    rules = ("half_even", "half_up", "truncate")
    assert set(finding.names) == {(f"rounding={rule}",) for rule in rules}
    assert finding.sentence == (
        "these pixels cannot tell whether pytorch rounds half indices to even "
        "(`rounding=half_even`), rounds half indices up (`rounding=half_up`) or cuts indices to "
        "their whole part (`rounding=truncate`): with each the C core reproduces it at the pixel "
        "to 0 ULP; none of 1 pixels of the frame tells them apart by its intensity."
    )


@pytest.mark.parametrize(
    "behaviours",
    [
        ("omega=last", "polar=mean"),
        ("omega=last", "polar=mean", "divide_by_steps=false"),
        ("omega=mean", "polar=last", "divide_by_steps=false", "background=undivided"),
    ],
)
def test_several_reasons_at_once(
    behaviours: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for name in behaviours for word in ("--behaviour", f"torch:{name}")]
    finding = explained(capsys, *PIXELS, *words, "--", *FLAGS, "-polar", "0.5", "-water", "0.001")
    assert {frozenset(names) for names in finding.names} == {frozenset(behaviours)}
    assert finding.reason == "behaviours"


def test_too_many_evaluations_are_noted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypothesis_set_search, "_MAX_EVALUATIONS", 100)
    words = ["--behaviour", "torch:omega=last", "--behaviour", "torch:divide_by_steps=false"]
    finding = explained(capsys, *PIXELS, *words, "--", *FLAGS)
    assert finding.reason == "unexplained"
    assert finding.not_tried == (
        "every two behaviours together: the pixels have too many evaluations",
        "more behaviours together: the pixels have too many evaluations",
        "every two hypotheses together: the pixels have too many evaluations",
        "more hypotheses together: the pixels have too many evaluations",
    )
