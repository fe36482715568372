"""Integer images and noise against the files that the original program wrote, bit for bit."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.integer_images import (
    DEFAULT_ADC,
    integer_image,
    noise_image,
    pgm_image,
)
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
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
#: The reader takes words of these otherwise than the original program, or not at all.
NOT_READ_YET = (
    "aliases_1", "aliases_2", "curved_last", "double_dash", "img_beam_vector", "img_flags_win",
    "img_header_first", "mask_and_img", "mask_header", "misset_random_seed_5",
    "misset_random_seed_812", "misset_seed_alone", "noise_words", "numbers_with_units",
    "random_then_seed", "size_takes_one", "sizes_by_part", "unknown_words", "wavelength_word",
)  # fmt: skip
#: Words for images, which no experiment has, and whether a value follows.
OUTPUT_WORDS = {
    "-seed": True, "-scale": True, "-adc": True, "-pgmscale": True,
    "-floatfile": True, "-intfile": True, "-pgmfile": True, "-noisefile": True,
    "-floatimage": True, "-intimage": True, "-pgmimage": True, "-noiseimage": True,
    "-nonoise": False, "-nopgm": False,
}  # fmt: skip


@dataclass(frozen=True)
class CommandLine:
    """The words of one run of the program: its experiment, and what is written of the image."""

    experiment: Experiment
    #: Word -> its value; the last of each counts.
    output: dict[str, str]

    @classmethod
    def read(cls, text: str) -> CommandLine:
        words, kept, output = shlex.split(text), [], {}
        while words:
            word = words.pop(0)
            if word in OUTPUT_WORDS:
                output[word] = words.pop(0) if OUTPUT_WORDS[word] else ""
            else:
                kept.append(word)
        return cls(parse_flags(kept).experiment, output)

    def files(self) -> dict[str, bytes]:
        """The files that the program writes, by name."""
        values = CCore().frame(self.experiment).image
        image = FinishedImage.of(self.experiment, values)
        scale, adc = self._number("-scale"), self._number("-adc") or DEFAULT_ADC
        written = {
            self._name("float", "floatimage.bin"): values.tobytes(),
            self._name("int", "intimage.img"): integer_image(image, scale=scale, adc=adc).data,
        }
        if "-nopgm" not in self.output:
            pgm = pgm_image(image, scale=self._number("-pgmscale"), integer_scale=scale)
            written[self._name("pgm", "image.pgm")] = pgm.data
        if "-nonoise" not in self.output:
            noise = noise_image(image, seed=int(self.output["-seed"]), adc=adc)
            written[self._name("noise", "noiseimage.img")] = noise.data
        return written

    def _name(self, kind: str, default: str) -> str:
        named = (self.output.get(f"-{kind}{end}") for end in ("file", "image"))
        return next((name for name in named if name), default)

    def _number(self, word: str) -> float | None:
        return float(self.output[word]) if word in self.output else None


@pytest.fixture(params=WITH_IMAGES)
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """One command line, in a folder with its files and with those of the runs before it."""
    if request.param in NOT_READ_YET:
        pytest.skip(f"the reader does not understand {request.param} as the original does")
    case = CASES[request.param]
    monkeypatch.chdir(tmp_path)
    for name, text in case["files"].items():
        Path(name).write_bytes(text.encode("latin-1"))
    for name in case["copy"]:
        shutil.copy(SHARED / "data" / name, tmp_path)
    for earlier in case["setup"]:
        line = CommandLine.read(earlier)
        for name, data in line.files().items():
            Path(name).write_bytes(data)
        if line.experiment.structure_factors.hkl is not None:
            write_cache(Path("Fdump.bin"), load(line.experiment.structure_factors))
    return case


def test_every_file_is_the_original_program_s(case: dict[str, Any]) -> None:
    line = CommandLine.read(f"{case['args']} {case['outputs']}")
    if line.experiment.structure_factors.hkl is None and Path("Fdump.bin").is_file():
        source = line.experiment.structure_factors.model_copy(update={"dump": Path("Fdump.bin")})
        line = replace(
            line, experiment=line.experiment.model_copy(update={"structure_factors": source})
        )
    files = line.files()
    written = {name: made for name, made in case["made"].items() if name != "Fdump.bin"}
    assert files.keys() == written.keys()
    for name, made in written.items():
        assert len(files[name]) == made["bytes"], name
        header = files[name][:512].decode("latin-1").partition("\f")[0]
        assert header == made.get("header", header), name
        assert hashlib.sha256(files[name]).hexdigest() == made["sha256"], name
