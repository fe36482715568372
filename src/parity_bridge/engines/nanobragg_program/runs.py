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

from parity_bridge.engines.nanobragg_program.command import IMAGE, command_line, write_input_files
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    PixelBlock,
    read_blocks,
    read_counts,
)
from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.engines.nanobragg_program.subpixel_detector import PixelGrid, subpixel_experiment
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
    program: Program, experiment: Experiment, pixel_grid: PixelGrid, pixel: tuple[int, int]
) -> PixelRun:
    """Compute ``pixel`` (slow, fast) of the detector, which is divided into ``pixel_grid``.

    Raise EngineError where the run fails or its printout or image is not as documented.
    """
    region = Region(*(range(number, number + 1) for number in pixel))
    printed, image = _run_over_region(program, experiment, pixel_grid, region, printout=True)
    counts = _read_printout(program, printed, read_counts)
    block = _read_printout(program, printed, lambda text: read_blocks(text, [pixel]))[0]
    value = float(image[0, 0])
    # The float32 is printed at 10 digits.
    if abs(block.image - value) > 1e-9 * abs(value):
        raise program.error(f"printed {block.image!r} where its image holds {value!r}", printed)
    return PixelRun(counts, value)


def run_subpixels(
    program: Program, experiment: Experiment, pixel: tuple[int, int], oversample: int
) -> list[PixelBlock]:
    """Return one block for each subpixel of ``pixel`` (slow, fast), slow-major.

    Raise as ``run_pixel`` does, and UsageError for more subpixels than a program can count.
    """
    subpixel_run_experiment = subpixel_experiment(experiment, pixel, oversample)
    slow, fast = (range(number * oversample, (number + 1) * oversample) for number in pixel)
    with _own_folder(experiment) as folder:
        words = command_line(subpixel_run_experiment, image=os.devnull, printout=True)
        printed = program.run(words, folder, pixels=oversample**2)
    subpixels = [(s, f) for s in slow for f in fast]
    return _read_printout(program, printed, lambda text: read_blocks(text, subpixels))


def run_region(
    program: Program, experiment: Experiment, pixel_grid: PixelGrid, region: Region, threads: int
) -> NDArray[np.float32]:
    """Return the image of ``region``, (slow, fast); raise as ``run_pixel`` does."""
    return _run_over_region(
        program, experiment, pixel_grid, region, printout=False, threads=threads
    )[1]


def _run_over_region(
    program: Program,
    experiment: Experiment,
    pixel_grid: PixelGrid,
    region: Region,
    *,
    printout: bool,
    threads: int = 1,
) -> tuple[str, NDArray[np.float32]]:
    """Run over ``region``; return what was printed, and the image."""
    roi = region.fast.start, region.fast.stop - 1, region.slow.start, region.slow.stop - 1
    only = experiment.sampling.model_copy(update={"roi": roi})
    with _own_folder(experiment) as folder:
        words = command_line(
            experiment.model_copy(update={"sampling": only}), image=IMAGE, printout=printout
        )
        pixels = len(region.slow) * len(region.fast) if printout else 0
        printed = program.run(words, folder, threads=threads, pixels=pixels)
        try:
            return printed, _read_region(folder / IMAGE, pixel_grid, region)
        except (OSError, ValueError) as error:
            raise program.error(f"left no image that can be read ({error})", printed) from error


@contextmanager
def _own_folder(experiment: Experiment) -> Iterator[Path]:
    with private_folder() as folder:
        write_input_files(experiment, folder)
        yield folder


def _read_region(image: Path, pixel_grid: PixelGrid, region: Region) -> NDArray[np.float32]:
    """Return ``region`` of a whole detector's little-endian float32, (slow, fast).

    Raise ValueError for a file of another size and for a number that is not finite.
    """
    size = image.stat().st_size
    if size != 4 * pixel_grid.slow * pixel_grid.fast:
        raise ValueError(f"{size} bytes for {pixel_grid.slow} x {pixel_grid.fast} pixels")
    whole = np.memmap(image, dtype="<f4", mode="r", shape=(pixel_grid.slow, pixel_grid.fast))
    part: NDArray[np.float32] = np.array(whole[region.slices]).astype(np.float32, copy=False)
    if not np.isfinite(part).all():
        raise ValueError("not all of its pixels are finite")
    return part


def _read_printout(program: Program, printed: str, reader: Callable[[str], _Read]) -> _Read:
    try:
        return reader(printed)
    except ValueError as error:
        raise program.error(str(error), printed) from error
