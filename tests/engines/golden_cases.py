"""The golden figures: what the original program printed for one command line each."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_bridge import examples
from parity_bridge.comparison.causes import LIBM_CAUSE
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.model import Experiment, StructureFactorSource
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

GOLDEN = Path(__file__).parent / "golden"
#: The end of a pixel as the program printed it.
TOTAL_NAMES = ("I", "steps", "omega", "polar", "capture", "intensity")
#: Of the C library that the program used: glibc 2.36 on a processor with AVX2 and FMA.
FINGERPRINT = "836887a052c5d3b9"
#: Figure of an event -> column of our rows.
COLUMNS = {
    "pos": "position",
    "hkl": "hkl",
    "hkl0": "hkl0",
    **{name: name for name in ("airpath", "omega", "capture", "F_latt", "F_cell", "polar", "I")},
}
TAPS = tuple(TAPS_BY_ID.values())
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


def figures_are_exact() -> bool:
    """Whether the C library has the last bits of the one that the program used."""
    return libm_fingerprint() == FINGERPRINT


def check_within_noise(case: GoldenCase, observations: Sequence[Observation]) -> None:
    """Hold ``observations`` of a run over the frame against the figures, to the noise budget.

    What differs must have another libm variant as a cause.
    """
    runner = ReferenceRunner(case.experiment, tuple(case.pixels), in_frame=True)
    noise = {budget.pixel_coords: budget for budget in noise_budgets(runner)}
    ours = [PixelTaps.from_observation(it, "ours", TAPS) for it in observations]
    golden = [
        PixelTaps.from_observation(golden_observation(case, it), "original", TAPS)
        for it in observations
    ]
    fingerprints = (FINGERPRINT, libm_fingerprint())
    comparison = compare_runs(golden, ours, tolerances_for(), noise, fingerprints)
    for pixel in comparison.pixels:
        if pixel.differing:
            assert pixel.is_noise, pixel.first_divergence
            causes = [cause.name for cause in pixel.causes]
            assert LIBM_CAUSE in causes, f"it is no matter of {LIBM_CAUSE}"


def golden_observation(case: GoldenCase, observation: Observation) -> Observation:
    """Return ``observation`` with the figures that the program printed in place of its own."""
    rows, totals = observation.evaluations.copy(), dict(observation.totals)
    kinds = {"lookup": EvaluationKind.LOOKUP, "skipped": EvaluationKind.NO_LATTICE}
    for kind, number in kinds.items():
        _set_rows(rows, rows["kind"] == number, case.rows(observation.pixel, kind))
    first = (rows["source"] == 0) & (rows["phi_step"] == 0) & (rows["domain"] == 0)
    _set_rows(rows, first, case.rows(observation.pixel, "subpixel"))
    (end,) = case.rows(observation.pixel, "pixel")
    totals |= {name: end[name] for name in TOTAL_NAMES}
    totals |= {"after_omega": end["intensity"], "image": float(np.float32(end["float32"]))}
    derived = {name: case.derived[name] for name in observation.derived}
    return replace(observation, evaluations=rows, totals=totals, derived=derived)


def _set_rows(rows: Any, chosen: Any, events: list[dict[str, Any]]) -> None:
    """Set the columns of the ``chosen`` rows that ``events`` have, one event a row."""
    places = np.flatnonzero(chosen)
    assert len(places) == len(events)
    for place, event in zip(places, events, strict=True):
        for name, column in COLUMNS.items():
            if name in event:
                rows[column][place] = event[name]


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
