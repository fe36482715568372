"""Integer images and noise against the files that the original program wrote, bit for bit."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.integer_images import (
    integer_image,
    noise_image,
    pgm_image,
)
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.experiment.structure_factors import load, write_cache
from tests.engines.golden_cases import figures_are_exact

SHARED = Path(__file__).parents[4] / "shared"
RECORDS = SHARED / "golden" / "program.json"

pytestmark = [
    pytest.mark.skipif(not RECORDS.is_file(), reason="no ../shared/golden/program.json here"),
    pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library"),
]

CASES: dict[str, dict[str, Any]] = json.loads(RECORDS.read_text()) if RECORDS.is_file() else {}
#: Those that end with a usage page write nothing.
WITH_IMAGES = [name for name, case in CASES.items() if case["exit"] == 0]


def read(text: str) -> ParsedFlags:
    return parse_flags(shlex.split(text), as_original=True)


def files_of(line: ParsedFlags) -> dict[str, bytes]:
    """Return the files that the program writes, by name."""
    outputs = line.outputs
    values = CCore().frame(line.experiment).image
    image = FinishedImage.of(line.experiment, values)
    integers = integer_image(image, scale=outputs.scale, adc=outputs.adc)
    written = {str(outputs.float_file): values.tobytes(), str(outputs.int_file): integers.data}
    if outputs.writes_pgm:
        pgm = pgm_image(image, scale=outputs.pgm_scale, integer_scale=outputs.scale)
        written[str(outputs.pgm_file)] = pgm.data
    if outputs.writes_noise:
        assert outputs.seed is not None
        noise = noise_image(image, seed=outputs.seed, adc=outputs.adc)
        written[str(outputs.noise_file)] = noise.data
    return written


@pytest.fixture(params=WITH_IMAGES)
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """One command line, in a folder with its files and with those of the runs before it."""
    case = CASES[request.param]
    monkeypatch.chdir(tmp_path)
    for name, text in case["files"].items():
        Path(name).write_bytes(text.encode("latin-1"))
    for name in case["copy"]:
        shutil.copy(SHARED / "data" / name, tmp_path)
    for earlier in case["setup"]:
        line = read(earlier)
        for name, data in files_of(line).items():
            Path(name).write_bytes(data)
        if line.experiment.structure_factors.hkl is not None:
            write_cache(Path("Fdump.bin"), load(line.experiment.structure_factors))
    return case


def test_every_file_is_the_original_program_s(case: dict[str, Any]) -> None:
    files = files_of(read(f"{case['args']} {case['outputs']}"))
    written = {name: made for name, made in case["made"].items() if name != "Fdump.bin"}
    assert files.keys() == written.keys()
    for name, made in written.items():
        assert len(files[name]) == made["bytes"], name
        header = files[name][:512].decode("latin-1").partition("\f")[0]
        assert header == made.get("header", header), name
        assert hashlib.sha256(files[name]).hexdigest() == made["sha256"], name
