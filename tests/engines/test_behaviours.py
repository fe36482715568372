"""Every behaviour of contract §7 has a switch that changes what it should and nothing else.

Both engines know every switch, and with it thrown they still agree bit for bit.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge import examples
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours, behaviour_choices
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.structure_factors import load, write_cache
from parity_bridge.taps import f_cell
from parity_bridge.taps.evaluations import EVALUATION
from parity_bridge.taps.f_cell import FCellValues
from parity_bridge.taps.observation import Observation

PEPTIDE = (
    f"-cell 21.937 4.866 23.477 90 107.08 90 -hkl {Path(examples.__file__).parent}/gnnqqny_p1.hkl "
    "-lambda 1.0 -N 8 -distance 60 -detpixels 64 -pixel 1.0"
)
MISSET = f"{PEPTIDE} -misset 1 2 3"
LAYERS = f"{MISSET} -oversample 2 -detector_abs 200 -detector_thick 300 -detector_thicksteps 4"
CUBE = "-cell 10 10 10 90 90 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 -pixel 1"
#: A pixel whose k is -4.5 to the last bit.
TIE = (
    "-cell 5.625 5.625 5.625 90 90 90 -lambda 1 -N 1 -distance 60 -detpixels 1 -pixel 2 "
    "-oversample 1 -Xbeam -80 -Ybeam 0 -nointerpolate -default_F 3 -hkl counted.hkl"
)

#: What the end of the chain passes on, from each step to the image.
AFTER_OMEGA = {"total.after_omega", "total.intensity", "total.image"}
AFTER_POLAR = AFTER_OMEGA | {"total.after_polar"}
AFTER_CAPTURE = AFTER_POLAR | {"total.after_capture"}
AFTER_STEPS = AFTER_CAPTURE | {"total.normalized"}
SUM = AFTER_STEPS | {"row.I", "total.I", "total.I_per_step", "total.fluence_scaled"}
#: What every lookup of another F changes.
OTHER_F = SUM | {"row.F_cell", "tap.mean_f_cell", "tap.subpixels"}
OTHER_LOOKUPS = {
    "row.kind", "row.F_cell", "tap.total_lookups", "tap.skipped_lookups", "tap.mean_f_cell",
    "tap.hkl_bounds", "tap.hkl_fractional_bounds", "tap.rounding_margin", "tap.subpixels",
}  # fmt: skip
OTHER_INDICES = OTHER_F | {
    "row.hkl", "row.hkl0", "row.F_latt_factors", "row.F_latt", "tap.hkl_bounds",
    "tap.hkl_fractional_bounds", "tap.rounding_margin",
}  # fmt: skip
#: What fewer sources change: every row, and what is counted or summed over them.
OTHER_SOURCES = SUM | {f"row.{name}" for name in EVALUATION.names or ()} | {
    "derived.source_list", "derived.sources", "derived.steps", "tap.hkl_fractional_bounds",
    "tap.mean_f_cell", "tap.rounding_margin", "tap.subpixels", "tap.total_lookups", "total.polar",
    "total.steps",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A switch, an experiment in which it matters, and the figures it changes there."""

    switch: str
    flags: str
    changes: set[str]
    pixel: tuple[int, int] = (10, 50)
    in_frame: bool = False


CASES = [
    Case("rounding=half_even", TIE, OTHER_F | {"row.hkl0", "tap.hkl_bounds"}, (0, 0)),
    Case("rounding=half_up", TIE, OTHER_F | {"row.hkl0", "tap.hkl_bounds"}, (0, 0)),
    *(
        Case(f"rounding={rule}", f"{MISSET} -oversample 2",
             OTHER_F | {"row.hkl0", "tap.hkl_bounds"})
        for rule in ("truncate", "floor")
    ),
    Case(
        "in_box_zero=default", f"{CUBE} -hkl zeros.hkl -oversample 1",
        OTHER_F | {"row.default_f", "tap.zero_f_count", "tap.default_f_count"}, (30, 24),
    ),
    Case(
        "unlisted=zero", f"{CUBE} -hkl sparse.hkl -oversample 1",
        OTHER_F | {"tap.zero_f_count"}, (30, 24),
    ),
    Case(
        "cache=ignored", f"{CUBE} -dump zeros.bin -oversample 1",
        OTHER_F | {"row.default_f", "tap.zero_f_count", "tap.default_f_count"}, (30, 24),
    ),
    *(
        Case(f"omega={kept}", f"{MISSET} -oversample 2",
             AFTER_OMEGA | {"row.omega", "total.omega"})
        for kept in ("last", "mean")
    ),
    Case("omega=each", f"{MISSET} -oversample 2", SUM | {"row.omega", "total.omega"}),
    *(
        Case(f"polar={kept}", f"{MISSET} -oversample 2 -polar 0.5",
             AFTER_POLAR | {"row.polar", "total.polar"})
        for kept in ("last", "mean")
    ),
    Case("polar=each", f"{MISSET} -oversample 2 -polar 0.5", SUM | {"row.polar", "total.polar"}),
    *(
        Case(f"capture={kept}", LAYERS, AFTER_CAPTURE | {"row.capture", "total.capture"})
        for kept in ("last", "mean")
    ),
    Case("capture=each", LAYERS, SUM | {"row.capture", "total.capture"}),
    Case("parallax=unused", LAYERS, AFTER_CAPTURE | {"row.capture", "total.capture"}),
    Case("layers=first", LAYERS, AFTER_CAPTURE | {"total.capture"}),
    Case("layers=each", LAYERS, SUM),
    Case("oversampled=term", f"{MISSET} -oversample 2 -oversample_omega -oversample_polar", SUM),
    Case("divide_by_steps=false", f"{MISSET} -oversample 2", AFTER_STEPS),
    Case("background=undivided", f"{MISSET} -oversample 2 -water 100", SUM),
    Case("background=added_last", f"{MISSET} -oversample 2 -water 100", SUM),
    Case("weights=used", f"{MISSET} -sourcefile sources.txt", SUM),
    Case("zero_lattice=looked_up", f"{MISSET} -tophat_spots", OTHER_LOOKUPS),
    Case(
        "dmin=ignored", f"{MISSET} -dmin 5 -oversample 2",
        OTHER_LOOKUPS | SUM
        | {"row.hkl", "row.hkl0", "row.F_latt_factors", "row.F_latt", "row.polar", "total.polar"},
        (0, 0),
    ),
    Case("round_beam=strict", f"{MISSET} -divergence 4 -hdivsteps 3", OTHER_SOURCES),
    *(
        Case("phi_carry_over=false", f"{MISSET} -phi 0 -osc 3 -phisteps 3", OTHER_INDICES,
             in_frame=in_frame)
        for in_frame in (True, False)
    ),
    Case(
        "interpolation_switches_off=false",
        f"{PEPTIDE} -misset 11 22 33 -interpolate -default_F 2.5 -oversample 2",
        OTHER_F | {"row.interpolation_on"}, (32, 32), in_frame=True,
    ),
]  # fmt: skip
IDS = [f"{case.switch}{'-in_frame' * case.in_frame}" for case in CASES]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files that the cases name."""
    monkeypatch.chdir(tmp_path)
    box = [(h, k, l) for h in range(-9, 10) for k in range(-9, 10) for l in range(-9, 10)]
    Path("zeros.hkl").write_text("".join(f"{h} {k} {l} 0\n" for h, k, l in box))
    Path("counted.hkl").write_text("".join(f"{h} {k} {l} {10 + k}\n" for h, k, l in box))
    Path("sparse.hkl").write_text("-9 -9 -9 7.5\n9 9 9 9.25\n")
    Path("sources.txt").write_text(
        "-10 0 0 1.0 1.0e-10\n-10 0.1 0 0.25 1.01e-10\n-10 0 -0.1 3.0 0.99e-10\n"
    )
    zeros = parse_flags(["-cell", "10", "-hkl", "zeros.hkl"]).experiment.structure_factors
    write_cache("zeros.bin", load(zeros))
    return tmp_path


def figures(seen: Observation) -> dict[str, Any]:
    """Everything an engine tells of a pixel, by name; as text, in which a NaN equals another."""
    rows = {f"row.{name}": repr(seen.evaluations[name].tolist()) for name in EVALUATION.names or ()}
    values = FCellValues(**f_cell.extract(seen).values())
    tap = {f"tap.{name}": getattr(values, name) for name in FCellValues.model_fields}
    derived = {
        f"derived.{name}": np.asarray(value).tolist() for name, value in seen.derived.items()
    }
    return {**rows, **tap, **derived, **{f"total.{k}": v for k, v in seen.totals.items()}}


def observed(engine: Any, case: Case, behaviours: Behaviours) -> dict[str, Any]:
    experiment = parse_flags(shlex.split(case.flags)).experiment
    (seen,) = engine.observe(
        experiment, [case.pixel], behaviours=behaviours, in_frame=case.in_frame
    )
    return figures(seen)


@pytest.mark.parametrize("engine", [CCore(), TorchPort()], ids=["c", "torch"])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_switch_changes_what_it_should_and_nothing_else(case: Case, engine: Any) -> None:
    before = observed(engine, case, REFERENCE)
    after = observed(engine, case, Behaviours.parse([case.switch]))
    assert before.keys() == after.keys()
    assert {name for name, value in before.items() if after[name] != value} == case.changes


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_engines_agree_with_the_switch_thrown(case: Case) -> None:
    thrown = Behaviours.parse([case.switch])
    assert observed(TorchPort(), case, thrown) == observed(CCore(), case, thrown)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_engines_render_the_same_frame_with_the_switch_thrown(case: Case) -> None:
    experiment = parse_flags(shlex.split(case.flags)).experiment
    thrown = Behaviours.parse([case.switch])
    ours = CCore().frame(experiment, behaviours=thrown, threads=2)
    theirs = TorchPort().frame(experiment, behaviours=thrown)
    assert np.array_equal(ours.image, theirs.image)
    assert ours.state == theirs.state
    if case.changes & {"total.intensity"} and case.in_frame:
        assert not np.array_equal(ours.image, CCore().frame(experiment).image)


def test_every_choice_of_every_behaviour_is_a_case() -> None:
    assert {case.switch for case in CASES} == set(_switches())


def _switches() -> Iterator[str]:
    for name in Behaviours.model_fields:
        for choice in behaviour_choices(name)[1:]:
            yield f"{name}={choice}"


def test_the_reference_has_nothing_switched() -> None:
    assert Behaviours() == REFERENCE == Behaviours.parse([])
    assert REFERENCE.switched == {}
    assert Behaviours.parse(["omega=last", "divide_by_steps=false"]).switched == {
        "omega": "last",
        "divide_by_steps": False,
    }


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("omega", "--behaviour omega: write omega= and one of first, last, mean, each"),
        ("omega=least", "--behaviour omega=least: write omega= and one of first, last, mean, each"),
        ("phi_carry_over=no", "write phi_carry_over= and one of true, false"),
        ("omgea=last", "there is no behaviour 'omgea'; choose from rounding, in_box_zero"),
        ("", "there is no behaviour ''; choose from rounding"),
    ],
)
def test_a_word_that_is_no_behaviour_is_refused(word: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        Behaviours.parse([word])


def test_the_page_lists_every_behaviour_and_choice() -> None:
    page = (Path(__file__).parents[2] / "docs" / "behaviours.md").read_text()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `")]
    listed = {name.strip(" `"): tuple(cell.replace("`", "").split(", ")) for name, cell in rows}
    listed = {name: tuple(choice.strip() for choice in cell) for name, cell in listed.items()}
    assert listed == {name: behaviour_choices(name) for name in Behaviours.model_fields}
