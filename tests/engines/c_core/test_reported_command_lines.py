"""Command lines of reports whose image differed from the original's, or that were refused.

The figures beside this file are the sha256 of the float image of the original program, built with
-O2 -ffp-contract=off, one thread.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from parity_bridge.engines.c_core.engine import CCore
from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import parse_flags

SHARED = Path(__file__).parents[4] / "shared"

CASES = json.loads(Path(__file__).with_name("reported_command_lines.json").read_text())

#: What is an error unless the line is taken as the original takes it, and the word in the message.
STRICT_ERRORS = {
    "07_xtalsize_xyz": "'0.00003' after -xtalsize",
    "09_flags_the_original_ignores dphi": "-dphi is not a nanoBragg flag",
    "09_flags_the_original_ignores divstep": "-divstep is not a nanoBragg flag",
    "09_flags_the_original_ignores pivot": "-pivot SAMPLE",
    "09_flags_the_original_ignores curved_det": "-curved_det does nothing as the last word",
}

#: The comment of its source file is no source here; the original takes it for one.
NOT_THE_SAME = {"10_source_comment"}


@pytest.mark.parametrize("name", sorted(CASES.keys() - NOT_THE_SAME))
def test_the_image_is_that_of_the_original(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = SHARED / "cases" / "reported" / name.split(maxsplit=1)[0]
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    monkeypatch.chdir(folder)
    words = CASES[name]["args"].split()
    if name in STRICT_ERRORS:
        with pytest.raises(UsageError, match=STRICT_ERRORS[name]):
            parse_flags(words)
    experiment = parse_flags(words, as_original=name in STRICT_ERRORS).experiment
    image = CCore().frame(experiment).image.astype("<f4").tobytes()
    assert len(image) == CASES[name]["bytes"]
    assert hashlib.sha256(image).hexdigest() == CASES[name]["sha256"]
