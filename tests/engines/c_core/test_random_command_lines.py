"""Random command lines: the original program's float image against the C core's, bit for bit.

``NB_C_BIN`` names the program, built with the C library of this machine; it runs on one thread.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import BridgeError
from tests.engines.golden_cases import figures_are_exact
from tests.experiment.flags.literal_effects import NoExperimentError
from tests.experiment.flags.literal_model import UndefinedError, read_literally
from tests.experiment.flags.random_command_lines import random_command_line

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("NB_C_BIN" not in os.environ, reason="NB_C_BIN names no original program"),
    pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library"),
]

#: So many images are compared; beside them come lines that describe nothing we compute.
IMAGES = 1000


def original_image(words: tuple[str, ...], float_file: Path) -> bytes:
    """Run the original program and return its float image, nothing where it writes none."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [os.environ["NB_C_BIN"], *words]
    subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    return float_file.read_bytes() if float_file.is_file() else b""


def compare_line(seed: int, folder: Path) -> str:
    """Return what came of the command line of ``seed``: "same", "differs" or why none is drawn."""
    line = random_command_line(Random(seed))  # noqa: S311 - no secret
    line.write_files(folder)
    try:
        literal = read_literally(line.words)
        image = CCore().frame(literal.experiment).image
    except (NoExperimentError, UndefinedError) as reason:
        return type(reason).__name__
    except BridgeError:
        return "refused by the C core"
    float_file = folder / literal.float_file
    if float_file.exists():
        return "overwrites its own input"
    return "same" if original_image(line.words, float_file) == image.tobytes() else "differs"


def test_the_original_draws_the_same_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NB_C_BIN", str(Path(os.environ["NB_C_BIN"]).resolve()))
    outcomes: Counter[str] = Counter()
    differing = []
    seed = 0
    while outcomes["same"] + outcomes["differs"] < IMAGES:
        folder = tmp_path / str(seed)
        folder.mkdir()
        monkeypatch.chdir(folder)
        outcome = compare_line(seed, folder)
        outcomes[outcome] += 1
        if outcome == "differs":
            differing.append((seed, random_command_line(Random(seed)).words))  # noqa: S311
        seed += 1
    print(dict(outcomes))  # noqa: T201 - the score
    assert differing == []
