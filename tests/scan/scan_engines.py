"""Engines for the tests of scans: the C core under another name, and ways to go wrong."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.protocol import Scanner
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Region, RunState, ScannedRegion
from parity_bridge.taps.observation import Observation

#: Rows that ``Held`` computes in any case.
FREE_ROWS = 8


class Port(CCore):
    """The C core as a port of it; the environment says what it does differently."""

    name: ClassVar[str] = "port"
    implementation: ClassVar[str] = "port"
    trace_prefix: ClassVar[str] = "TRACE_PORT"
    folder: ClassVar[str] = "port_taps"

    def scanner(self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE) -> Any:
        return self.wrap_scanner(super().scanner(experiment, behaviours=behaviours))

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return scanner


class _ScannerWrapper:
    """A scanner that differs where a region is computed."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scanner, name)

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        return self._scanner.scan(region, state, threads=threads)


class Held(Port):
    """Waits below row ``FREE_ROWS`` while another process holds a lock on the file ``HELD_BY``."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            if region.slow.start >= FREE_ROWS and (gate := os.environ.get("HELD_BY")):
                with Path(gate).open() as file:
                    fcntl.flock(file, fcntl.LOCK_SH)
            return super().scan(region, state, threads=threads)

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)


class BreaksDown(Port):
    """Fails at every region that holds pixel 40 40."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            if 40 in region.slow and 40 in region.fast:
                raise ZeroDivisionError("in the middle")
            return super().scan(region, state, threads=threads)

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)


class WrongInFrames(Port):
    """Right at single pixels; in regions pixel 33 21 is brighter and its h one more."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            scanned = super().scan(region, state, threads=threads)
            if 33 in region.slow and 21 in region.fast:
                place = 33 - region.slow.start, 21 - region.fast.start
                scanned.image[place] += np.float32(2) * np.abs(scanned.image).max()
                scanned.planes["h_max"][place] += 1
            return scanned

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)


class OnlyObserves(Port):
    """Observes pixels and computes no regions."""

    scanner = None  # type: ignore[assignment]
    frame = None  # type: ignore[assignment]
    f_cell_maps = None  # type: ignore[assignment]


class Counting(Port):
    """Notes in the folder ``COUNTED`` how often it computed each region."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            name = f"{region.slow.start}_{region.fast.start}_{len(region.slow)}_{len(region.fast)}"
            with (Path(os.environ["COUNTED"]) / name).open("a") as file:
                file.write("x")
            return super().scan(region, state, threads=threads)

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)


class WorkerDies(Port):
    """Ends its process the first time it comes to a region with pixel 40 40."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            once = Path(os.environ["DIES_ONCE"])
            if 40 in region.slow and 40 in region.fast and not once.exists():
                once.touch()
                os._exit(1)
            return super().scan(region, state, threads=threads)

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)


class Refuses(Port):
    """Refuses to compute."""

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        raise RuntimeError("not today")

    def scanner(self, experiment: Experiment, **how: Any) -> Any:
        raise RuntimeError("not today")


class OnlyFCell(Port):
    """Records Tap 4 and nothing else."""

    implementation: ClassVar[str] = "only_f_cell"
    folder: ClassVar[str] = "only_f_cell_taps"
    taps: ClassVar[tuple[str, ...]] = ("f_cell",)


class OnlyOmega(Port):
    """Records solid angles and nothing else."""

    implementation: ClassVar[str] = "only_omega"
    folder: ClassVar[str] = "only_omega_taps"
    taps: ClassVar[tuple[str, ...]] = ("omega",)


class OnlyImages(Port):
    """Records the value of the image and nothing else."""

    implementation: ClassVar[str] = "only_images"
    folder: ClassVar[str] = "only_images_taps"
    taps: ClassVar[tuple[str, ...]] = ("final_output",)
    unrecorded: ClassVar[tuple[str, ...]] = ("final_output.intensity",)


class Transposes(Port):
    """Right at single pixels; swaps slow and fast where it computes a whole square region."""

    class _Scanner(_ScannerWrapper):
        def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
            swapped = super().scan(Region(region.fast, region.slow), state, threads=threads)
            scanned = super().scan(region, state, threads=threads)
            image = np.ascontiguousarray(swapped.image.T)
            return ScannedRegion(image, scanned.planes, scanned.state)

    def wrap_scanner(self, scanner: Scanner) -> Scanner:
        return self._Scanner(scanner)
