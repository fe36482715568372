"""Runs of a program, each in an empty folder of its own that is removed after the run.

So a run reads no cache of an earlier run and leaves none behind (contract §5).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from parity_bridge.engines.nanobragg_program.command import IMAGE
from parity_bridge.engines.nanobragg_program.not_finite import not_finite_reason
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    PixelBlock,
    read_blocks,
    read_counts,
    read_detector,
)
from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.engines.nanobragg_program.program_input import ProgramInput, RunInput
from parity_bridge.engines.nanobragg_program.subpixel_detector import PixelGrid, subpixel_experiment
from parity_bridge.errors import EngineError
from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Region
from parity_bridge.files.private_folder import private_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class PixelRun:
    """What a program printed about one pixel of the detector as it is."""

    counts: LoopCounts
    image: float  # photons, as the float32 that the image holds


def run_pixel(
    program: Program,
    program_input: ProgramInput,
    pixel_grid: PixelGrid,
    pixel: tuple[int, int],
    *,
    is_masked: bool = False,
) -> PixelRun:
    """Compute ``pixel`` (slow, fast) of the detector, which is divided into ``pixel_grid``.

    A pixel that ``is_masked`` is computed without the mask, which would leave it out. Raise
    EngineError where the run fails or its printout or image is not as documented.
    """
    experiment = program_input.experiment
    if is_masked:
        plain = with_plain_beam_centre(experiment.detector)
        experiment = experiment.model_copy(
            update={"detector": plain.model_copy(update={"mask": None})}
        )
    region = Region(*(range(number, number + 1) for number in pixel))
    run_input = _region_input(program_input, experiment, region, printout=True)
    printed, image = _run_over_region(program, run_input, pixel_grid, region, pixels=1)
    counts = _read_printout(program, printed, read_counts)
    block = _read_printout(program, printed, lambda text: read_blocks(text, [pixel]))[0]
    value = float(image[0, 0])
    # The float32 is printed at 10 digits.
    if abs(block.image - value) > 1e-9 * abs(value):
        raise program.error(f"printed {block.image!r} where its image holds {value!r}", printed)
    return PixelRun(counts, value)


def run_subpixels(
    program: Program,
    program_input: ProgramInput,
    variant: Experiment,
    pixel: tuple[int, int],
    oversample: int,
) -> list[PixelBlock] | None:
    """Return one block for each subpixel of ``pixel`` (slow, fast), slow-major.

    ``variant`` is the experiment of ``program_input`` with a single evaluation a subpixel. Return
    None where the user's own words do not allow for a detector of subpixels. Raise as ``run_pixel``
    does, and UsageError for more subpixels than a program can count.
    """
    changed = subpixel_experiment(variant, pixel, oversample)
    run_input = program_input.own_run(changed, image=os.devnull, printout=True)
    if run_input is None:
        return None
    slow, fast = (range(number * oversample, (number + 1) * oversample) for number in pixel)
    with _own_folder(run_input) as folder:
        printed = program.run(run_input.words, folder, pixels=oversample**2)
    subpixels = [(s, f) for s in slow for f in fast]
    return _read_printout(program, printed, lambda text: read_blocks(text, subpixels))


def run_region(
    program: Program,
    program_input: ProgramInput,
    pixel_grid: PixelGrid,
    region: Region,
    threads: int,
) -> tuple[NDArray[np.float32], bool]:
    """Return the image of ``region``, (slow, fast), and whether a mask was named to the program.

    Raise as ``run_pixel`` does.
    """
    run_input = _region_input(program_input, program_input.experiment, region, printout=False)
    _, image = _run_over_region(program, run_input, pixel_grid, region, threads=threads)
    return image, run_input.is_typed


def _region_input(
    program_input: ProgramInput, experiment: Experiment, region: Region, *, printout: bool
) -> RunInput:
    """Limit ``experiment`` to ``region``, in the user's own words where these allow it."""
    roi = region.fast.start, region.fast.stop - 1, region.slow.start, region.slow.stop - 1
    sampling = experiment.sampling.model_copy(update={"roi": roi})
    changed = experiment.model_copy(update={"sampling": sampling})
    run_input = program_input.own_run(changed, image=IMAGE, printout=printout)
    return run_input or program_input.plain_run(changed, image=IMAGE, printout=printout)


def _run_over_region(
    program: Program,
    run_input: RunInput,
    pixel_grid: PixelGrid,
    region: Region,
    *,
    pixels: int = 0,
    threads: int = 1,
) -> tuple[str, NDArray[np.float32]]:
    """Run over ``region``, printing ``pixels``; return what was printed, and the image."""
    with _own_folder(run_input) as folder:
        printed = program.run(run_input.words, folder, threads=threads, pixels=pixels)
        _check_detector(program, printed, pixel_grid)
        try:
            image = _read_region(folder / IMAGE, pixel_grid, region)
        except (OSError, ValueError) as error:
            raise program.error(f"left no image that can be read ({error})", printed) from error
    _check_finite(program, run_input.experiment, image, region)
    return printed, image


@contextmanager
def _own_folder(run_input: RunInput) -> Iterator[Path]:
    with private_folder() as folder:
        run_input.write_files(folder)
        yield folder


def _read_region(image: Path, pixel_grid: PixelGrid, region: Region) -> NDArray[np.float32]:
    """Return ``region`` of a whole detector's little-endian float32, (slow, fast).

    Raise ValueError for a file of another size.
    """
    size = image.stat().st_size
    if size != 4 * pixel_grid.slow * pixel_grid.fast:
        raise ValueError(f"{size} bytes for {pixel_grid.slow} x {pixel_grid.fast} pixels")
    whole = np.memmap(image, dtype="<f4", mode="r", shape=(pixel_grid.slow, pixel_grid.fast))
    return np.array(whole[region.slices]).astype(np.float32, copy=False)


def _check_detector(program: Program, printed: str, pixel_grid: PixelGrid) -> None:
    """Raise EngineError where a program reads the flags as a detector of another size."""
    detector = read_detector(printed)
    if detector not in (None, (pixel_grid.slow, pixel_grid.fast)):
        raise EngineError(
            f"{program.path.name} reads these flags as a detector of {detector[0]} slow x "
            f"{detector[1]} fast pixels, where they say {pixel_grid.slow} x {pixel_grid.fast} "
            "here; write -pixel and -detpixels, once each, in the place of what sets its size"
        )


def _check_finite(
    program: Program, experiment: Experiment, image: NDArray[np.float32], region: Region
) -> None:
    """Raise EngineError for the first pixel that is not finite, and say why."""
    places = np.argwhere(~np.isfinite(image))
    if len(places):
        slow, fast = places[0]
        raise EngineError(
            f"{program.path.name} computes {image[slow, fast]} at pixel "
            f"{region.slow.start + slow} {region.fast.start + fast} (slow, fast): "
            f"{not_finite_reason(experiment)}"
        )


def _read_printout(program: Program, printed: str, reader: Callable[[str], _Read]) -> _Read:
    try:
        return reader(printed)
    except ValueError as error:
        raise program.error(str(error), printed) from error
