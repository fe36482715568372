"""``explain`` of two engines: what it states and rules out, and what a report stores of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity_bridge.cli.program import main
from parity_bridge.explain import (
    input_slips,
    setup_slips,
    setup_stage,
    table_slips,
    transplant,
)
from parity_bridge.explain.explanation import Finding
from tests.explain.explained import FLAGS, PIXELS, edit, explained, recorded

pytestmark = pytest.mark.usefixtures("empty_folder")


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


def test_another_oversampling_is_an_input(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(
        capsys, *PIXELS, "--engine-flags", "torch", "-oversample 3", "--", *FLAGS, status=4
    )
    assert finding.names == (("-oversample",),)
    assert "-oversample is 2 for c, 3 for pytorch" in finding.sentence


def test_agreement_is_told_and_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(capsys, *PIXELS, "--", *FLAGS, status=0)
    assert finding.reason == "agreement"
    assert finding.sentence == "pytorch and c agree; nothing is to be explained."


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
    lists = (input_slips._INPUT_SLIPS, setup_slips._SETUP_SLIPS, table_slips._TABLE_SLIPS)  # noqa: SLF001
    listed = {name for slips in lists for name in slips}
    assert listed <= named
    rows = [line.split("|")[1].strip(" `") for line in page.splitlines() if line.startswith("| `")]
    stages = [step.name for step in transplant._TRANSPLANT_STAGES]  # noqa: SLF001
    assert rows == [setup_stage.STAGE, *stages]
