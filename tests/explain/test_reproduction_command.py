"""The command that a finding shows leads to parity."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from parity_bridge.explain import input_slips
from parity_bridge.explain.explanation import Finding
from parity_bridge.explain.reproduction_command import reproduction_command as showing
from tests.explain.explained import FLAGS, PIXELS, explained, recorded

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_the_command_of_a_finding_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    """With the same behaviour the reference is at parity."""
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
def test_a_slip_is_shown_by_flags_where_flags_can_state_it(slip: str, shown: bool) -> None:
    experiment = parse_flags([*FLAGS, "-misset", "1", "2", "3"]).experiment
    finding = Finding(reason="slips", sentence="", names=((slip,),), pixels=((0, 0),))
    command = showing("python -m parity_bridge run --pixel 0 0", finding, experiment, experiment)
    assert ("--engine-flags c" in command) is shown
    if shown:
        further = shlex.split(shlex.split(command)[-1])
        changed = parse_flags([*to_flags(experiment), *further]).experiment
        assert changed == input_slips.apply_slips(experiment, (slip,)) != experiment


@pytest.mark.parametrize("spelt", ["core/", "./core", ".//core"])
def test_a_folder_may_be_spelt_in_any_way(spelt: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command shown runs the C core with its own behaviours instead of reading records."""
    recorded("core", "c", "--behaviour", "c:polar=last")
    recorded("port", "torch", "--behaviour", "torch:omega=last", "--behaviour", "torch:polar=last")
    capsys.readouterr()
    finding = explained(capsys, spelt, "port")
    assert finding.names == (("omega=last",),)
    assert finding.command is not None
    words = [word for word in shlex.split(finding.command)[4:] if word != "--json"]
    assert explained(capsys, *words, status=0).reason == "agreement"


def test_a_flag_without_effect_is_noted_and_leads_to_parity(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--engine-flags", "torch", "-mosaic_seed 5", "--behaviour", "torch:omega=last"]
    finding = explained(capsys, *PIXELS, *words, "--", *FLAGS)
    assert "(that -mosaic_seed is the default for c, 5 for pytorch makes no difference here)" in (
        finding.sentence
    )
    assert finding.command is not None
    assert main(shlex.split(finding.command)[3:]) == 0
