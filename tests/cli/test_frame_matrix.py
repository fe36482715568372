"""``frame --engine c`` takes the command lines of a public port's parity matrix as typed (§8)."""

from __future__ import annotations

import shlex

import pytest

from parity_bridge.cli.program import main
from tests.cli.drop_in_runs import MATRIX, matrix, sha256
from tests.engines.golden_cases import figures_are_exact

LINES = matrix()
#: Bytes of an image of 256 x 256 pixels; larger ones take longer than every change needs.
SMALL = 4 * 256 * 256

pytestmark = [
    pytest.mark.skipif(not LINES, reason=f"no {MATRIX} here"),
    pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library"),
]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if line["bytes"] <= SMALL else pytest.mark.corpus)
        for name, line in LINES.items()
    ]
    or ["none"],
)
def test_the_image_is_the_original_s(name: str) -> None:
    line = LINES[name]
    # The record was made so; after -misset_seed N these two words are misset angles as well.
    words = [*shlex.split(line["args"]), "-floatfile", "f.bin"]
    command = ["frame", "--engine", "c", "--output", "f.bin", "--", *words]
    assert main(command) == line["exit"]
    assert sha256("f.bin") == line["sha256"]
