"""The engine ``nanobragg-program``: experiment in, figures printed by an unmodified program out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from parity_bridge.engines.checks import check_pixels, check_state, check_threads
from parity_bridge.engines.nanobragg_program.evaluations import NotPrintedError
from parity_bridge.engines.nanobragg_program.frame import FrameContext
from parity_bridge.engines.nanobragg_program.lookups import all_lookup_rows
from parity_bridge.engines.nanobragg_program.pixel_order import AT_REST, check_order, order_matters
from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.engines.nanobragg_program.runs import run_pixel
from parity_bridge.engines.nanobragg_program.scanner import NO_REGIONS, ProgramScanner
from parity_bridge.errors import MissingEngineError, UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.regions import Frame, Planes, Region, RunState
from parity_bridge.experiment.sources import read_sources
from parity_bridge.taps.counting import observation_of
from parity_bridge.taps.evaluations import EVALUATION
from parity_bridge.taps.f_cell import TAP_ID as F_CELL

if TYPE_CHECKING:
    from parity_bridge.experiment.hkl_table import HklTable
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation

#: Names the executable where no ``c_bin`` is given.
PROGRAM_VARIABLE = "NB_C_BIN"


class NanobraggProgram:
    """A nanoBragg executable; it has no behaviours to switch, and only what it prints is recorded.

    A pixel takes two runs: one with the detector as it is, for the image and for the counts that
    the program derived; one with a detector whose pixels are the subpixels, for the lookups.
    """

    name: ClassVar[str] = "nanobragg-program"
    implementation: ClassVar[str] = "nanobragg_program"
    trace_prefix: ClassVar[str] = "TRACE_NB"
    folder: ClassVar[str] = "nb_taps"
    #: The program prints the other taps only in part.
    taps: ClassVar[tuple[str, ...]] = ("f_cell", "final")
    tolerances: ClassVar[str] = "printed"
    #: It is given the words that the user typed, in their order.
    hears_words: ClassVar[bool] = True

    def __init__(
        self,
        *,
        dtype: str = "float64",
        device: str = "cpu",
        c_bin: Path | None = None,
        time_limit: float = 600.0,
    ) -> None:
        """Raise UsageError for anything but float64 on the CPU, and without an executable.

        ``c_bin`` is the program (default: the one that ``$NB_C_BIN`` names); each of its runs may
        take ``time_limit`` seconds.
        """
        if dtype != "float64":
            raise UsageError(f"--dtype {dtype}: a program has its own; leave --dtype out")
        if device != "cpu":
            raise UsageError(f"--device {device}: a program runs on the cpu; leave --device out")
        self._program = Program(_find_executable(c_bin), time_limit)

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast), each in runs of its own; see ``Engine.observe``.

        Every pixel begins as a run does. Raise UsageError where ``in_frame`` requests another
        state, and for several evaluations of a subpixel, as only the last is printed.
        """
        frame_context = self._load_frame_context(experiment, behaviours)
        if in_frame:
            check_order(experiment, "--state frame")
        table = structure_factors.load(experiment.structure_factors).provenance
        check_pixels(pixels, *frame_context.pixels)
        return [_observe_pixel(frame_context, table, pixel) for pixel in pixels]

    def scanner(
        self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE
    ) -> ProgramScanner:
        """Prepare ``experiment`` for regions; see ``FrameEngine.scanner``."""
        return ProgramScanner(self._load_frame_context(experiment, behaviours))

    def frame(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
    ) -> Frame:
        """Render ``region`` in one run; see ``FrameEngine.frame``.

        A program begins at the start of a run: raise UsageError for another ``state`` where it
        matters.
        """
        check_state(state)
        threads = check_threads(threads)
        frame_context = self._load_frame_context(experiment, behaviours)
        in_order = order_matters(experiment)
        if state is not None:
            check_order(experiment, "a region begun in a given state")
        chosen = Region.checked_or_whole(region, *frame_context.pixels)
        # Several threads compute pixels in any order.
        return Frame(frame_context.render(chosen, 1 if in_order else threads), AT_REST, in_order)

    def f_cell_maps(self, *_given: Any, **_settings: Any) -> Planes:
        """Raise UsageError: a program does not print that much."""
        raise UsageError(NO_REGIONS)

    def build(self) -> Mapping[str, str]:
        """Return name and hash of the executable."""
        path = self._program.path
        return {
            "engine": "nanoBragg program",
            "program": path.name,
            "program_sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        }

    def _load_frame_context(self, experiment: Experiment, behaviours: Behaviours) -> FrameContext:
        """Prepare runs and check all input files: a program's own messages say less."""
        for name in behaviours.switched:
            raise UsageError(f"--behaviour {name}: a program decides by itself; leave it out")
        structure_factors.load(experiment.structure_factors)
        if experiment.beam.source_file is not None:
            read_sources(experiment.beam.source_file)
        return FrameContext(self._program, experiment)


def _observe_pixel(
    frame_context: FrameContext, table: HklTable, pixel: tuple[int, int]
) -> Observation:
    """Observe ``pixel`` (slow, fast); its lookups as far as the program prints them."""
    pixel_run = run_pixel(
        frame_context.program, frame_context.program_input, frame_context.pixel_grid, pixel,
        is_masked=frame_context.is_masked(pixel),
    )  # fmt: skip
    counts = pixel_run.counts
    unrecorded: dict[str, str] = {}
    try:
        rows = all_lookup_rows(frame_context, pixel, counts, table)
    except NotPrintedError as error:
        rows, unrecorded = np.zeros(0, dtype=EVALUATION), {F_CELL: str(error)}
    slow, fast = pixel
    in_roi = slow in frame_context.roi_region.slow and fast in frame_context.roi_region.fast
    mask = None if frame_context.mask is None else int(frame_context.mask[pixel])
    observation = observation_of(
        frame_context.experiment,
        pixel,
        rows,
        table,
        counts.oversample,
        totals={
            # It prints photons as the image holds them, not as float64.
            "intensity": pixel_run.image,
            "image": pixel_run.image if in_roi and mask != 0 else 0.0,
            "in_roi": int(in_roi),
        },
        roi=frame_context.roi,
        mask=mask,
    )
    return replace(observation, unrecorded=unrecorded)


def _find_executable(c_bin: Path | None) -> Path:
    named = c_bin or os.environ.get(PROGRAM_VARIABLE)
    if not named:
        raise MissingEngineError(
            f"no nanoBragg program is named; give --c-bin PATH, or set ${PROGRAM_VARIABLE} to its "
            "path"
        )
    path = Path(named).absolute()
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise MissingEngineError(
            f"{named} is not a file that can be executed; name a nanoBragg program with --c-bin "
            f"PATH or in ${PROGRAM_VARIABLE}"
        )
    return path
