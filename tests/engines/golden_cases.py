"""The golden figures: what the original program printed for one command line each."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_bridge import examples
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.model import Experiment, StructureFactorSource
from parity_bridge.experiment.nanobragg_flags import parse_flags

GOLDEN = Path(__file__).parent / "golden"
#: The end of a pixel as the program printed it.
TOTAL_NAMES = ("I", "steps", "omega", "polar", "capture", "intensity")
#: Of the C library that the program used: glibc 2.36 on a processor with AVX2 and FMA.
FINGERPRINT = "836887a052c5d3b9"
CASE_NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))


@dataclass(frozen=True)
class GoldenCase:
    """One case, its input files laid out in a folder of their own."""

    name: str
    flags: list[str]
    derived: dict[str, Any]
    events: list[dict[str, Any]]
    image_sha256: str
    folder: Path

    @property
    def experiment(self) -> Experiment:
        return parse_flags(self.flags).experiment

    @property
    def pixels(self) -> list[tuple[int, int]]:
        """Tapped pixels (slow, fast) in the order the program met them."""
        return list(dict.fromkeys((event["s"], event["f"]) for event in self.events))

    def rows(self, pixel: tuple[int, int], *kinds: str) -> list[dict[str, Any]]:
        """Events of ``pixel`` of these kinds, in order."""
        return [
            event
            for event in self.events
            if (event["s"], event["f"]) == pixel and event["kind"] in kinds
        ]

    def stored_image(self) -> NDArray[np.float32] | None:
        """The float32 image (slow, fast), kept for small detectors only."""
        path = GOLDEN / f"{self.name}.npy"
        return np.load(path) if path.is_file() else None


def without_fma() -> dict[str, str]:
    """Environment in which glibc takes the functions of a processor without AVX2 and FMA."""
    return {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"}


def load_case(name: str, folder: Path) -> GoldenCase:
    """Read a case and write its input files to ``folder``, the stale cache included."""
    stored = json.loads((GOLDEN / f"{name}.json").read_text())
    for file, text in stored["files"].items():
        (folder / file).write_text(text)
    flags = [_located(word, folder) for word in shlex.split(stored["args"])]
    if stored.get("before"):
        flags += ["-dump", str(_cache_left_by(stored["before"], folder))]
    return GoldenCase(
        name, flags, stored["derived"], stored["events"], stored["image"]["sha256"], folder
    )


def _located(word: str, folder: Path) -> str:
    """File names on the command line, made absolute."""
    if (folder / word).is_file():
        return str(folder / word)
    example = Path(examples.__file__).parent / word
    return str(example) if example.is_file() else word


def _cache_left_by(command_line: str, folder: Path) -> Path:
    """The cache an earlier run of the original left behind, written by our own writer."""
    flags = [_located(word, folder) for word in shlex.split(command_line)]
    source: StructureFactorSource = parse_flags(flags).experiment.structure_factors
    cache = folder / "Fdump.bin"
    structure_factors.write_cache(cache, structure_factors.load(source))
    return cache
