"""``explain``: engines, records, and both; what it says, what it rules out, what it cannot try."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.errors import EngineError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours, behaviour_choices
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from parity_bridge.explain import (
    hypothesis_set_search,
    input_slips,
    pivots,
    table_slips,
    transplant,
)
from parity_bridge.explain.behaviour_hypotheses import behaviour_hypotheses
from parity_bridge.explain.explanation import Finding
from parity_bridge.explain.reproduction_command import reproduction_command as showing

CUBE = "-cell 10 10 10 90 90 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 -pixel 1"
FLAGS = [*CUBE.split(), "-oversample", "2"]
PIXELS = ["--pixel", "10", "50", "--tag", "ring", "--pixel", "30", "33"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *words: str, status: int = 3) -> Finding:
    """The finding that ``explain --json`` prints."""
    assert main(["explain", "--json", *words]) == status
    return Finding.model_validate_json(capsys.readouterr().out)


def recorded(name: str, engine: str, *words: str) -> str:
    for number in range(2):
        pixel = PIXELS[5 * number : 5 * number + (3 if number else 5)]
        done = main(
            ["trace", "--engine", engine, "--taps", "all", "--out-dir", name, *pixel, *words,
             "--", *FLAGS]
        )  # fmt: skip
        assert done == 0
    return name


def test_two_engines(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(capsys, *PIXELS, "--behaviour", "torch:omega=last", "--", *FLAGS)
    assert finding.reason == "behaviours"
    assert finding.names == (("omega=last",),)
    assert finding.largest_ulps == 0
    assert finding.stages == ("factors",)
    assert finding.pixels == ((10, 50), (30, 33))
    assert finding.sentence == (
        "pytorch uses the last subpixel's solid angle; with `omega=last` the C core reproduces it "
        "at both pixels to 0 ULP."
    )


def test_the_command_of_a_finding_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    """With the reference told to do the same there is parity."""
    finding = explained(capsys, *PIXELS, "--behaviour", "torch:omega=last", "--", *FLAGS)
    assert finding.command is not None
    words = finding.command.split()
    assert words[:3] == ["python", "-m", "parity_bridge"]
    again = explained(capsys, *[word for word in words[4:] if word != "--json"], status=0)
    assert again.reason == "agreement"


@pytest.mark.parametrize(
    ("port", "reason", "flags"),
    [
        (["--engine-flags", "torch", "-misset 1 2 3"], "inputs", []),
        (["--engine-flags", "torch", "-default_F 7"], "inputs", []),
        (["--engine-flags", "torch", "-misset 1 2 3", "--behaviour", "torch:omega=last"],
         "behaviours", []),
        (["--engine-flags", "torch", "-hkl zeros.hkl"], "inputs", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "explain"])
def test_the_command_shown_leads_to_parity(
    command: str, port: list[str], reason: str, flags: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    Path("zeros.hkl").write_text("-9 -9 -9 0\n9 9 9 0\n")
    assert main([command, *PIXELS, *port, "--", *FLAGS, *flags]) == 3
    printed = capsys.readouterr().out
    if command == "run":
        (stored,) = Path("reports").glob("*/explanation.json")
        finding = Finding.model_validate_json(stored.read_bytes())
        shutil.rmtree("reports")
    else:
        finding = explained(capsys, *PIXELS, *port, "--", *FLAGS, *flags)
        assert finding.sentence in printed
    assert finding.reason == reason
    assert finding.command is not None
    assert main(shlex.split(finding.command)[3:]) == 0


@pytest.mark.parametrize(
    ("slip", "shown"),
    [("-misset negated", True), ("-point_pixel added", True), ("-pivot sample", True),
     ("-misset left out", True), ("-nopolar added", True), ("k and l swapped", False)],
)  # fmt: skip
def test_a_slip_is_shown_by_flags_where_flags_say_it(slip: str, shown: bool) -> None:
    experiment = parse_flags([*FLAGS, "-misset", "1", "2", "3"]).experiment
    finding = Finding(reason="slips", sentence="", names=((slip,),), pixels=((0, 0),))
    command = showing("python -m parity_bridge run --pixel 0 0", finding, experiment, experiment)
    assert ("--engine-flags c" in command) is shown
    if shown:
        further = shlex.split(shlex.split(command)[-1])
        made = parse_flags([*to_flags(experiment), *further]).experiment
        assert made == input_slips.apply_slips(experiment, (slip,)) != experiment


def test_a_behaviour_of_an_engine_that_is_not_run_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = recorded("port", "torch")
    assert main(["explain", records, "torch", "--behaviour", "c:omega=last"]) == 1
    assert "'c' is not run; name torch" in capsys.readouterr().err


@pytest.mark.parametrize("spelt", ["core/", "./core", ".//core"])
def test_a_folder_may_be_spelt_in_any_way(spelt: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command shown has the C core, told what it was told, in the place of its records."""
    recorded("core", "c", "--behaviour", "c:polar=last")
    recorded("port", "torch", "--behaviour", "torch:omega=last", "--behaviour", "torch:polar=last")
    capsys.readouterr()
    finding = explained(capsys, spelt, "port")
    assert finding.names == (("omega=last",),)
    assert finding.command is not None
    words = [word for word in shlex.split(finding.command)[4:] if word != "--json"]
    assert explained(capsys, *words, status=0).reason == "agreement"


def test_a_flag_without_effect_is_told_and_leads_to_parity(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = ["--engine-flags", "torch", "-mosaic_seed 5", "--behaviour", "torch:omega=last"]
    finding = explained(capsys, *PIXELS, *told, "--", *FLAGS)
    assert "(that -mosaic_seed is the default for c, 5 for pytorch makes no difference here)" in (
        finding.sentence
    )
    assert finding.command is not None
    assert main(shlex.split(finding.command)[3:]) == 0


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


def test_another_oversampling_is_an_input(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(
        capsys, *PIXELS, "--engine-flags", "torch", "-oversample 3", "--", *FLAGS, status=4
    )
    assert finding.names == (("-oversample",),)
    assert "-oversample is 2 for c, 3 for pytorch" in finding.sentence


def test_pixels_of_records_are_not_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    assert main(["explain", ours, theirs, "--pixel", "3", "3"]) == 1
    assert "--pixel means nothing where both sides are records" in capsys.readouterr().err


def test_records_of_a_frame_are_held_against_a_frame(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ["-phi", "0", "-osc", "3", "-phisteps", "3", "-misset", "1", "2", "3"]
    done = main(
        ["trace", "--engine", "torch", "--taps", "all", "--out-dir", "port", "--pixel", "10", "50",
         "--state", "frame", "--", *FLAGS, *sweep]
    )  # fmt: skip
    assert done == 0
    capsys.readouterr()
    assert explained(capsys, "c", "port", status=0).reason == "agreement"
    assert explained(capsys, "c", "port", "--state", "start").reason == "unexplained"


def test_records_that_lack_a_tap_do_not_round_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    for path in Path(theirs).glob("*_lattice.json"):
        path.unlink()
    capsys.readouterr()
    assert explained(capsys, ours, theirs, status=4).reason == "shapes"
    assert main(["explain", ours, theirs]) == 4
    text = capsys.readouterr().out
    assert "did not record the same; what both recorded agrees" in text
    assert "taps recorded by c, not by pytorch, and therefore not compared: `lattice`" in text


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
    told = ("background=undivided", "omega=each", "weights=used")
    words = [word for name in told for word in ("--behaviour", f"torch:{name}")]
    finding = explained(
        capsys, *PIXELS, *words, "--", *FLAGS, "-sourcefile", "sources.txt", "-water", "0.001"
    )
    assert {frozenset(names) for names in finding.names} == {frozenset(told)}


def test_an_engine_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    """Pixels and flags are those of the records."""
    records = recorded("port", "torch", "--behaviour", "torch:divide_by_steps=false")
    capsys.readouterr()
    finding = explained(capsys, "c", records)
    assert finding.names == (("divide_by_steps=false",),)
    assert finding.pixels == ((10, 50), (30, 33))


def test_records_alone_go_on_to_the_c_core(capsys: pytest.CaptureFixture[str]) -> None:
    ours = recorded("core", "c")
    theirs = recorded("port", "torch", "--behaviour", "torch:polar=mean")
    capsys.readouterr()
    assert explained(capsys, ours, theirs).names == (("polar=mean",),)


def test_records_that_the_c_core_does_not_give_are_no_reference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = recorded("core", "c"), recorded("port", "torch")
    edit("core/pixel_10_50_final_output.json", lambda record: record["values"], "intensity", 7.5)
    capsys.readouterr()
    finding = explained(capsys, ours, theirs)
    assert finding.reason == "unexplained"
    assert "the C core does not give the reference's records any more" in finding.not_tried[0]


def test_tap_4_of_another_program(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the other taps there is nothing to transplant; behaviours are searched."""
    table = "".join(
        f"{h} {k} {l} 0\n" for h in range(-9, 10) for k in range(-9, 10) for l in range(-9, 10)
    )
    Path("zeros.hkl").write_text(table)
    values: dict[str, Any] = {
        "total_lookups": 4, "out_of_bounds_count": 0, "zero_f_count": 0, "mean_f_cell": 3.0,
        "hkl_bounds": dict.fromkeys(("h_min", "h_max"), -1)
        | dict.fromkeys(("k_min", "k_max"), 3) | dict.fromkeys(("l_min", "l_max"), 3),
    }  # fmt: skip
    flags = [*FLAGS, "-hkl", "zeros.hkl", "-nointerpolate"]
    (seen,) = ReferenceRunner(parse_flags(flags).experiment, ((10, 50),)).pixel_taps
    for name in ("h_min", "h_max", "k_min", "k_max", "l_min", "l_max"):
        values["hkl_bounds"][name] = seen.taps["f_cell_stats"].pixel[f"hkl_bounds.{name}"]
    record = {
        "tap_id": "f_cell_stats", "pixel_coords": [10, 50], "oversample": 2, "values": values,
        "timestamp_utc": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    Path("theirs").mkdir()
    Path("theirs/tap4.json").write_text(json.dumps(record))
    finding = explained(capsys, "c", "theirs", "--", *flags)
    assert ("in_box_zero=default",) in finding.names
    assert finding.transplants == ()
    assert any("transplants" in line for line in finding.not_tried)


def test_records_without_metadata_need_flags(capsys: pytest.CaptureFixture[str]) -> None:
    recorded("port", "torch")
    for path in Path("port").glob("*_metadata.json"):
        path.unlink()
    assert main(["explain", "c", "port"]) == 1
    assert "give the nanoBragg flags after --" in capsys.readouterr().err


def test_agreement_is_told_and_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(capsys, *PIXELS, "--", *FLAGS, status=0)
    assert finding.reason == "agreement"
    assert finding.sentence == "pytorch and c agree; nothing is to be explained."


def test_the_stale_cache_from_records_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without either engine: neither can be run any more, and the cache is gone."""
    from parity_bridge.experiment.model import StructureFactorSource
    from parity_bridge.experiment.structure_factors import load, write_cache

    Path("grid.hkl").write_text("-24 -28 -31 7.5\n24 28 30 9.25\n0 0 1 55\n0 -2 3 41.5\n")
    write_cache("Fdump.bin", load(StructureFactorSource(hkl=Path("grid.hkl"))))
    done = main(
        ["run", "--pixel", "0", "0", "--pixel", "2048", "2048", "--stamp", "puzzle",
         "--engine-flags", "c", "-dump Fdump.bin"]
    )  # fmt: skip
    assert done == 3
    Path("Fdump.bin").unlink()
    monkeypatch.setattr("parity_bridge.engines.c_core.CCore.replay", _no_engine)
    monkeypatch.setattr("parity_bridge.engines.torch_port.TorchPort.observe", _no_engine)
    capsys.readouterr()
    finding = explained(capsys, "reports/puzzle/c_taps", "reports/puzzle/py_taps")
    assert finding.reason == "inputs"
    assert finding.names == (("stale cache",),)
    assert finding.sentence.startswith("stale cache: c read the cache Fdump.bin")


def _no_engine(*arguments: object, **settings: object) -> None:
    raise EngineError("there is no engine here")


def test_what_was_ruled_out_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    recorded("port", "torch")
    edit("port/pixel_10_50_intensity_post_scale.json", lambda r: r["values"], "after_polar", 7.5)
    capsys.readouterr()
    assert main(["explain", "c", "port"]) == 3
    text = capsys.readouterr().out
    assert "## Unexplained" in text
    assert "- different inputs: flags and structure factors are the same where recorded" in text
    assert re.search(r"- alone, and they change these pixels: .*omega=last", text)
    assert re.search(r"- no effect at these pixels: .*rounding=half_even", text)


def edit(name: str, part: Any, key: str, value: object) -> None:
    record = json.loads(Path(name).read_text())
    part(record)[key] = value
    Path(name).write_text(json.dumps(record))


def test_a_run_that_disagrees_holds_the_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", *PIXELS, "--stamp", "x", "--behaviour", "torch:omega=last", "--", *FLAGS]
    assert main(words) == 3
    printed = capsys.readouterr().out
    memo = Path("reports/x/f_cell_comparison.md").read_text()
    stored = Finding.model_validate_json(Path("reports/x/explanation.json").read_bytes())
    assert f"why: {stored.sentence}" in printed
    assert memo.index("## First divergence") < memo.index("## Explanation") < memo.index("## Taps")
    assert f"**{stored.sentence}**" in memo
    assert stored.command is not None
    assert "--behaviour c:omega=last" in stored.command
    assert "--stamp" not in stored.command
    shutil.rmtree("reports/x")
    assert main(stored.command.split()[3:]) == 0


def test_a_run_at_parity_explains_nothing() -> None:
    assert main(["run", *PIXELS, "--stamp", "x", "--", *FLAGS]) == 0
    assert not Path("reports/x/explanation.json").exists()


def test_sets_that_pixels_cannot_tell_apart_are_all_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At an index of -4.5 rounding half to even and half up give the same."""
    tie = "-cell 5.625 -lambda 1 -N 1 -distance 60 -detpixels 1 -pixel 2 -default_F 3"
    flags = [*tie.split(), "-oversample", "1", "-Xbeam", "-80", "-Ybeam", "0"]
    told = ["--behaviour", "torch:rounding=half_up"]
    finding = explained(capsys, "--pixel", "0", "0", *told, "--", *flags)
    assert set(finding.names) == {("rounding=half_even",), ("rounding=half_up",)}
    assert "(these pixels cannot tell it from `rounding=half_up`)" in finding.sentence


def test_every_choice_has_words() -> None:
    for name in Behaviours.model_fields:
        for choice in behaviour_choices(name):
            told = Behaviours.parse([f"{name}={choice}"])
            named = {item.name for item, _ in behaviour_hypotheses(told)}
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
    """Which makes the other pivot of a convention something that can be asked for."""
    flags = [*FLAGS, convention, "-detector_rotx", "3", "-detector_roty", "2"]
    experiment = parse_flags(flags).experiment
    written_out = pivots._pivoted_at_sample(experiment)  # noqa: SLF001
    ours, theirs = (
        ReferenceRunner(item, ((5, 7),)).pixel_taps[0] for item in (experiment, written_out)
    )
    assert written_out.detector.convention == "custom"
    assert ours.taps["config_snapshot"].pixel == theirs.taps["config_snapshot"].pixel


@pytest.mark.parametrize(
    "told",
    [
        ("omega=last", "polar=mean"),
        ("omega=last", "polar=mean", "divide_by_steps=false"),
        ("omega=mean", "polar=last", "divide_by_steps=false", "background=undivided"),
    ],
)
def test_several_reasons_at_once(told: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for name in told for word in ("--behaviour", f"torch:{name}")]
    finding = explained(capsys, *PIXELS, *words, "--", *FLAGS, "-polar", "0.5", "-water", "0.001")
    assert {frozenset(names) for names in finding.names} == {frozenset(told)}
    assert finding.reason == "behaviours"


def test_too_many_evaluations_are_told(
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


def test_explain_needs_no_torch_for_records() -> None:
    code = (
        "import sys; from parity_bridge.cli.program import main\n"
        "try: main(['explain', 'c', 'nowhere'])\n"
        "finally: print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False"
    assert "neither an engine nor a folder" in done.stderr


def test_the_page_lists_every_slip_and_every_stage() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    named = {" ".join(name.split()) for name in re.findall(r"`([^`]+)`", page)}
    listed = {*input_slips._INPUT_SLIPS, *table_slips._TABLE_SLIPS}  # noqa: SLF001
    assert listed <= named
    rows = [line.split("|")[1].strip(" `") for line in page.splitlines() if line.startswith("| `")]
    assert rows == [step.name for step in transplant._TRANSPLANT_STAGES]  # noqa: SLF001
